"""Whether a face is good enough."""

from __future__ import annotations

from facevec.errors import LowQuality
from facevec.types import Quality, QualityGate

FAULT_WORDS = {
    "too_small": "too small",
    "blurred": "blurred",
    "too_dark": "too dark",
    "too_bright": "too bright",
    "flat_contrast": "without contrast",
    "turned_away": "turned away",
}


def quality_faults(quality: Quality, gate: QualityGate) -> tuple[str, ...]:
    """Named reasons why a face is not good enough; empty when it is."""
    checks = (
        ("too_small", quality.size < gate.min_size),
        ("blurred", quality.sharpness < gate.min_sharpness),
        ("too_dark", quality.brightness < gate.min_brightness),
        ("too_bright", quality.brightness > gate.max_brightness),
        ("flat_contrast", quality.contrast < gate.min_contrast),
        ("turned_away", quality.yaw > gate.max_yaw),
    )
    return tuple(name for name, failed in checks if failed)


def require(quality: Quality, gate: QualityGate) -> None:
    """Raises LowQuality for a face that is not good enough."""
    if faults := quality_faults(quality, gate):
        words = ", ".join(FAULT_WORDS[fault] for fault in faults)
        raise LowQuality(f"The face is {words}; use a better photo.")
