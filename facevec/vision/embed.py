"""Faces to vectors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from itertools import cycle

import numpy as np

from facevec.decision.vectors import unit
from facevec.types import Face, Image, Pixels, Precision, Purpose, Vectors
from facevec.vision import mtcnn
from facevec.vision.align import aligned_crops
from facevec.vision.contract import contract_of
from facevec.vision.crop import embedding_crops
from facevec.vision.engines.base import Engine, GraphSpec, Tensor
from facevec.vision.models.model import EmbeddingRecipe, View
from facevec.vision.networks.mtcnn import SHA256
from facevec.vision.projection import Projection
from facevec.vision.seen_views import FaceView, SeenViews

_CHUNK = 8
"""Inputs of one call of the network; more take memory and save no time."""


class NetworkEmbedder:
    """`ports.FaceEmbedder` by a network of the catalogue.

    projection: applied to the network's vectors; None leaves them as they are. precision: what the network
    computes in. own_contract: whether its vectors are not to be compared with those in fp32.
    """

    def __init__(
        self,
        engine: Engine,
        recipe: EmbeddingRecipe,
        projection: Projection | None = None,
        precision: Precision = "fp32",
        *,
        own_contract: bool = False,
    ) -> None:
        self._seen = SeenViews()
        self._network = engine.load(recipe.spec, precision, examples=partial(examples, recipe))
        self.precision: Precision = precision
        self._recipe = recipe
        self._projection = projection
        self._contract = embedding_contract(
            recipe, projection.digest if projection else None, precision if own_contract else None
        )

    @property
    def model(self) -> str:
        return self._recipe.spec.name

    @property
    def contract(self) -> str:
        return self._contract

    @property
    def dimension(self) -> int:
        return self._recipe.dimension

    def embed(self, image: Image, faces: Sequence[Face], purpose: Purpose = Purpose.PROBE) -> Vectors:
        if not faces:
            return np.empty((0, self.dimension), np.float32)
        views = self._recipe.views[purpose]
        wanted = [(face, view) for view in views for face in faces]
        rows = self._seen.of(image, wanted, partial(self._embedded, image))
        vectors = unit(rows.reshape(len(views), len(faces), -1).sum(axis=0))
        return self._projection(vectors) if self._projection else vectors

    def _embedded(self, image: Image, wanted: Sequence[FaceView]) -> Vectors:
        """(n, dimension): what the network gives for each, of unit length."""
        parts: list[Vectors] = []
        for start in range(0, len(wanted), _CHUNK):
            some = wanted[start : start + _CHUNK]
            inputs = [network_input(image, [face], self._recipe, view) for face, view in some]
            (vectors,) = self._network.run(np.concatenate(inputs))
            parts.append(vectors)
        return unit(np.concatenate(parts))


def embedding_contract(
    recipe: EmbeddingRecipe, projection: str | None = None, precision: Precision | None = None
) -> str:
    """A short hash of everything that decides what a template means; `projection` is its digest.

    precision: where its vectors are not to be compared with those in fp32.

    The engine is no part of it: engines agree to 1e-4. Nor are the detection threshold and the
    bound on a picture's side: they decide which faces are found, not how one is prepared.
    """
    template = recipe.views[Purpose.TEMPLATE]
    margin = template[0].margin
    meaning: dict[str, object] = {
        "detector": {
            "weights": SHA256,
            "thresholds": mtcnn.THRESHOLDS,
            "factor": mtcnn.PYRAMID_FACTOR,
        },
        "crop": {"size": recipe.size, "margin": margin, "shape": "stretched", "resize": "area, linear"},
        "normalisation": {"mean": recipe.mean, "scale": recipe.scale},
        "weights": recipe.spec.weights_sha256,
        "projection": projection,
        "dimension": recipe.dimension,
    }
    # Registries were begun before the recipe, the landmarks and the channels stood here: those of
    # facenet go without saying.
    if template != (View(margin), View(margin, mirrored=True)):
        meaning["template"] = [asdict(view) for view in template]
    if recipe.landmarks is not None:
        meaning["landmarks"] = recipe.landmarks
    if recipe.channels != "RGB":
        meaning["channels"] = recipe.channels
    if isinstance(recipe.spec, GraphSpec) and recipe.spec.output is not None:
        meaning["output"] = recipe.spec.output
    if precision is not None:
        meaning["precision"] = precision
    return contract_of(json.dumps(meaning, sort_keys=True, separators=(",", ":")))


def network_input(image: Image, faces: Sequence[Face], recipe: EmbeddingRecipe, view: View) -> Tensor:
    """(n, 3, size, size): what the network gets of each face."""
    return _normalized(_crops(image, faces, recipe, view), recipe)


def examples(recipe: EmbeddingRecipe) -> Tensor:
    """(n, 3, size, size): what the network gets of drawn faces, in all the ways in which it looks at one."""
    from facevec.vision.drawn import faces

    views = cycle(recipe.views[Purpose.RECHECK])
    drawn = faces.faces()
    return np.concatenate([network_input(image, [face], recipe, next(views)) for image, face in drawn])


def _crops(image: Image, faces: Sequence[Face], recipe: EmbeddingRecipe, view: View) -> Pixels:
    if recipe.landmarks is None:
        crops = embedding_crops(image, faces, size=recipe.size, margin=view.margin)
    else:
        crops = aligned_crops(image, faces, recipe.landmarks, size=recipe.size, margin=view.margin)
    return crops[:, :, ::-1] if view.mirrored else crops


def _normalized(crops: Pixels, recipe: EmbeddingRecipe) -> Tensor:
    channels = crops if recipe.channels == "RGB" else crops[..., ::-1]
    mean, scale = np.asarray(recipe.mean, np.float32), np.asarray(recipe.scale, np.float32)
    scaled: Tensor = (channels.astype(np.float32) - mean) / scale
    return np.transpose(scaled, (0, 3, 1, 2))
