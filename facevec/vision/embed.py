"""Faces to vectors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from facevec.decision.vectors import unit
from facevec.types import Face, Image, Pixels, Purpose, Vectors
from facevec.vision import mtcnn
from facevec.vision.crop import embedding_crops
from facevec.vision.engines.base import Engine, NetworkSpec, Tensor, run_in_chunks
from facevec.vision.networks.inception import DIMENSION, SIZE
from facevec.vision.networks.mtcnn import SHA256
from facevec.vision.projection import Projection

MARGIN = 24
"""Pixels of the 160 that lie outside the box; measured in benchmarks/identification.py."""

TIGHTER, WIDER = 14, 40
"""Margins of a recheck; docs/lab-book.md has what else was tried."""

_CHUNK = 32
_MEAN, _SCALE = 127.5, 128.0  # facenet's fixed image standardisation
_CONTRACT_DIGITS = 16


@dataclass(frozen=True, slots=True)
class View:
    """One way to cut a face out: with so many pixels of the 160 outside the box, and whether mirrored."""

    margin: int
    mirrored: bool = False


Recipe = tuple[View, ...]
"""The views whose mean an embedding is."""


def recipe(purpose: Purpose, margin: int = MARGIN) -> Recipe:
    """The face as it is; for a template its mirror image too; for a recheck mirrored views of other crops."""
    as_it_is = View(margin)
    if purpose is Purpose.TEMPLATE:
        return as_it_is, View(margin, mirrored=True)
    if purpose is Purpose.RECHECK:
        return as_it_is, View(TIGHTER, mirrored=True), View(WIDER, mirrored=True)
    return (as_it_is,)


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
            spec.weights_sha256,
            template=recipe(Purpose.TEMPLATE, margin),
            projection=projection.digest if projection else None,
        )

    @property
    def model(self) -> str:
        return self._model

    @property
    def contract(self) -> str:
        return self._contract

    @property
    def dimension(self) -> int:
        return DIMENSION

    def embed(self, image: Image, faces: Sequence[Face], purpose: Purpose = Purpose.PROBE) -> Vectors:
        if not faces:
            return np.empty((0, DIMENSION), np.float32)
        views = [self._run(_crops(image, faces, view)) for view in recipe(purpose, self._margin)]
        vectors = unit(np.sum(views, axis=0))
        return self._projection(vectors) if self._projection else vectors

    def _run(self, crops: Pixels) -> Vectors:
        (vectors,) = run_in_chunks(self._network, _normalized(crops), _CHUNK)
        return unit(vectors)


def embedding_contract(weights_sha256: str, *, template: Recipe, projection: str | None = None) -> str:
    """A short hash of everything that decides what a template means; `projection` is its digest.

    The engine is no part of it: engines agree to 1e-4. Nor are the detection threshold and the
    bound on a picture's side: they decide which faces are found, not how one is prepared.
    """
    margin = template[0].margin
    meaning: dict[str, object] = {
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
    if template != (View(margin), View(margin, mirrored=True)):
        # Registries were begun before the recipe stood here: theirs goes without saying.
        meaning["template"] = [asdict(view) for view in template]
    canonical = json.dumps(meaning, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_CONTRACT_DIGITS]


def _crops(image: Image, faces: Sequence[Face], view: View) -> Pixels:
    crops = embedding_crops(image, faces, size=SIZE, margin=view.margin)
    return crops[:, :, ::-1] if view.mirrored else crops


def _normalized(crops: Pixels) -> Tensor:
    scaled: Tensor = (crops.astype(np.float32) - _MEAN) / _SCALE
    return np.transpose(scaled, (0, 3, 1, 2))
