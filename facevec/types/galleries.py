"""What is searched, and what a search answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import NamedTuple

from facevec.types.arrays import Ids, Vectors
from facevec.types.lazy_numpy import np, npt


@dataclass(frozen=True, slots=True, eq=False)
class Templates:
    """Stored embeddings, in no particular order.

    worker_ids: (n,) int64. vectors: (n, dimension) float32, unit length. photo_ids: (n,) int64, of which
    photo each is; None where nobody asks.
    """

    worker_ids: Ids
    vectors: Vectors
    photo_ids: Ids | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where in its history a registry stands; two that are equal hold the same.

    registry: random, its own. epoch: how often it was set anew as a whole, by no change of its log. digest:
    of all changes up to `revision`, hexadecimal: histories that part never meet again in it.
    """

    registry: str
    epoch: int
    revision: int
    digest: str


@dataclass(frozen=True, slots=True)
class RegistryState:
    """What the registry says of itself.

    model, contract: None until the first enrolment chose them.
    """

    position: Position
    model: str | None
    contract: str | None

    @property
    def revision(self) -> int:
        return self.position.revision


class TemplateKey(NamedTuple):
    """Whose template, and of which photo."""

    worker_id: int
    photo_id: int


SetAside = tuple[TemplateKey, ...]
"""Templates that do not count."""

NEVER = 0
"""The end of a term that has not begun: not to be recognised, whatever the time."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def microseconds(moment: datetime) -> int:
    """Since 1970, as the ends of `Terms` are counted."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(since_1970: int) -> datetime:
    """What `microseconds` counts."""
    return _EPOCH + timedelta(microseconds=since_1970)


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """From when until when workers may be recognised; of whom it does not speak may be as long as they are
    enrolled.

    worker_ids: (n,) int64. ends, starts: (n,) int64, see `microseconds`; an end may be NEVER.
    """

    worker_ids: Ids
    ends: Ids
    starts: Ids

    @classmethod
    def of(cls, ends: Sequence[tuple[int, int]]) -> Terms:
        """From (worker, end) pairs, of terms that have begun."""
        return cls.between([(worker_id, NEVER, end) for worker_id, end in ends])

    @classmethod
    def between(cls, terms: Sequence[tuple[int, int, int]]) -> Terms:
        """From triples of worker, start and end."""
        columns = np.array(terms, dtype=np.int64).reshape(-1, 3)
        return cls(columns[:, 0], columns[:, 2], columns[:, 1])

    @classmethod
    def together(cls, parts: Sequence[Terms]) -> Terms:
        """What all of `parts` say, each of other workers."""
        if not parts:
            return cls.of([])
        return cls(
            np.concatenate([part.worker_ids for part in parts]),
            np.concatenate([part.ends for part in parts]),
            np.concatenate([part.starts for part in parts]),
        )

    def replaced(self, worker_ids: Sequence[int] | Ids, now: Terms) -> Terms:
        """What is said of everybody but `worker_ids`, and what `now` says."""
        kept = ~np.isin(self.worker_ids, worker_ids)
        others = Terms(self.worker_ids[kept], self.ends[kept], self.starts[kept])
        return Terms.together([others, now])

    def ended(self, at: int) -> Ids:
        """Those who may not be recognised at that moment: their term has ended, or has not begun."""
        return self.worker_ids[(self.ends <= at) | (self.starts > at)]

    def unchanged(self, at: int) -> tuple[int, int]:
        """From when (inclusive) until when (exclusive), around that moment, `ended` says the same."""
        turns = np.concatenate([self.ends, self.starts])
        past, to_come = turns[turns <= at], turns[turns > at]
        return int(past.max(initial=_FIRST)), int(to_come.min(initial=_LAST))


_FIRST, _LAST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """What the registry holds of some workers, read where it stood at `position`.

    worker_ids: of whom it speaks. set_aside: of each template that is not as it was written, or no unit
    vector; it is left out of `templates`.
    """

    position: Position
    worker_ids: Ids
    templates: Templates
    terms: Terms
    set_aside: SetAside = ()


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What the whole gallery was read from, where the registry stood at `position`.

    template_count: how many templates its references were fused from. set_aside: as in `Page`.
    """

    position: Position
    contract: str
    model: str
    template_count: int
    set_aside: SetAside = ()

    @property
    def revision(self) -> int:
        return self.position.revision


class Step(Enum):
    """What brought references in the registry's database nearer to where it stands."""

    IN_STEP = "in step"
    """Nothing had to."""
    NEARER = "nearer"
    BEGUN = "begun"
    """There were none."""
    REPLACED = "replaced"
    """They were of another registry, or of one that went back: begun anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhood:
    """The references nearest to some probes, in the registry's database where it stood at `position`.

    nearest: for each probe (worker_ids (m,) int64, distances (m,) float64), ascending; the distances are of
    what is kept with 16 bits a number. templates: of all of these workers, as facevec wrote them. workers:
    how many may be recognised, if that was asked. set_aside: as in `Page`, of everybody.
    """

    position: Position
    nearest: tuple[tuple[Ids, npt.NDArray[np.float64]], ...]
    templates: Templates
    workers: int | None
    set_aside: SetAside


@dataclass(frozen=True, slots=True)
class ReferencesKept:
    """What is kept of a contract's references. position: where they stand; None while everybody's are made.

    graph: whether they are searched by a graph, which may pass somebody over. size: bytes.
    """

    position: Position | None
    references: int
    set_aside: SetAside
    graph: bool
    size: int


@dataclass(frozen=True, slots=True)
class Upkeep:
    """How a live view fared in this process.

    replaced: how often the registry was another one than before. clock_steps_back: how often the time went
    back. set_aside: templates that are searched by nobody, because they are not as facevec wrote them.
    """

    replaced: int
    clock_steps_back: int
    set_aside: SetAside


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """A gallery on disk: everybody's reference, of those who may not be recognised, too.

    size: in bytes. created_at: in UTC.
    """

    name: str
    created_at: datetime
    size: int
    workers: int
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Candidate:
    """One answer of a gallery search; distance is Euclidean between unit vectors, 0 to 2."""

    worker_id: int
    distance: float
