"""The reference engine, and the one for GPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from facevec.errors import EngineUnavailable
from facevec.types import Precision
from facevec.vision.engines.base import Bytes, Examples, Network, NetworkSpec, Spec, Tensor

if TYPE_CHECKING:
    from torch import nn


class TorchEngine:
    """Runs the torch modules themselves on `device` ("cpu", "cuda", "cuda:1").

    threads: of torch's CPU operators, for the whole process; 0 leaves torch's own choice.
    Raises EngineUnavailable when torch has no such device here.
    """

    def __init__(self, *, device: str, threads: int) -> None:
        import torch

        try:
            torch.empty(1, device=device)
        except (RuntimeError, AssertionError) as error:
            raise EngineUnavailable(
                f'torch cannot use the device "{device}" here; choose "cpu" or install torch for it.'
            ) from error
        if threads > 0:
            torch.set_num_threads(threads)
        self._device = device

    def load(
        self,
        spec: Spec,
        precision: Precision = "fp32",
        *,
        examples: Examples | None = None,  # noqa: ARG002  # for int8
        side_by_side: int = 0,  # noqa: ARG002  # torch has one plan of threads for all
    ) -> Network:
        if precision != "fp32":
            raise EngineUnavailable(
                f'torch computes in fp32 here, not in {precision}; set vision.engine to "openvino".'
            )
        if not isinstance(spec, NetworkSpec):
            raise EngineUnavailable(
                f'{spec.name} came as a graph, which torch does not run; set vision.engine to "openvino".'
            )
        return _TorchNetwork(spec.build().to(self._device).eval(), self._device)

    def computes(self, precision: Precision) -> bool:
        return precision == "fp32"

    def rest(self) -> None:
        """torch keeps nothing on a CPU."""


class _TorchNetwork:
    """Holds no state of a call: modules in eval mode may be shared by threads."""

    def __init__(self, module: nn.Module, device: str) -> None:
        self._module = module
        self._device = device

    def run(self, batch: Tensor | Bytes) -> tuple[Tensor, ...]:
        import torch

        with torch.inference_mode():
            outputs: Any = self._module(torch.from_numpy(np.ascontiguousarray(batch)).to(self._device))
        parts = outputs if isinstance(outputs, tuple) else (outputs,)
        return tuple(part.cpu().numpy() for part in parts)
