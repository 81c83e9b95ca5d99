"""A desk over a real registry and a real gallery, in a temporary folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from facevec.config import Settings
from facevec.decision.point import OperatingPoint, Origin, Parameter
from facevec.decision.resolve import enrolment_rules, operating_point
from facevec.gallery.faiss_engine import live_view
from facevec.gallery.generations import Generations
from facevec.ports import Registry, utc_now
from facevec.registry.engine import open_engine
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from facevec.types import Enrolment, RateTable
from facevec.usecases.enrol import EnrolmentDesk
from facevec.usecases.recognize import RecognizedImage, Wanted, recognize
from facevec.usecases.see import see
from tests.integrity import KEY
from tests.toy import DIMENSION, ToyEmbedder, toy_vision
from tests.toy import SCALE as TOY_SCALE

SCALE = replace(TOY_SCALE, match=RateTable(((0.01, 0.8),)), verify=0.9)


ANA, BEN, STRANGER = 1, 2, 3


def refusals(enrolment: Enrolment) -> dict[str, str]:
    """The code of each photo that was refused, by its name."""
    return {refusal.source: refusal.code for refusal in enrolment.refused}


@dataclass(frozen=True)
class Office:
    """One process of facevec over one registry."""

    desk: EnrolmentDesk
    generations: Generations
    point: OperatingPoint
    engine: Engine

    def over(self, registry_of: Callable[[Engine], Registry]) -> Office:
        """The same process, whose use cases ask another registry; its live view asks the one before."""
        return replace(self, desk=replace(self.desk, registry=registry_of(self.engine)))

    def recognize(
        self, data: bytes, match_threshold: float | None = None, candidates: int = 0
    ) -> RecognizedImage:
        """match_threshold: set by hand, instead of the office's. candidates: as of `Wanted`."""
        desk, point = self.desk, self.point
        if match_threshold is not None:
            point = replace(point, match_threshold=Parameter(match_threshold, Origin.SETTINGS))
        wanted = Wanted(candidates=candidates)
        return recognize(desk.vision, desk.identifier, point, see(desk.vision, data), wanted)

    def names(self, data: bytes) -> list[str | None]:
        return [face.worker.name if face.worker else None for face in self.recognize(data).faces]


def open_office(folder: Path) -> Office:
    """A new process, as it were: its own connections and its own live view."""
    engine = open_engine(f"sqlite:///{folder / 'facevec.db'}", key=KEY)
    prepare(engine)
    registry = SqlRegistry(engine)

    generations = Generations(folder / "index", KEY)
    live = live_view(registry, ToyEmbedder.contract, DIMENSION, utc_now, generations)
    settings = Settings()
    rules = enrolment_rules(settings.enrolment_overrides(), SCALE)
    point = operating_point(settings.match_overrides(), None, SCALE)
    return Office(EnrolmentDesk(toy_vision(), registry, live, rules), generations, point, engine)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)
