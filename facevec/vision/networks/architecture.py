"""A network without its weights: its layers, and the names and shapes of their tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from facevec.errors import ModelCorrupt
from facevec.vision.engines.base import NetworkSpec

if TYPE_CHECKING:
    from torch import nn

State = dict[str, npt.NDArray[Any]]
"""A network's tensors by name."""

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """The stored weights of the model `name`.

    sha256: of the file. file: gives it, verified just now; called only when it is to be read.
    """

    name: str
    sha256: str
    file: Callable[[], Path]


@dataclass(frozen=True, slots=True)
class Architecture:
    """Layers that are the same whatever their weights.

    version: to be raised when `layers` make another graph of the same weights.
    layers: makes the torch module, its weights random. Imports torch, so it is called only when a network
    is built or a file is taken in; the packages it imports keep no tensors of their own.
    """

    name: str
    version: int
    layers: Callable[[], nn.Module]

    def shapes(self) -> Mapping[str, Shape]:
        """Every tensor's shape by its name, in the order of the layers."""
        import torch

        with torch.device("meta"):  # no memory, no numbers
            state = self.layers().state_dict()
        return {name: tuple(tensor.shape) for name, tensor in state.items()}

    def check(self, state: State) -> None:
        """Hold `state` to the layers, tensor by tensor, so that what is stored loads strictly.

        Raises ModelCorrupt, naming the first tensor that is missing, too many or of another shape.
        """
        shapes = self.shapes()
        others = f"These are not the weights of {self.name}"
        for name, shape in shapes.items():
            if name not in state:
                raise ModelCorrupt(f"{others}: {name} is missing.")
            if state[name].shape != shape:
                raise ModelCorrupt(f"{others}: {name} has shape {state[name].shape}, not {shape}.")
        if extra := sorted(state.keys() - shapes.keys()):
            raise ModelCorrupt(f"{others}: {extra[0]} is not part of it.")

    def spec(self, weights: Weights, input_shape: tuple[int, int, int, int]) -> NetworkSpec:
        """These layers with `weights`, for an engine; input_shape as in `NetworkSpec`."""
        return NetworkSpec(
            name=weights.name,
            version=self.version,
            weights_sha256=weights.sha256,
            input_shape=input_shape,
            build=lambda: load_weights(self.layers(), weights.file()),
        )


def load_weights(module: nn.Module, path: Path) -> nn.Module:
    """Fill `module` from the safetensors file `path` in float32 and return it in eval mode.

    Raises ModelCorrupt when the file is not readable or its tensors are not the module's.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
        single = {
            name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()
        }
        module.load_state_dict(single, strict=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ModelCorrupt(
            f"{path.name} does not hold the weights of {type(module).__name__}; fetch or import it again."
        ) from error
    return module.eval()
