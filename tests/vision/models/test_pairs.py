"""The distances of two networks together, measured and estimated."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from facevec.errors import ModelUnknown
from facevec.usecases.model import TOGETHER
from facevec.vision.models.pairs import MEASURED, estimated
from facevec.vision.weights.catalogue import KNOWN, Catalogue

CATALOGUE = Catalogue()


def test_a_pair_that_was_measured_has_that_scale_in_either_order():
    (networks,) = MEASURED
    first, second = networks
    assert CATALOGUE.scale(f"{first}+{second}") is CATALOGUE.scale(f"{second}+{first}")
    assert CATALOGUE.scale(f"{first}+{second}").match.covers(0.01)


@pytest.mark.parametrize("networks", MEASURED, ids=sorted)
def test_an_estimate_comes_near_to_what_was_measured(networks):
    measured, guess = MEASURED[networks], estimated([CATALOGUE.scale(name) for name in networks])
    assert guess.match.distance(0.01) == pytest.approx(measured.match.distance(0.01), abs=0.03)
    assert astuple(guess)[1:-2] == pytest.approx(astuple(measured)[1:-2], abs=0.03)
    assert guess.cohort.distance == pytest.approx(measured.cohort.distance, abs=0.03)


def test_a_pair_that_nobody_measured_promises_no_rate():
    scale = CATALOGUE.scale("vggface2+retail-0095")
    assert not scale.match.covers(0.01)
    assert scale.match.distance(0.01) < scale.doubt
    assert scale.cohort is None


def test_what_stands_between_two_names_is_in_the_name_of_no_network():
    assert not [name for name in KNOWN if TOGETHER in name]


def test_a_pair_is_no_entry_of_the_catalogue_and_its_networks_must_be():
    with pytest.raises(ModelUnknown, match="name one of them"):
        CATALOGUE.model("casia-webface+retail-0095")
    with pytest.raises(ModelUnknown, match="makes no embeddings"):
        CATALOGUE.scale("casia-webface+emotion-small")
