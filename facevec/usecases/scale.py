"""Which distances of a model count: the order of what was measured, and where."""

from __future__ import annotations

from facevec.ports import Networks, OwnScales
from facevec.types import Evidence, ModelScale


def scale_in_force(networks: Networks, own: OwnScales, model: str, contract: str) -> ModelScale:
    """Measured on a folder of people, else as the model is known, else on those who are enrolled here.

    What was measured under another contract than `contract` does not count. One small query where nobody
    measured the model. Raises ModelUnknown, RegistryError, NotAuthentic.
    """
    known = measured_elsewhere(networks, model, contract)
    if known.match.evidence is Evidence.MEASURED:
        return known
    measured = own.latest(contract)
    return known if measured is None else measured.scale


def measured_elsewhere(networks: Networks, model: str, contract: str) -> ModelScale:
    """As `scale_in_force`, whoever is enrolled here."""
    measured = networks.measured(model)
    if measured is not None and measured.contract == contract:
        return measured.scale
    return networks.scale(model)
