"""Faces to vectors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

import numpy as np

from facevec.policy import unit
from facevec.types import EMBEDDING_DIMENSION as DIMENSION
from facevec.types import Face, Image, Looks, Pixels, Vectors
from facevec.vision import mtcnn
from facevec.vision.crop import embedding_crops
from facevec.vision.engines.base import Engine, NetworkSpec, Tensor, run_in_chunks
from facevec.vision.networks.inception import SIZE
from facevec.vision.networks.mtcnn import SHA256
from facevec.vision.projection import Projection

MARGIN = 24
"""Pixels of the 160 that lie outside the box; measured in benchmarks/identification.py."""

TIGHTER, WIDER = 14, 40
"""Margins of a second look; docs/accuracy.md has what else was tried."""

_CHUNK = 32
_MEAN, _SCALE = 127.5, 128.0  # facenet's fixed image standardisation
_CONTRACT_DIGITS = 16


class InceptionEmbedder:
    """`ports.FaceEmbedder` by Inception-ResNet v1. `spec` comes from `networks.inception`.

    projection: applied to the network's vectors; None leaves them as they are.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        spec: NetworkSpec,
        projection: Projection | None = None,
        margin: int = MARGIN,
    ) -> None:
        self._network = engine.load(spec)
        self._model = spec.name
        self._projection = projection
        self._margin = margin
        self._contract = embedding_contract(
            spec.weights_sha256, margin=margin, projection=projection.digest if projection else None
        )

    @property
    def model(self) -> str:
        return self._model

    @property
    def contract(self) -> str:
        return self._contract

    def embed(self, image: Image, faces: Sequence[Face], looks: Looks = Looks.ONCE) -> Vectors:
        if not faces:
            return np.empty((0, DIMENSION), np.float32)
        views = [self._run(self._crops(image, faces, *view)) for view in self._views(looks)]
        vectors = unit(np.sum(views, axis=0))
        return self._projection(vectors) if self._projection else vectors

    def _views(self, looks: Looks) -> Sequence[tuple[int, bool]]:
        """Margin, and whether mirrored, of each view."""
        once = (self._margin, False)
        if looks is Looks.MIRRORED:
            return once, (self._margin, True)
        if looks is Looks.AGAIN:
            return once, (TIGHTER, True), (WIDER, True)
        return (once,)

    def _crops(self, image: Image, faces: Sequence[Face], margin: int, mirrored: bool) -> Pixels:
        crops = embedding_crops(image, faces, size=SIZE, margin=margin)
        return crops[:, :, ::-1] if mirrored else crops

    def _run(self, crops: Pixels) -> Vectors:
        (vectors,) = run_in_chunks(self._network, _normalised(crops), _CHUNK)
        return unit(vectors)


def embedding_contract(weights_sha256: str, *, margin: int = MARGIN, projection: str | None = None) -> str:
    """A short hash of everything that decides what a vector means; `projection` is its digest.

    The engine is no part of it: engines agree to 1e-4. Nor are the detection threshold and the
    bound on a picture's side: they decide which faces are found, not how one is prepared.
    """
    meaning: Mapping[str, object] = {
        "detector": {
            "weights": SHA256,
            "thresholds": mtcnn.THRESHOLDS,
            "factor": mtcnn.PYRAMID_FACTOR,
        },
        "crop": {"size": SIZE, "margin": margin, "shape": "stretched", "resize": "area, linear"},
        "normalisation": {"mean": _MEAN, "scale": _SCALE},
        "weights": weights_sha256,
        "projection": projection,
        "dimension": DIMENSION,
    }
    canonical = json.dumps(meaning, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_CONTRACT_DIGITS]


def _normalised(crops: Pixels) -> Tensor:
    scaled: Tensor = (crops.astype(np.float32) - _MEAN) / _SCALE
    return np.transpose(scaled, (0, 3, 1, 2))
