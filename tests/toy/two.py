"""Two toy models: the toy, and one of another width to which a registry may be changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from facevec.config import Loaded
from facevec.errors import ModelUnknown
from facevec.ports import Vision
from facevec.types import Face, Image, ModelScale, Purpose, Vectors
from tests.toy.pictures import people_in
from tests.toy.vision import ANYBODY, ToyEmbedder, ToyNetworks, embedding, toy_networks

WIDTH = 256


class OtherEmbedder:
    model = "other"
    contract = "other-1"
    dimension = WIDTH

    def embed(self, image: Image, faces: Sequence[Face], purpose: Purpose = Purpose.PROBE) -> Vectors:
        people = {each.box: each.someone for each in people_in(image)}
        shown = [people.get(face.box, ANYBODY) for face in faces]
        if purpose is Purpose.RECHECK:
            shown = [replace(someone, glimpse=0) for someone in shown]
        rows = [embedding(someone, WIDTH) for someone in shown]
        return np.stack(rows) if rows else np.empty((0, WIDTH), np.float32)


@dataclass(frozen=True)
class TwoNetworks:
    """`ports.Networks` with the toy and the other."""

    toy: ToyNetworks

    def best(self) -> str:
        return ToyEmbedder.model

    def scale(self, model: str) -> ModelScale:
        self._require(model)
        return self.toy.toy_scale

    def measured(self, model: str) -> None:
        self._require(model)

    def vision(self, model: str) -> Vision:
        self._require(model)
        vision = self.toy.vision(ToyEmbedder.model)
        return replace(vision, embedder=OtherEmbedder()) if model == OtherEmbedder.model else vision

    def decoder(self):
        return self.toy.decoder()

    @staticmethod
    def _require(model: str) -> None:
        if model not in (ToyEmbedder.model, OtherEmbedder.model):
            raise ModelUnknown(f"There is no model {model}.")


def two_networks(loaded: Loaded) -> TwoNetworks:
    """`bootstrap.NetworksOf`."""
    return TwoNetworks(toy_networks(loaded))
