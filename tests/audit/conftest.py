"""A trail in a temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from facevec.audit import segments
from facevec.audit.trail import FileTrail, Manner
from tests.audit.trails import MANNER, Keep, event, faults
from tests.clock import Clock
from tests.integrity import KEY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "audit"


@pytest.fixture
def keep(folder: Path) -> Keep:
    def trail(manner: Manner = MANNER, clock: Clock | None = None) -> FileTrail:
        return FileTrail(folder, KEY, clock or Clock(), manner)

    return trail


@pytest.fixture
def kept(keep: Keep, folder: Path) -> Path:
    """A trail of three segments, whole."""
    trail = keep()
    for number in range(12):
        trail.record(event(number))
    trail.close()
    assert len(segments.ordinals(folder)) >= 2
    assert faults(folder) == []
    return folder
