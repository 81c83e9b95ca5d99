"""One call of a network by OpenVINO."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from facevec.vision.engines.base import Bytes, Tensor

if TYPE_CHECKING:
    import openvino


def inferred(
    request: openvino.InferRequest, batch: Tensor | Bytes, package: ModuleType
) -> tuple[Tensor, ...]:
    """The outputs for `batch`, copied. Raises what goes wrong; the request is not to be used again then."""
    inputs = np.ascontiguousarray(batch)  # has to live until the outputs are there
    request.set_input_tensor(package.Tensor(inputs, shared_memory=True))
    # Not `infer`: with one thread it loses what goes wrong, such as want of memory, and returns the outputs
    # of the call before, which are somebody else's.
    request.start_async()
    request.wait()
    return tuple(output.data.copy() for output in request.output_tensors)
