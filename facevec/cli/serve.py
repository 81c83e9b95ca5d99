"""`facevec serve`: the HTTP service, ready for production."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import click

from facevec.cli.common import Session, note, settings
from facevec.config import DEFAULT
from facevec.errors import SettingsError

if TYPE_CHECKING:
    from facevec.config import Loaded

BACKLOG = 128


@click.command()
@click.option("--host", help="Address to listen on, instead of server.host.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port, instead of server.port; 0 takes a free one."
)
@click.option("--workers", type=click.IntRange(1, 64), help="Processes, instead of server.workers.")
@click.option("--threads", type=click.IntRange(2, 512), help="Threads a process, instead of server.threads.")
@click.pass_obj
def serve(
    session: Session, host: str | None, port: int | None, workers: int | None, threads: int | None
) -> None:
    """Answer recognitions over HTTP until stopped.

    On this machine's own address anyone here may recognise until the first key is
    made; everything else needs a key (facevec key create). /readyz says when the
    networks are loaded, /docs shows the API. SIGTERM and Ctrl-C finish what was
    accepted.
    """
    given = {"host": host, "port": port, "workers": workers, "threads": threads}
    flags = {f"server.{name}": str(value) for name, value in given.items() if value is not None}
    session.flags = {**session.flags, **flags}
    loaded = settings()
    _log_requests(loaded)
    _require_key_elsewhere(loaded)
    with _listening(loaded) as listener:
        url = _url(loaded.settings.server.host, listener.getsockname()[1])
        note(f"facevec listens on {url} (API: {url}/docs). Ctrl-C stops it.")
        if sys.platform == "win32":
            from facevec.cli.waitress_server import run
        else:
            from facevec.cli.gunicorn_server import run
        run(loaded, listener)


def _log_requests(loaded: Loaded) -> None:
    """One line a request is what a service is expected to write, unless the settings say otherwise."""
    from facevec.logs import configure

    if loaded.origins["logging.level"] == DEFAULT:
        configure("info", loaded.settings.logging.format)


def _require_key_elsewhere(loaded: Loaded) -> None:
    """Raises SettingsError before listening on an address that others reach without a key to ask for."""
    from facevec import bootstrap

    server = loaded.settings.server
    app = bootstrap.build(loaded)
    exists = app.keys.any_valid()
    app.engine.dispose()
    if not exists and not server.listens_to_this_machine_only:
        raise SettingsError(
            f"Listening on {server.host} lets other machines in, and there is no key to ask them for. "
            "Make one with `facevec key create NAME --scope recognize`, or listen on 127.0.0.1."
        )


def _listening(loaded: Loaded) -> socket.socket:
    server = loaded.settings.server
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        return socket.create_server((server.host, server.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise SettingsError(
            f"{server.host}:{server.port} cannot be listened on ({error.strerror}); "
            "stop what listens there, or choose another --port (0 takes a free one)."
        ) from error


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
