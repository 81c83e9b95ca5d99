"""`python -m tests.toy` is the facevec command, as a process of its own, over the toy vision."""

from __future__ import annotations

from facevec.cli.main import main
from facevec.cli.session import Session
from tests.toy import toy_networks


def run() -> None:
    """The command line of this process."""
    main(Session(networks=toy_networks))


if __name__ == "__main__":
    run()
