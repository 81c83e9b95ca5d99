"""On toy pictures, whose embedder in another precision errs by as much as a test wants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from functools import cache

import numpy as np
import pytest

from facevec.decision.vectors import unit
from facevec.errors import InputError
from facevec.types import Face, Image, Purpose, Vectors
from facevec.usecases.people import Person
from facevec.usecases.prove import Candidate, prove
from tests.toy import SCALE, Someone, picture, toy_vision
from tests.toy.vision import ToyEmbedder

NOON = datetime(2026, 11, 29, 12, tzinfo=timezone.utc)


class Rounded(ToyEmbedder):
    """The toy's vectors, each turned a little by an error of its own."""

    def __init__(self, error: float) -> None:
        self._error = error

    def embed(self, image: Image, faces: Sequence[Face], purpose: Purpose = Purpose.PROBE) -> Vectors:
        vectors = super().embed(image, faces, purpose)
        seed = int(image.pixels.sum()) + list(Purpose).index(purpose)
        noise = np.random.default_rng(seed).normal(size=vectors.shape)
        return unit((vectors + self._error * noise / np.sqrt(vectors.shape[1])).astype(np.float32))


PEOPLE = [Person(f"{who}", [f"{who}-{look}" for look in range(3)]) for who in range(60)]
STRANGERS = [Person(f"{who}", [f"{who}-0"]) for who in range(1000, 1245)]


@cache
def read(name: str) -> bytes:
    who, look = map(int, name.split("-"))
    return picture(Someone(who, look))


@pytest.mark.parametrize(("error", "agrees", "holds"), [(0.001, True, True), (3.0, False, False)])
def test_a_precision_agrees_and_holds_as_far_as_its_vectors_are_the_same(
    error: float, agrees: bool, holds: bool
) -> None:
    candidates = [Candidate(Rounded(error), "bf16", "a toy")]
    (proof,), refused = prove(toy_vision(), candidates, SCALE, PEOPLE, STRANGERS, read, lambda: NOON)
    assert (proof.agrees, proof.holds) == (agrees, holds)
    assert (proof.people, proof.strangers, proof.photos, refused) == (60, 305, 425, ())
    assert proof.tpir_fp32.value > 0.9
    assert proof.contract == ToyEmbedder.contract


def test_each_precision_is_shown_by_what_it_makes_itself() -> None:
    candidates = [Candidate(Rounded(0.001), "bf16", "a toy"), Candidate(Rounded(0.3), "int8", "a toy")]
    proofs, _ = prove(toy_vision(), candidates, SCALE, PEOPLE, STRANGERS, read, lambda: NOON)
    assert [proof.precision for proof in proofs] == ["bf16", "int8"]
    assert proofs[0].disagreement < 0.01 < proofs[1].disagreement
    assert proofs[0].tpir_fp32 == proofs[1].tpir_fp32


def test_too_few_people_show_nothing() -> None:
    candidates = [Candidate(Rounded(0), "bf16", "a toy")]
    with pytest.raises(InputError, match="at least 50"):
        prove(toy_vision(), candidates, SCALE, PEOPLE[:20], [], read, lambda: NOON)
