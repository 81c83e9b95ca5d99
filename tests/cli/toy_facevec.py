"""`python -m tests.cli.toy_facevec` is the facevec command, as a process of its own, over the toy vision."""

from __future__ import annotations

from facevec.cli.common import Session
from facevec.cli.main import main
from tests.toy import toy_networks

if __name__ == "__main__":
    main(Session(networks=toy_networks))
