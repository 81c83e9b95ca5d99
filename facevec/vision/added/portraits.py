"""Drawn people on whom a network is tried, prepared as its description says.

All have the same colours: what tells them apart is how their faces are made, which a network that knows faces
sees and any other overlooks (docs/adding-a-model.md has what was measured).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from facevec.types import Box, Face, Image, Landmarks, Point
from facevec.vision.drawn.drawing import Person, draw, person
from facevec.vision.drawn.faces import SIDE, as_image, face_of
from facevec.vision.embed import network_input
from facevec.vision.engines.base import Tensor
from facevec.vision.models.model import EmbeddingRecipe, View

PEOPLE = 8
SHOTS = ("as it is", "mirrored", "shifted", "in other light")
"""What is made of each person, in this order."""

_SHIFT = 4
_DIM = 0.65


def portraits(recipe: EmbeddingRecipe) -> Tensor:
    """(PEOPLE, len(SHOTS), 3, size, size): what the network gets of each portrait."""
    first = person(0)
    people = [
        replace(
            person(seed),
            skin=first.skin,
            hair=first.hair,
            iris=first.iris,
            shirt=first.shirt,
            long_hair=False,
            glasses=False,
        )
        for seed in range(PEOPLE)
    ]
    return np.stack([_shots(each, recipe) for each in people])


def _shots(who: Person, recipe: EmbeddingRecipe) -> Tensor:
    bright, dim = as_image(draw(who, size=SIDE, seed=1)), as_image(draw(who, size=SIDE, light=_DIM, seed=2))
    mirrored = Image(np.ascontiguousarray(bright.pixels[:, ::-1]))
    face = face_of(who)
    seen = ((bright, face), (mirrored, _mirrored(face)), (bright, _shifted(face)), (dim, face))
    view = View(recipe.margin)
    return np.concatenate([network_input(image, [each], recipe, view) for image, each in seen])


def _mirrored(face: Face) -> Face:
    left, right, nose, mouth_left, mouth_right = (_across(point) for point in face.landmarks.points())
    box = face.box
    return replace(
        face,
        box=replace(box, x_min=SIDE - box.x_max, x_max=SIDE - box.x_min),
        landmarks=Landmarks(right, left, nose, mouth_right, mouth_left),
    )


def _across(point: Point) -> Point:
    return SIDE - point[0], point[1]


def _shifted(face: Face) -> Face:
    """As if the detector had missed by a little."""
    box = face.box
    moved = [(x + _SHIFT, y + _SHIFT) for x, y in face.landmarks.points()]
    return replace(
        face,
        box=Box(box.x_min + _SHIFT, box.y_min + _SHIFT, box.x_max + _SHIFT, box.y_max + _SHIFT),
        landmarks=Landmarks(*moved),
    )
