"""Which model a registry works with: the one it was enrolled with, of one network or of two."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from facevec.errors import ContractMismatch, SettingsError
from facevec.types import Position, RegistryState
from facevec.usecases.model import model_of


@dataclass(frozen=True)
class Registry:
    """One that was enrolled with `model`; None where nobody is."""

    model: str | None = None

    def state(self) -> RegistryState:
        return RegistryState(Position("registry", 0, 1, "digest"), self.model, self.model)


def asked(registry: Registry, wanted: str = "auto", second: str | None = None) -> str:
    return model_of(registry, wanted, second, lambda: "best")


def test_a_new_registry_begins_with_what_the_settings_name():
    assert asked(Registry()) == "best"
    assert asked(Registry(), "one") == "one"
    assert asked(Registry(), "auto", "two") == "best+two"
    assert asked(Registry(), "one", "two") == "one+two"


def test_where_the_settings_leave_it_open_the_registry_keeps_its_model():
    assert asked(Registry("one")) == "one"
    assert asked(Registry("one+two")) == "one+two"


def test_settings_that_name_the_registrys_own_model_are_taken():
    assert asked(Registry("one"), "one") == "one"
    assert asked(Registry("one+two"), "one", "two") == "one+two"
    assert asked(Registry("one+two"), "auto", "two") == "one+two"


@pytest.mark.parametrize(
    ("enrolled", "wanted", "second", "advice"),
    [
        ("one", "two", None, "Set vision.embedding_model to one or auto, and take vision.second_model out."),
        ("one", "auto", "two", "take vision.second_model out."),
        ("one+two", "one", None, "and vision.second_model to two."),
        ("one+two", "auto", "three", "and vision.second_model to two."),
        ("one+two", "two", "one", "Set vision.embedding_model to one or auto"),
    ],
)
def test_another_model_than_the_registrys_is_refused_with_what_to_set(enrolled, wanted, second, advice):
    with pytest.raises(ContractMismatch, match=r"are never compared") as refusal:
        asked(Registry(enrolled), wanted, second)
    assert f"enrolled with {enrolled} " in str(refusal.value)
    assert advice in str(refusal.value)


@pytest.mark.parametrize(
    ("wanted", "second"), [("one", "one"), ("one+two+one", None), ("two+one", "one"), ("two", "one+one")]
)
def test_no_network_looks_beside_itself(wanted: str, second: str | None):
    with pytest.raises(SettingsError, match="name one twice"):
        asked(Registry(), wanted, second)
