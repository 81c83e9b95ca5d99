"""`facevec serve`: the HTTP service, ready for production."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

import click

from facevec.cli.common import Deed, networks, note, settings
from facevec.cli.offer import companion_offer

if TYPE_CHECKING:
    from facevec.web.serve import Listening


@click.command(cls=Deed)
@click.option("--host", help="Address to listen on, instead of server.host.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port, instead of server.port; 0 takes a free one."
)
@click.option("--workers", type=click.IntRange(1, 64), help="Processes, instead of server.workers.")
@click.option("--threads", type=click.IntRange(2, 512), help="Threads a process, instead of server.threads.")
@click.option("--certificate", metavar="FILE", help="Speak TLS with it, instead of server.certificate.")
@click.option("--certificate-key", metavar="FILE", help="Its key, instead of server.certificate_key.")
@click.option(
    "--insecure-clear-text",
    "clear_text",
    is_flag=True,
    default=None,
    help="Listen to other machines without TLS, as server.clear_text.",
)
def serve(**options: str | int | None) -> None:
    """Answer recognitions over HTTP until stopped.

    Prints a link that opens the page once, and how curl gets in; both are for whoever
    may read the home of facevec. Everybody else needs a key (facevec key create).
    /readyz says when the networks are loaded, /docs shows the API. SIGTERM and Ctrl-C
    finish what was accepted.
    """
    from facevec.registry.local_key import LINK_MINUTES
    from facevec.web import serve as service

    loaded = settings({f"server.{name}": value for name, value in options.items()})
    offer = companion_offer(loaded, absent=False)
    if offer is not None:
        note(offer)
    public_url = loaded.settings.server.public_url
    shown = f", shown at {public_url}" if public_url else ""

    def tell(place: service.Listening) -> None:
        note(f"facevec listens on {place.url}{shown} (API: {public_url or place.url}/docs). Ctrl-C stops it.")
        if place.link is not None:
            note(f"The page, once and within {LINK_MINUTES} minutes: {place.link}")
            note(f"With curl: {_curl(place)}")

    service.serve(loaded, tell, networks=networks())


def _curl(place: Listening) -> str:
    header = quote(f"@{place.header}")
    return f"curl -H {header} -F file=@PICTURE {place.url}/api/v1/recognize"
