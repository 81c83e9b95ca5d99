"""What an engine is asked for, and nothing of how it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from facevec.errors import EngineUnavailable, ModelError
from facevec.types import Precision

if TYPE_CHECKING:
    from torch import nn

Tensor = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

DYNAMIC = -1
"""A side of an input that differs from call to call."""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A network an engine can load.

    version: to be raised when `build` makes another graph of the same weights, or `ranges` are others.
    weights_sha256: of the weights alone; together with name and version it identifies the graph.
    input_shape: as the module takes it, `DYNAMIC` where it varies; the batch comes first.
    build: the torch module in eval mode with its weights, called only when it is needed.
    ranges: none for a network that computes as it says. Else the smallest and the largest number that go
    into each of its products, in their order: these are products of 8-bit numbers then, the network takes
    levels of 0 to 255 as they are, and its answers are only about what they would be.
    """

    name: str
    version: int
    weights_sha256: str
    input_shape: tuple[int, int, int, int]
    build: Callable[[], nn.Module]
    ranges: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class GraphSpec:
    """A network that comes as a graph of its own: ONNX, or OpenVINO's xml with its bin beside it.

    name, weights_sha256, input_shape: as in `NetworkSpec`. output: its name; None where there is one alone.
    length: of a row of that output. file: the graph, verified just now.
    """

    name: str
    weights_sha256: str
    input_shape: tuple[int, int, int, int]
    output: str | None
    length: int
    file: Callable[[], Path]


Spec = NetworkSpec | GraphSpec

Examples = Callable[[], Tensor]
"""Inputs such as a network will be given, which show between what its numbers lie."""


class NotConverted(EngineUnavailable):
    """There is no graph of a network here, and what would make one is not installed."""


class NotKept(ModelError):  # noqa: N818  # named as the one above
    """There is no graph of a network here, and where it would lie cannot be written."""


class Network(Protocol):
    """A network ready to run."""

    def run(self, batch: Tensor | Bytes) -> tuple[Tensor, ...]:
        """The outputs for a float32 batch, each float32 with as many rows; thread-safe.

        Bytes for a network that has `NetworkSpec.ranges`."""
        ...


class Engine(Protocol):
    """What makes a network ready to run."""

    def load(
        self,
        spec: Spec,
        precision: Precision = "fp32",
        *,
        examples: Examples | None = None,
        side_by_side: int = 0,
    ) -> Network:
        """examples: needed in int8. side_by_side: so many threads call it at the same time for one picture,
        often, for a short while each, and share the engine's threads; 0 for a network that is called once a
        picture.

        Raises EngineUnavailable when the engine cannot run here, and as NotConverted when it can and lacks
        this network; ModelError for unusable weights."""
        ...

    def computes(self, precision: Precision) -> bool:
        """Whether it does so, where it runs, in less time than in fp32; int8: networks with
        `NetworkSpec.ranges`, too."""
        ...

    def rest(self) -> None:
        """Give back the memory that its networks took for what they were run on; whoever runs meanwhile is
        not disturbed."""
        ...


def run_in_chunks(network: Network, batch: Tensor, size: int) -> tuple[Tensor, ...]:
    """`network.run` on at most `size` of the rows at a time: the same answer in bounded memory."""
    parts = [network.run(batch[start : start + size]) for start in range(0, len(batch), size)]
    return tuple(np.concatenate(outputs) for outputs in zip(*parts, strict=True))
