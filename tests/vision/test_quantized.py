from __future__ import annotations

import numpy as np
import pytest

from facevec.vision.engines.quantized import _rounded
from tests.vision.test_engines import spec

RANGES = ((0, 255), (-200, 300))


# Others cut off sums of two products at 16 bits, and so facevec takes no 8-bit numbers there.
@pytest.mark.usefixtures("vnni")
def test_a_network_in_8_bit_numbers_answers_about_the_same(openvino):
    levels = np.random.default_rng(0).integers(0, 256, (2, 3, 41, 30), np.uint8)
    (about,) = openvino.load(spec(name="small-few-bits", ranges=RANGES)).run(levels)
    (exact,) = openvino.load(spec()).run(levels.astype(np.float32))
    assert about.dtype == np.float32
    off = np.abs(about - exact)
    assert 0 < off.max() < 0.05 * np.ptp(exact)


def test_one_range_is_said_for_each_product(openvino):
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        openvino.load(spec(name="short", ranges=RANGES[:1]))


def test_what_rounding_takes_from_the_weights_of_a_window_cancels():
    weights = np.random.default_rng(1).standard_normal((8, 4, 3, 3)).astype(np.float32)
    rounded, largest = _rounded(weights)
    step = largest / 127
    assert np.allclose(rounded / step, np.rint(rounded / step), atol=1e-3)
    assert np.all(np.abs(rounded - weights) <= 1.01 * step)
    together = np.abs((rounded - weights).sum((2, 3))) / step[:, :, 0, 0]
    assert together.max() < 0.51
    assert np.abs((np.rint(weights / step) * step - weights).sum((2, 3)) / step[:, :, 0, 0]).max() > 0.51
