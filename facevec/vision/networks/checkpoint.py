"""Safetensors into torch modules, strictly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from facevec.errors import ModelCorrupt

if TYPE_CHECKING:
    from torch import nn


def load_weights(module: nn.Module, path: Path, *, without: str | None = None) -> nn.Module:
    """Fill `module` from `path` in float32 and return it in eval mode.

    without: prefix of tensors in the file that the module has no place for.
    Raises ModelCorrupt when the file is not readable or its tensors are not the module's.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
        wanted = {
            name: tensor.float() if tensor.is_floating_point() else tensor
            for name, tensor in tensors.items()
            if without is None or not name.startswith(without)
        }
        module.load_state_dict(wanted, strict=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ModelCorrupt(
            f"{path.name} does not hold the weights of {type(module).__name__}; fetch or import it again."
        ) from error
    return module.eval()
