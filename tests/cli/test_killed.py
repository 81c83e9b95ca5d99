"""A night, or a change of the model, that is killed at any moment: nobody is lost, comes back, or is another.

`FACEVEC_TEST_KILLS=200` kills each so often, with Milvus, too.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from facevec.bootstrap import App
from facevec.registry import history, marks, soundness
from facevec.registry.engine import reading, writing
from facevec.registry.tables import LeaseRow
from tests.cli.work_forever import opened
from tests.milvus import LocalMilvus
from tests.toy import Someone, picture

KILLS = int(os.environ.get("FACEVEC_TEST_KILLS", "1"))
LOOKED_FOR = 12
"""So many of those who are there, and of those who went, are searched for after each kill."""

pytestmark = pytest.mark.slow


class Place:
    """A home with its registry and engine, a service that goes on, and what those who were killed said."""

    def __init__(self, address: tuple[str, str, str]) -> None:
        self.address = address
        self.service, self.draw = opened(address), random.Random(14)
        self.here: dict[int, int] = {}
        self.leaving: set[int] = set()
        self.gone: dict[int, int] = {}
        self.deeds: Counter[str] = Counter()
        self._seeds = iter(range(1, 10**6))

    def kill(self, deed: str, longest: float) -> None:
        """Whoever does `deed`, some time after they began."""
        words = [*self.address, deed, str(next(self._seeds))]
        command = [sys.executable, "-m", "tests.cli.work_forever", *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        lines = []
        while not lines or lines[-1] not in ("ready\n", ""):
            lines.append(process.stdout.readline())
        time.sleep(self.draw.uniform(0, longest))
        process.kill()
        self._note("".join(lines) + process.communicate()[0])
        self.deeds["kills"] += 1
        with writing(self.service.engine) as connection:
            connection.execute(delete(LeaseRow))  # whoever comes next shall not wait for its end

    def _note(self, lines: str) -> None:
        for line in lines.splitlines(keepends=True):
            kind, *words = line.split()
            assert kind != "broken", lines
            if not line.endswith("\n"):
                continue
            if kind == "added":
                self.here[int(words[0])] = int(words[1])
            elif kind == "removing":
                self.leaving.add(int(words[0]))
            elif kind == "removed":
                self.gone[int(words[0])] = self.here.pop(int(words[0]))
            elif kind == "deed":
                self.deeds[words[0]] += 1

    def require_right(self) -> None:
        with opened(self.address) as anew:
            for app in (self.service, anew):
                self._require_right(app)

    def _require_right(self, app: App) -> None:
        there = {worker.id: int(worker.name.split()[1]) for worker in app.registry.list_workers()}
        assert not self.gone.keys() & there.keys(), "somebody came back"
        assert self.here.keys() - self.leaving <= there.keys(), "somebody is lost"
        for worker_id in self.leaving - there.keys():
            if worker_id in self.here:
                self.gone[worker_id] = self.here.pop(worker_id)
        self.leaving -= self.gone.keys()
        self.here |= there
        with reading(app.engine) as connection:
            assert soundness.faults(connection) == ()
            assert history.broken_link(connection) is None
            assert not any(rows.refused for rows in marks.survey(connection))
        for worker_id, who in self._some(self.here):
            assert named(app, who) == f"Drawn {who}", worker_id
        for _, who in self._some(self.gone):
            assert named(app, who) is None

    def _some(self, people: dict[int, int]) -> list[tuple[int, int]]:
        return self.draw.sample(sorted(people.items()), min(LOOKED_FOR, len(people)))


def named(app: App, who: int) -> str | None:
    (face,) = app.recognize(app.see(picture(Someone(who, 9)))).faces
    return None if face.worker is None else face.worker.name


ENGINES = {
    "faiss": [],
    "pgvector": [pytest.mark.postgres],
    "milvus": [pytest.mark.milvus],
}
FEW = [("faiss", "night"), ("pgvector", "migrate")]
ALL = [(engine, deed) for engine in ENGINES for deed in ("night", "migrate")]


@pytest.fixture
def address(request: pytest.FixtureRequest, toy_home: Path) -> tuple[str, str, str]:
    toy_home.mkdir()
    if request.param == "pgvector":
        return str(request.getfixturevalue("postgres_database")), "pgvector", ""
    milvus: LocalMilvus | None = request.getfixturevalue("milvus") if request.param == "milvus" else None
    return f"sqlite:///{toy_home / 'facevec.db'}", request.param, "" if milvus is None else milvus.url


@pytest.fixture
def place(address: tuple[str, str, str]) -> Iterator[Place]:
    place = Place(address)
    yield place
    place.service.close()


@pytest.mark.parametrize(
    ("address", "deed"),
    [pytest.param(engine, deed, marks=ENGINES[engine]) for engine, deed in (FEW if KILLS == 1 else ALL)],
    indirect=["address"],
)
def test_killed_at_any_moment_it_leaves_everybody_as_they_are(place: Place, deed: str) -> None:
    for _ in range(KILLS):
        place.kill(deed, longest=3.0)
        place.require_right()
    sys.stdout.write(f"{deed} over {place.address[1]}: {dict(place.deeds)}\n")
