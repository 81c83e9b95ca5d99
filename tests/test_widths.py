"""The length of an embedding is its model's: facevec takes it from there and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from facevec.bootstrap import App
from facevec.config import load
from facevec.types import Vectors
from facevec.usecases.enrol import enrol_worker
from facevec.usecases.rebuild import rebuild
from tests.toy import Someone, ToyEmbedder, ToyNetworks, embedding, photo, picture

ANA, BEN, STRANGER = (Someone(number, unlike=0.1) for number in (1, 2, 3))


class OtherWidth(ToyEmbedder):
    def __init__(self, dimension: int) -> None:
        self.dimension = dimension

    def vector(self, someone: Someone) -> Vectors:
        return embedding(someone, self.dimension)


@pytest.mark.parametrize("dimension", [128, 1024])
def test_an_embedder_of_another_width_enrols_rebuilds_and_recognizes_after_a_restart(
    tmp_path: Path, dimension: int
) -> None:
    def start() -> App:
        return App(load(tmp_path, {}), networks=lambda _: ToyNetworks(embedder=OtherWidth(dimension)))

    def names(app: App) -> list[str]:
        answer = app.recognize(app.see(picture(ANA, BEN, STRANGER)))
        return sorted((face.worker.name if face.worker else "nobody") for face in answer.faces)

    with start() as app:
        app.warm()
        assert names(app) == ["nobody"] * 3
        for name, someone in (("Ana", ANA), ("Ben", BEN)):
            assert enrol_worker(app.desk, name, [photo(f"{name}.png", someone)]).worker
        assert names(app) == ["Ana", "Ben", "nobody"]
        assert rebuild(app.registry, app.generations)
    with start() as app:
        assert names(app) == ["Ana", "Ben", "nobody"]
        assert app.check() == app.registry.state().revision
        _, rows = app.generations.open(ToyEmbedder.contract)
        assert rows.everything()[1].shape == (2, dimension)
