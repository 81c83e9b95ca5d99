"""What commands work on: facevec on this machine, or a service that `--server` names."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import click

from facevec.cli.common import app, note
from facevec.cli.reach.port import Facevec
from facevec.cli.session import Session
from facevec.config import is_loopback
from facevec.errors import InputError

WORTH_SAYING = 1.0
"""Seconds of waiting that somebody should be told of."""


def facevec(overrides: Mapping[str, object] | None = None, *, many: bool = False) -> Facevec:
    """Facevec as this run reaches it; closed when the command ends.

    overrides, many: as of `common.app`; a service has settings of its own. Raises InputError where there is
    no usable key or address.
    """
    session = click.get_current_context().ensure_object(Session)
    if session.server is None:
        from facevec.cli.reach.local import Local

        return Local(app(overrides, many=many))
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
    try:
        client = Client(url, key, transport=session.transport, sleep=_wait)
    except ValueError as error:
        raise InputError(str(error)) from error
    click.get_current_context().call_on_close(client.close)
    _tell_of_clear_text(url)
    return Service(client)


def _tell_of_clear_text(url: str) -> None:
    """That others on the way can read what is sent, where it leaves this machine without TLS."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        note("http:// sends the key and the pictures in clear text; https:// does not.")


def _wait(seconds: float) -> None:
    """Wait for a service, and say so where it takes a while."""
    if seconds >= WORTH_SAYING:
        note(f"No answer to go by yet; asking again in {seconds:.0f} s.")
    time.sleep(seconds)
