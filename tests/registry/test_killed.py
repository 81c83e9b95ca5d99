"""Whoever changes, rebuilds or searches may be killed, and Milvus too: nobody is lost, back, or another."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from facevec.decision.vectors import fuse
from facevec.errors import FacevecError, GalleryUnavailable
from facevec.gallery.exact import ExactGallery
from facevec.gallery.generations import Generations
from facevec.ports import LiveGallery, utc_now
from facevec.registry.engine import open_engine
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from tests.integrity import KEY
from tests.milvus import LocalMilvus
from tests.registry.conftest import CONTRACT, MODEL
from tests.registry.engines import Parts, engine_called
from tests.registry.photos import vector
from tests.toy import DIMENSION

KILLS = int(os.environ.get("FACEVEC_TEST_KILLS", "1"))
RECOVERS_SECONDS = 300

pytestmark = pytest.mark.slow


class History:
    """What the processes that were killed said they had done."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        self.leaving: set[int] = set()
        self.gone: dict[int, int] = {}

    def note(self, lines: str) -> None:
        for line in lines.splitlines():
            deed, *words = line.split()
            if deed == "added" and len(words) == 2:
                self.numbers[int(words[0])] = int(words[1])
            elif deed == "removing" and words:
                self.leaving.add(int(words[0]))
            elif deed == "removed" and words:
                self.gone[int(words[0])] = self.numbers.pop(int(words[0]), -1)


class Place:
    """A registry, an engine beside it, and whoever works with them."""

    def __init__(self, folder: Path, url: str, engine: str) -> None:
        self._folder, self._url, self._engine = folder, url, engine
        self.connections = open_engine(url, key=KEY)
        prepare(self.connections)
        self.registry = SqlRegistry(self.connections)
        self.registry.claim_model(MODEL, CONTRACT)
        self.history, self._seeds = History(), iter(range(1, 10**6))

    def live(self) -> LiveGallery:
        generations = Generations(self._folder / "index", KEY)
        parts = Parts(self.connections, self.registry, generations, utc_now)
        return engine_called(self._engine)(parts).live(CONTRACT, DIMENSION)

    def working(self) -> subprocess.Popen[str]:
        words = [self._url, self._engine, str(self._folder / "index"), str(next(self._seeds))]
        command = [sys.executable, "-m", "tests.registry.follow_forever", *words]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def kill(
        self, process: subprocess.Popen[str], after: float, before: Callable[[], None] = lambda: None
    ) -> None:
        """Once it has done something, so many seconds later, and after what is done before."""
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(after)
        before()
        process.kill()
        self.history.note(first + process.communicate()[0])

    def require_right(self, live: LiveGallery) -> None:
        """Everybody acknowledged is known, nobody who went is, and all answers are the oracle's."""
        here = {worker.id: worker for worker in self.registry.list_workers()}
        assert not self.history.gone.keys() & here.keys()
        assert self.history.numbers.keys() - self.history.leaving <= here.keys()
        oracle = ExactGallery(DIMENSION)
        _, templates = self.registry.templates(CONTRACT)
        if len(templates.worker_ids):
            oracle.put(*fuse(templates))
        known = {1, *self.history.numbers.values(), *self.history.gone.values()}
        probes = np.stack([vector(number) for number in known - {-1}])
        position, candidates = live.search(probes, 8)
        assert position == self.registry.position()
        assert candidates == oracle.search(probes, 8)


@pytest.fixture(
    params=[
        "faiss",
        pytest.param("graph", marks=pytest.mark.postgres),
        pytest.param("milvus", marks=pytest.mark.milvus),
    ]
)
def engine(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("milvus").url if request.param == "milvus" else request.param


@pytest.fixture
def url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if engine == "graph":
        return str(request.getfixturevalue("postgres_database"))
    return f"sqlite:///{tmp_path / 'facevec.db'}"


@pytest.fixture
def place(engine: str, url: str, tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path, url, engine)
    yield place
    place.connections.dispose()


def test_whoever_works_with_a_gallery_is_killed(place: Place) -> None:
    draw, live = random.Random(14), place.live()
    for _ in range(KILLS):
        place.kill(place.working(), draw.uniform(0.0, 2.0))
        eventually(lambda: place.require_right(live))
        place.require_right(place.live())


@pytest.mark.parametrize("engine", ["milvus"], indirect=True)
def test_milvus_is_killed_while_it_is_brought_up(place: Place, milvus: LocalMilvus) -> None:
    draw, live = random.Random(15), place.live()

    def kill_milvus() -> None:
        milvus.kill()
        with pytest.raises(GalleryUnavailable, match="Nobody answers"):
            live.search(vector(1)[None], 1)

    for _ in range(max(1, KILLS // 2)):
        place.kill(place.working(), draw.uniform(0.0, 2.0), kill_milvus)
        milvus.start()
        eventually(lambda: place.require_right(live))
        place.require_right(place.live())


def eventually(call: Callable[[], None]) -> None:
    """Milvus answers some seconds after it says that it is there, or two minutes if it was killed at work."""
    until = time.monotonic() + RECOVERS_SECONDS
    while True:
        try:
            return call()
        except FacevecError:
            if time.monotonic() > until:
                raise
            time.sleep(1)
