"""What is searched, and what a search answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from facevec.types.arrays import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Templates:
    """Stored embeddings, in no particular order.

    worker_ids: (n,) int64. vectors: (n, dimension) float32, unit length.
    """

    worker_ids: npt.NDArray[np.int64]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class RegistryState:
    """What the registry says of itself.

    model, contract: None until the first enrolment chose them.
    """

    revision: int
    model: str | None
    contract: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The whole gallery at one revision of the registry.

    worker_ids: (n,) int64, ascending. references: (n, dimension) float32, unit length.
    template_count: how many templates the references were fused from.
    """

    revision: int
    contract: str
    model: str
    template_count: int
    worker_ids: npt.NDArray[np.int64]
    references: Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """A snapshot on disk. `size` is in bytes, `created_at` in UTC."""

    name: str
    created_at: datetime
    size: int
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Candidate:
    """One answer of a gallery search; distance is Euclidean between unit vectors, 0 to 2."""

    worker_id: int
    distance: float
