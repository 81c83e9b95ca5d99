"""Two servers and a command line on one registry: do all name whom was added, and never whom was removed?

`python -m benchmarks.agreement [--rounds 490] [--commands 10]`; each round adds a worker and removes them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.web.agreement import measure


def main() -> int:
    """Print what was measured; 1 when any process was ever wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=490)
    parser.add_argument("--commands", type=int, default=10)
    options = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        report = measure(
            Path(home),
            rounds=options.rounds,
            by_command_line=options.commands,
            on_round=lambda so_far: print(so_far, file=sys.stderr, flush=True),
        )
    print(f"{report.rounds} adds and {report.rounds} removes in {time.monotonic() - started:.0f} s")
    print(f"not named within a second of the acknowledgement: {report.missed}")
    print(f"named after their removal: {report.ghosts}")
    print(f"slowest agreement of both servers, recognitions included: {report.slowest_seconds:.3f} s")
    return int(report.missed > 0 or report.ghosts > 0)


if __name__ == "__main__":
    sys.exit(main())
