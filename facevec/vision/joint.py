"""Several networks that look at a face together, as one embedder."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from facevec.decision.vectors import unit
from facevec.ports import FaceEmbedder
from facevec.types import Face, Image, Purpose, Vectors
from facevec.usecases.model import together
from facevec.vision.contract import contract_of


class JointEmbedder:
    """`ports.FaceEmbedder` by two networks or more: their unit vectors in a row, brought back to unit length.

    So a distance is the root of the mean of the networks' squared distances, and whoever stores, searches or
    compares need not know that there are several (docs/adr/0017-two-networks-as-one.md).
    """

    def __init__(self, embedders: Sequence[FaceEmbedder]) -> None:
        self._embedders = tuple(embedders)
        meaning = {"in a row": [embedder.contract for embedder in self._embedders]}
        self._contract = contract_of(json.dumps(meaning))

    @property
    def model(self) -> str:
        return together(embedder.model for embedder in self._embedders)

    @property
    def contract(self) -> str:
        return self._contract

    @property
    def dimension(self) -> int:
        return sum(embedder.dimension for embedder in self._embedders)

    def embed(self, image: Image, faces: Sequence[Face], purpose: Purpose = Purpose.PROBE) -> Vectors:
        return joined([embedder.embed(image, faces, purpose) for embedder in self._embedders])


def joined(vectors: Sequence[Vectors]) -> Vectors:
    """(n, d1 + d2 + ...): unit vectors of networks, (n, d1), (n, d2) and so on, as one of unit length."""
    return unit(np.hstack(vectors))
