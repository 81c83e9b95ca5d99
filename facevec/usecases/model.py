"""Which embedding model a registry works with: one model, and one contract, for as long as it lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from facevec.errors import ContractMismatch

if TYPE_CHECKING:
    from facevec.ports import Revisioned

AUTO = "auto"
"""The name of no model: the registry's own; before the first enrolment, the best that is here."""


def model_of(registry: Revisioned, wanted: str, best: Callable[[], str]) -> str:
    """The registry's model; before the first enrolment `wanted`, or for `AUTO` the `best`.

    Raises ContractMismatch when another model is wanted than the registry was enrolled with.
    """
    recorded = registry.state().model
    if recorded is None:
        return best() if wanted == AUTO else wanted
    if wanted not in (AUTO, recorded):
        raise ContractMismatch(
            f"The registry was enrolled with {recorded} and the settings ask for {wanted}; embeddings of "
            f"two models are never compared. Set vision.embedding_model to {recorded} or auto."
        )
    return recorded


def require_contract(registry: Revisioned, contract: str) -> None:
    """Raises ContractMismatch when the registry was enrolled under another contract."""
    recorded = registry.state().contract
    if recorded not in (None, contract):
        raise ContractMismatch(
            f"The registry was enrolled under embedding contract {recorded} and this facevec makes "
            f"{contract}; the two are never compared. Use the facevec and the settings it was enrolled "
            "with, or enrol the workers again in a new FACEVEC_HOME."
        )
