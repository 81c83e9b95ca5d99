"""Whether a face is good enough."""

from __future__ import annotations

from typing import NamedTuple

from facevec.errors import LowQuality
from facevec.types import Quality, QualityGate


class Fault(NamedTuple):
    """What a face is called that does not keep `limit` of `QualityGate` with `measure` of `Quality`."""

    words: str
    measure: str
    limit: str

    def is_in(self, quality: Quality, gate: QualityGate) -> bool:
        """Whether a face of this quality has it."""
        value, limit = getattr(quality, self.measure), getattr(gate, self.limit)
        return bool(value < limit if self.limit.startswith("min_") else value > limit)

    def sentence(self, quality: Quality, gate: QualityGate, section: str) -> str:
        """With what was measured, and the setting that decides."""
        value, limit = getattr(quality, self.measure), getattr(gate, self.limit)
        return f"{self.words} ({self.measure} {value:.4g}, {section}.{self.limit} is {limit:g})"


FAULTS = {
    "too_small": Fault("too small", "size", "min_size"),
    "blurred": Fault("blurred", "sharpness", "min_sharpness"),
    "too_dark": Fault("too dark", "brightness", "min_brightness"),
    "too_bright": Fault("too bright", "brightness", "max_brightness"),
    "flat_contrast": Fault("without contrast", "contrast", "min_contrast"),
    "turned_away": Fault("turned away", "yaw", "max_yaw"),
}


def quality_faults(quality: Quality, gate: QualityGate) -> tuple[str, ...]:
    """Named reasons why a face is not good enough; empty when it is."""
    return tuple(name for name, fault in FAULTS.items() if fault.is_in(quality, gate))


def require(quality: Quality, gate: QualityGate, section: str) -> None:
    """Raises LowQuality for a face that is not good enough. section: of the settings that hold `gate`."""
    if names := quality_faults(quality, gate):
        words = ", ".join(FAULTS[name].sentence(quality, gate, section) for name in names)
        raise LowQuality(f"The face is {words}; use a better photo.")
