"""A roll, with everybody's reference in memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facevec.ports import ChangeSource
from facevec.types import Vectors
from facevec.usecases.roll import Roll, call_roll


class Collected(dict[int, bytes]):
    """References by worker."""

    def put(self, worker_ids: npt.NDArray[np.int64], references: Vectors) -> None:
        self.update(zip(worker_ids.tolist(), map(bytes, references), strict=True))

    def remove(self, worker_ids: npt.NDArray[np.int64]) -> None:
        for worker_id in worker_ids.tolist():
            self.pop(worker_id, None)


def called(registry: ChangeSource, contract: str) -> tuple[Roll, dict[int, bytes]]:
    """The roll, whose workers are those that have a reference."""
    roll, references = call_roll(registry, contract, Collected)
    assert sorted(references) == roll.worker_ids.tolist()
    return roll, references
