"""A toy vision: PNG pictures whose pixels say who is in them. All of it is real but for the networks."""

from __future__ import annotations

from tests.toy.pictures import Someone, photo, picture, turned
from tests.toy.vision import (
    DIMENSION,
    GOOD,
    SCALE,
    LooksRound,
    ToyDetector,
    ToyEmbedder,
    ToyEmotions,
    ToyNetworks,
    embedding,
    toy_networks,
    toy_vision,
)

__all__ = [
    "DIMENSION",
    "GOOD",
    "SCALE",
    "LooksRound",
    "Someone",
    "ToyDetector",
    "ToyEmbedder",
    "ToyEmotions",
    "ToyNetworks",
    "embedding",
    "photo",
    "picture",
    "toy_networks",
    "toy_vision",
    "turned",
]
