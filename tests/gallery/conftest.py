"""An index in a temporary folder, and a registry in memory with a hundred workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from facevec.gallery.generations import Generations
from tests.gallery.live import PEOPLE
from tests.gallery.people import RegistryInMemory
from tests.integrity import KEY


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def generations(folder) -> Generations:
    return Generations(folder, KEY)


@pytest.fixture
def registry() -> RegistryInMemory:
    registry = RegistryInMemory()
    for worker_id in range(1, 101):
        registry.enrol(worker_id, PEOPLE[worker_id][None])
    return registry
