"""`facevec serve`: the HTTP service, ready for production."""

from __future__ import annotations

import click

from facevec.cli.common import Deed, networks, note, settings


@click.command(cls=Deed)
@click.option("--host", help="Address to listen on, instead of server.host.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port, instead of server.port; 0 takes a free one."
)
@click.option("--workers", type=click.IntRange(1, 64), help="Processes, instead of server.workers.")
@click.option("--threads", type=click.IntRange(2, 512), help="Threads a process, instead of server.threads.")
def serve(host: str | None, port: int | None, workers: int | None, threads: int | None) -> None:
    """Answer recognitions over HTTP until stopped.

    On this machine's own address anyone here may recognise until the first key is
    made; everything else needs a key (facevec key create). /readyz says when the
    networks are loaded, /docs shows the API. SIGTERM and Ctrl-C finish what was
    accepted.
    """
    from facevec.web import serve as service

    options = {"host": host, "port": port, "workers": workers, "threads": threads}
    loaded = settings({f"server.{name}": value for name, value in options.items()})
    public_url = loaded.settings.server.public_url
    shown = f", shown at {public_url}" if public_url else ""
    service.serve(
        loaded,
        lambda url: note(
            f"facevec listens on {url}{shown} (API: {public_url or url}/docs). Ctrl-C stops it."
        ),
        networks=networks(),
    )
