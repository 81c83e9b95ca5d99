"""Checkpoints of torch, opened with `weights_only=True` or not at all."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from facevec.errors import ModelCorrupt
from facevec.vision.networks.architecture import State

_LIGHTNING_PREFIX = "model.model."
"""Where fer-pytorch's Lightning module keeps its network."""

_HARMLESS = ("pytorch_lightning.", "omegaconf.")
"""Packages whose objects a Lightning checkpoint may carry beside its tensors; they are left unread."""


class _Unread:
    """Stands for an object of a checkpoint that facevec does not need; it does nothing."""

    def __init__(self, *_: object) -> None: ...


def read(path: Path) -> State:
    """The tensors of a torch checkpoint by name; those of a Lightning checkpoint without its prefix.

    Raises ModelCorrupt when the file is damaged or asks for anything but plain tensors.
    """
    content = _load(path)
    tensors = content.get("state_dict", content) if isinstance(content, Mapping) else None
    if not isinstance(tensors, Mapping):
        raise ModelCorrupt(f"{path.name} is no checkpoint of a network: it holds no tensors by name.")
    return {str(name).removeprefix(_LIGHTNING_PREFIX): _array(value, path) for name, value in tensors.items()}


def _load(path: Path) -> object:
    import torch

    try:
        with torch.serialization.safe_globals(_unread_globals(path)):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # noqa: BLE001 - damaged or hostile bytes make torch's unpickler fail in any way
        raise ModelCorrupt(
            f"{path.name} is damaged, or holds more than the tensors of a checkpoint; nothing of it was run."
        ) from None


def _unread_globals(path: Path) -> list[Any]:
    """Stand-ins, by the names that this file asks for; anything else than `_HARMLESS` stays refused."""
    import torch

    if not zipfile.is_zipfile(path):
        return []
    names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    return [(_Unread, name) for name in names if name.startswith(_HARMLESS)]


def _array(value: object, path: Path) -> npt.NDArray[Any]:
    import torch

    if not isinstance(value, torch.Tensor) or value.is_sparse or value.is_quantized:
        raise ModelCorrupt(f"{path.name} is no checkpoint of a network: it holds more than tensors.")
    plain = value.detach().contiguous()
    array: npt.NDArray[Any] = (plain.float() if plain.is_floating_point() else plain).numpy()
    return array
