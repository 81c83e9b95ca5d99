"""Which emotion is said."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facevec.types import EMOTIONS, Emotion


def emotion(probabilities: npt.NDArray[np.float64], floor: float) -> Emotion:
    """What one row of `Probabilities` says; the most likely is named unless it is below `floor`, 0 to 1."""
    scores = dict(zip(EMOTIONS, probabilities.tolist(), strict=True))
    best = max(scores, key=scores.__getitem__)
    return Emotion(scores, best if scores[best] >= floor else None)
