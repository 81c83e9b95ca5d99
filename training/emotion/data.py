"""FER2013 in memory, and the order in which a training visits it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from facevec.types import EMOTIONS

TRAIN_SPLIT, PUBLIC_SPLIT = "fer2013-train.npz", "fer2013-public.npz"


@dataclass(frozen=True)
class Faces:
    """Pictures uint8 (N, 48, 48) and labels int64 (N,), indices into `EMOTIONS`."""

    pictures: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)


def read_faces(path: Path) -> Faces:
    """Read an NPZ with `images`, `labels` and `names`; other classes are a `ValueError`."""
    with np.load(path) as archive:
        names = tuple(str(name) for name in archive["names"])
        if names != EMOTIONS:
            raise ValueError(f"{path.name} has the classes {names}, not {EMOTIONS}")
        pictures = torch.from_numpy(archive["images"])
        labels = torch.from_numpy(archive["labels"].astype(np.int64))
    return Faces(pictures, labels)


class Batches:
    """Seeded batches of indices; rare classes come more often.

    A picture of a class with n pictures is visited (largest class / n) ** balance times an
    epoch, the fraction left to chance: 0 leaves the data as they are, 1 evens all classes.
    """

    def __init__(self, labels: torch.Tensor, size: int, balance: float, seed: int) -> None:
        counts = torch.bincount(labels).double()
        self._visits = ((counts.max() / counts) ** balance)[labels]
        self._size = size
        self._random = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return int(self._visits.sum()) // self._size

    def __iter__(self) -> Iterator[torch.Tensor]:
        chance = torch.rand(len(self._visits), generator=self._random, dtype=torch.float64)
        visits = (self._visits + chance).long()
        order = torch.arange(len(visits)).repeat_interleave(visits)
        order = order[torch.randperm(len(order), generator=self._random)]
        for index in range(min(len(self), len(order) // self._size)):
            yield order[index * self._size : (index + 1) * self._size]
