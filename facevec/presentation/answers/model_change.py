"""How far the change of a registry's model has come, and both models beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from facevec.presentation.answers.base import Answer, Moment, Threshold
from facevec.presentation.answers.uneven import RateAnswer
from facevec.presentation.answers.workers import WorkerIdentity
from facevec.types import Coverage, ModelChange, Worker
from facevec.usecases.migrate.compare import Comparison
from facevec.usecases.migrate.reembed import Reembedding

if TYPE_CHECKING:
    from typing_extensions import Self


class ModelOfChange(Answer):
    """An embedding model and its contract."""

    name: str
    contract: str


class NotEmbeddedAnswer(Answer):
    """A photo that was there and from which no template could be made."""

    worker_id: int
    photo_id: int
    code: str
    reason: str


class TrialAnswer(Answer):
    """How one of the models did. fnir: null where nobody has two photos."""

    model: str
    threshold: Threshold
    fpir: RateAnswer
    fnir: RateAnswer | None


class DisagreementAnswer(Answer):
    """A worker's photo that the models decide otherwise: whom each names, null for nobody."""

    photo_id: int
    worker_id: int
    before: int | None
    after: int | None


class ComparisonAnswer(Answer):
    """Both models on the same photos. searched: photos of workers who have others, too."""

    workers: int
    photos: int
    searched: int
    before: TrialAnswer
    after: TrialAnswer
    disagreements: tuple[DisagreementAnswer, ...]


class ModelChangeAnswer(Answer):
    """How far it has come. workers: who have templates of the model in force; needed: those of them who
    have none of the other. photos: as many have both, of how many. embedded, refused: what was just made.
    forgotten: photos that had no template left when it was finished.
    """

    before: ModelOfChange
    after: ModelOfChange
    begun_at: Moment
    switched_at: Moment | None
    workers: int
    needed: tuple[WorkerIdentity, ...]
    photos: int
    of_photos: int
    embedded: int = 0
    refused: tuple[NotEmbeddedAnswer, ...] = ()
    comparison: ComparisonAnswer | None = None

    @classmethod
    def of_change(
        cls,
        change: ModelChange,
        coverage: Coverage,
        workers: Mapping[int, Worker],
        work: Reembedding | None,
        comparison: Comparison | None,
    ) -> Self:
        """workers: by id, those who are needed."""
        beside: dict[str, object] = {}
        if work is not None:
            beside |= {"embedded": work.embedded, "refused": tuple(work.refused)}
        if comparison is not None:
            beside["comparison"] = comparison
        needed = tuple(WorkerIdentity.of(workers[each]) for each in coverage.needed if each in workers)
        return cls.of(
            coverage,
            before=change.before,
            after=change.after,
            begun_at=change.begun_at,
            switched_at=change.switched_at,
            needed=needed,
            **beside,
        )


class ModelChangeFinished(Answer):
    """The model that stays, the one whose templates are gone, and the photos that had no others."""

    kept: ModelOfChange
    gone: ModelOfChange
    forgotten_photos: int
