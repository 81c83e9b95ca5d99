"""The change of a registry from one embedding model to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from facevec.types.arrays import Vector


@dataclass(frozen=True, slots=True)
class Model:
    """An embedding model, and the contract that its templates are of."""

    name: str
    contract: str


@dataclass(frozen=True, slots=True)
class ModelChange:
    """A change that is under way: both models' templates are kept until it is finished.

    before, after: from which model to which. switched_at: since when `after` decides; None while `before`
    does.
    """

    before: Model
    after: Model
    begun_at: datetime
    switched_at: datetime | None

    @property
    def in_force(self) -> Model:
        """The one that decides."""
        return self.before if self.switched_at is None else self.after

    @property
    def other(self) -> Model:
        """The one that does not."""
        return self.after if self.switched_at is None else self.before

    def beside(self, contract: str) -> Model | None:
        """The model whose templates are kept beside those of `contract`; None for a contract of neither."""
        models = {self.before.contract: self.after, self.after.contract: self.before}
        return models.get(contract)


@dataclass(frozen=True, slots=True, eq=False)
class WaitingPhoto:
    """A photo that has a template of one contract and none of the other yet.

    template: the one it has, (dimension,) float32. has_pixels: whether the photo was kept.
    """

    id: int
    worker_id: int
    sha256: str
    template: Vector
    has_pixels: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a change has come: of those who have templates of the model in force, who has others as well.

    needed: the ids of the workers who have none yet. photos, of_photos: as many photos as have both, of how
    many.
    """

    workers: int
    needed: tuple[int, ...]
    photos: int
    of_photos: int
