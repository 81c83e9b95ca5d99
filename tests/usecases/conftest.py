"""A desk over a real registry and a real gallery, in a temporary folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from facevec.config import Settings
from facevec.gallery.faiss_flat import FaissFlatGallery
from facevec.gallery.generations import Generations
from facevec.gallery.live import LiveView
from facevec.registry.engine import open_engine
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from facevec.types import EMBEDDING_DIMENSION, Distances, RecognisedImage, Thresholds
from facevec.usecases.enrol import EnrolmentDesk
from facevec.usecases.recognise import recognise
from tests.toy import ToyEmbedder, toy_vision

MATCH_THRESHOLD = 0.8
DISTANCES = Distances(match=MATCH_THRESHOLD, margin=0.05, verify=0.9, same_person=1.1, other_person=0.7)


@dataclass(frozen=True)
class Office:
    """One process of facevec over one registry."""

    desk: EnrolmentDesk
    generations: Generations
    thresholds: Thresholds

    def recognise(self, data: bytes, **thresholds: float) -> RecognisedImage:
        """thresholds: other ones than the office's."""
        changed = replace(self.thresholds, **thresholds)
        return recognise(self.desk.vision, self.desk.registry, self.desk.live, changed, data)

    def names(self, data: bytes) -> list[str | None]:
        return [face.worker.name if face.worker else None for face in self.recognise(data).faces]


def open_office(folder: Path) -> Office:
    """A new process, as it were: its own connections and its own live view."""
    engine = open_engine(f"sqlite:///{folder / 'facevec.db'}")
    prepare(engine)
    registry = SqlRegistry(engine)

    def empty() -> FaissFlatGallery:
        return FaissFlatGallery(EMBEDDING_DIMENSION)

    generations = Generations(folder / "index", empty)
    live = LiveView(registry, ToyEmbedder.contract, empty, generations)
    settings = Settings()
    rules = settings.enrolment.rules(DISTANCES)
    thresholds = settings.thresholds(DISTANCES)
    return Office(EnrolmentDesk(toy_vision(), registry, live, rules), generations, thresholds)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)
