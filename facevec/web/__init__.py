"""The HTTP service: `facevec.web:create_app` for any WSGI server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from facevec.networks import NetworksOf, installed_networks
from facevec.ports import Clock, utc_now

if TYPE_CHECKING:
    from flask import Flask

    from facevec.config import Loaded


def create_app(
    loaded: Loaded | None = None,
    *,
    networks: NetworksOf = installed_networks,
    shared_folder: Path | None = None,
    clock: Clock = utc_now,
) -> Flask:
    """The WSGI application of `loaded` settings, or of those in force here.

    Call it in the process that serves, never before a fork: it begins at once, in a thread, to
    load the networks. `/readyz` says when they are there.
    networks: what sees, instead of the models that the settings name. shared_folder: of
    the processes of this service, if there are several; prometheus-client's multiprocess mode keeps its files
    there. clock: by which keys end.
    Raises SettingsError.
    """
    from facevec.web.assembly import assemble

    return assemble(loaded, networks, shared_folder, clock)
