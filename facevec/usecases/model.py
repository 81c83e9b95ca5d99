"""Which embedding model a registry works with: one model, and one contract, for as long as it lives.

A model is one network, or two together under one name: `casia-webface+retail-0095`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from facevec.errors import ContractMismatch, SettingsError

if TYPE_CHECKING:
    from facevec.ports import Revisioned

AUTO = "auto"
"""The name of no model: the registry's own; before the first enrolment, the best that is here."""


TOGETHER = "+"
"""Stands in a model's name between those of its networks, and in the name of no network."""


def together(networks: Iterable[str]) -> str:
    """The name of the model that these networks are together; of one network, its own."""
    return TOGETHER.join(networks)


def networks_of(model: str) -> tuple[str, ...]:
    """The names of a model's networks."""
    return tuple(model.split(TOGETHER))


def model_of(registry: Revisioned, wanted: str, second: str | None, best: Callable[[], str]) -> str:
    """The registry's model; before the first enrolment `wanted`, or for `AUTO` the `best`, with `second`.

    second: None where one network is enough; with `AUTO`, where the registry's model says whether it is.

    Raises ContractMismatch when another model is wanted than the registry was enrolled with, SettingsError
    when `second` is the first network again.
    """
    recorded = registry.state().model
    if recorded is None:
        return _wanted(best() if wanted == AUTO else wanted, second)
    require_asked(recorded, wanted, second)
    return recorded


def require_asked(recorded: str, wanted: str, second: str | None) -> None:
    """Raises ContractMismatch when settings ask for another model than `recorded`, SettingsError as above."""
    first, *others = networks_of(recorded)
    asked = _wanted(first if wanted == AUTO else wanted, second)
    is_open = wanted == AUTO and second is None
    if not is_open and asked != recorded:
        beside = f"vision.second_model to {together(others)}" if others else "take vision.second_model out"
        raise ContractMismatch(
            f"The registry was enrolled with {recorded} and the settings ask for {asked}; embeddings of "
            f"two models are never compared. Set vision.embedding_model to {first} or auto, and {beside}."
        )


def _wanted(first: str, second: str | None) -> str:
    wanted = first if second is None else together((first, second))
    networks = networks_of(wanted)
    for network in networks:
        if networks.count(network) > 1:
            raise SettingsError(
                f"vision.embedding_model and vision.second_model name {network} twice; a network does not "
                "look beside itself. Name another as the second, or none."
            )
    return wanted


def require_contract(registry: Revisioned, contract: str) -> None:
    """Raises ContractMismatch when the registry was enrolled under another contract."""
    recorded = registry.state().contract
    if recorded not in (None, contract):
        raise ContractMismatch(
            f"The registry was enrolled under embedding contract {recorded} and this facevec makes "
            f"{contract}; the two are never compared. Use the facevec and the settings it was enrolled "
            "with, or enrol the workers again in a new FACEVEC_HOME."
        )
