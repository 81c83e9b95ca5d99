"""Two servers and the command line on one registry: a short run of benchmarks/agreement.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.agreement import measure

pytestmark = pytest.mark.slow


def test_every_process_knows_at_once_who_is_enrolled_and_never_who_left(tmp_path: Path) -> None:
    report = measure(tmp_path, rounds=4, by_command_line=2)
    assert report.rounds == 6
    assert report.missed == 0
    assert report.ghosts == 0
