"""The distances that suit a model, measured on photos of people whose names are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from facevec.decision import rates
from facevec.decision.resolve import TARGET_FPIR
from facevec.decision.scales.crowd import Crowd, Indices, Looks
from facevec.decision.scales.scale import draws, measured
from facevec.errors import InputError, MemoryExhausted, NoFace
from facevec.ports import Clock, Vision
from facevec.types import MeasuredScale, ModelScale, Purpose, Refusal, no_vectors
from facevec.usecases.ahead import for_every_purpose, looking_ahead
from facevec.usecases.people import OnPhoto, Person, Read, refusal
from facevec.usecases.see import see

LEAST_PEOPLE = 50
"""People with two photos or more; in galleries of fewer nobody can say how distances fall with their size."""

LEAST_STRANGERS = rates.people_needed(TARGET_FPIR)
"""Fewer could not show that the default's rate is kept."""


@dataclass(slots=True)
class Seen:
    """Photos with a face, as the product sees them. refused: the others."""

    vision: Vision
    read: Read
    on_photo: OnPhoto
    looks: dict[Purpose, list[npt.NDArray[np.float32]]] = field(
        default_factory=lambda: {purpose: [] for purpose in Purpose}
    )
    photos: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def rows(self, person: Person) -> Indices:
        """Rows of the vectors of each of their photos, of its most prominent face. Raises ModelError."""
        before = self.photos
        for photo in person.photos:
            try:
                scene = see(self.vision, self.read(photo))
                faces = [scene.most_prominent()]
            except (InputError, NoFace, MemoryExhausted) as error:
                self.refused.append(refusal(photo, error))
                continue
            finally:
                self.on_photo(photo)
            for purpose, vectors in self.looks.items():
                vectors.append(self.vision.embedder.embed(scene.image, faces, purpose)[0])
            self.photos += 1
        return np.arange(before, self.photos)

    def enough(self, people: Sequence[Person], strangers: Sequence[Person]) -> tuple[Crowd, bool]:
        """(all of them, whether everybody is searched for since strangers are too few).

        Raises InputError where people are too few, before any photo is looked at if need be.
        """
        several = [person for person in people if len(person.photos) > 1]
        _refuse_too_few(len(several), len(people) + len(strangers), "are in the folders")
        crowd = self.crowd(people, strangers)
        searched = len(crowd.people) + len(crowd.strangers)
        _refuse_too_few(len(crowd.people), searched, "have photos with a face on them")
        everybody = len(crowd.strangers) < LEAST_STRANGERS
        return (crowd.everybody_searched() if everybody else crowd), everybody

    def crowd(self, people: Sequence[Person], strangers: Sequence[Person]) -> Crowd:
        """Those of `people` who have two usable photos may be enrolled; everybody else is a stranger."""
        seen = [self.rows(person) for person in people]
        others = [self.rows(person) for person in strangers]
        probes, templates, rechecks = (
            np.stack(vectors) if vectors else no_vectors()
            for vectors in map(self.looks.__getitem__, (Purpose.PROBE, Purpose.TEMPLATE, Purpose.RECHECK))
        )
        return Crowd(
            Looks(probes, templates, rechecks),
            people=tuple(rows for rows in seen if len(rows) > 1),
            strangers=(
                *(rows for rows in seen if len(rows) == 1),
                *(rows for rows in others if len(rows) > 0),
            ),
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """on_photo: after each photo. on_draws: how many draws there will be; on_draw: after each."""

    on_photo: OnPhoto = lambda _photo: None
    on_draws: Callable[[int], None] = lambda _draws: None
    on_draw: Callable[[], None] = lambda: None


def measure(
    vision: Vision,
    known: ModelScale,
    people: Sequence[Person],
    strangers: Sequence[Person],
    read: Read,
    now: Clock,
    progress: Progress | None = None,
) -> tuple[MeasuredScale, tuple[Refusal, ...]]:
    """(the scale of the model that `vision` sees with, photos that could not be used). Nothing is stored.

    People with one photo are strangers too; where these are too few, everybody is searched for, each in the
    gallery without themselves. known: what counts where too few photos say more.
    Raises InputError where people are too few, ModelError.
    """
    progress = progress or Progress()
    pictures = [(photo, for_every_purpose) for person in (*people, *strangers) for photo in person.photos]
    with looking_ahead(vision, read, pictures) as (vision_ahead, read_ahead):
        seen = Seen(vision_ahead, read_ahead, progress.on_photo)
        crowd, everybody = seen.enough(people, strangers)
    progress.on_draws(draws(crowd))
    measurement = measured(crowd, known, on_draw=progress.on_draw)
    if measurement.scale.match.distance(TARGET_FPIR) <= 0:
        raise InputError(
            "A stranger looks exactly like a worker: somebody is in both folders, or in two of one. Take "
            "them out, then measure again."
        )
    scale = MeasuredScale(
        model=vision.embedder.model,
        contract=vision.embedder.contract,
        scale=measurement.scale,
        intervals=measurement.intervals,
        left=measurement.left,
        people=len(crowd.people),
        strangers=len(crowd.strangers),
        photos=seen.photos,
        everybody_searched=everybody,
        measured_at=now(),
    )
    return scale, tuple(seen.refused)


def _refuse_too_few(people: int, searched: int, where: str) -> None:
    if people < LEAST_PEOPLE:
        raise InputError(
            f"{people} people with two photos or more {where}, too few to measure a model's distances; give "
            f"at least {LEAST_PEOPLE}. Nothing was stored."
        )
    if searched < LEAST_STRANGERS:
        raise InputError(
            f"{searched} people {where}, too few to measure how often a stranger is named: at least "
            f"{LEAST_STRANGERS} are needed. Add people, or strangers with --strangers. Nothing was stored."
        )
