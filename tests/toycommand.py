"""`python -m tests.toycommand` is the facevec command, as a process of its own, over the toy vision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.cli.main import main
from facevec.cli.session import Session

if TYPE_CHECKING:
    from facevec.config import Loaded
    from tests.toy import ToyNetworks


def networks(loaded: Loaded) -> ToyNetworks:
    """`networks.NetworksOf`; a command that sees nothing loads nothing to see with."""
    from tests.toy import toy_networks

    return toy_networks(loaded)


def run() -> None:
    """The command line of this process."""
    main(Session(networks=networks))


if __name__ == "__main__":
    run()
