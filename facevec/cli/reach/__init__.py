"""What commands work on: facevec on this machine, or a service that `--server` names."""

from __future__ import annotations

import os
from collections.abc import Mapping

import click

from facevec.cli.common import Session, app
from facevec.cli.reach.port import Facevec
from facevec.errors import InputError


def facevec(overrides: Mapping[str, object] | None = None) -> Facevec:
    """Facevec as this run reaches it; closed when the command ends.

    overrides: as of `common.app`; a service has settings of its own. Raises InputError where there is no
    usable key file.
    """
    session = click.get_current_context().ensure_object(Session)
    if session.server is None:
        from facevec.cli.reach.local import Local

        return Local(app(overrides))
    for name, value in (overrides or {}).items():
        if value is not None:
            raise click.UsageError(f"{name} is a setting of the service; leave its option out.")
    return _service(session, session.server)


def _service(session: Session, url: str) -> Facevec:
    from facevec.cli.reach.service import Service
    from facevec.client import Client, key_from

    try:
        key = key_from(os.environ, session.key_file)
    except (OSError, ValueError) as error:
        raise InputError(f"The file with the key cannot be used: {error}") from error
    client = Client(url, key, transport=session.transport)
    click.get_current_context().call_on_close(client.close)
    return Service(client)
