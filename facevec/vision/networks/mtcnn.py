"""The three networks of MTCNN (Zhang et al., 2016) with the weights that facenet-pytorch carries."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from facevec.errors import EngineUnavailable, ModelCorrupt
from facevec.files import sha256_of
from facevec.vision.engines.base import DYNAMIC, NetworkSpec
from facevec.vision.torchvision_ops import ensure_torchvision_operators

if TYPE_CHECKING:
    from torch import nn

Stage = Literal["pnet", "rnet", "onet"]

SHA256: dict[Stage, str] = {
    "pnet": "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f",
    "rnet": "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86",
    "onet": "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d",
}
"""Of data/{pnet,rnet,onet}.pt in facenet-pytorch 2.5.3; 2.6.0 carries the same files."""

_INPUT: dict[Stage, tuple[int, int, int, int]] = {
    "pnet": (1, DYNAMIC, DYNAMIC, 4),
    "rnet": (DYNAMIC, 24, 24, 4),
    "onet": (DYNAMIC, 48, 48, 4),
}
"""Pixels as `cascade.OnPixels` takes them."""

_HEADS: dict[Stage, tuple[str, ...]] = {
    "pnet": ("conv4_1", "conv4_2"),
    "rnet": ("dense5_1", "dense5_2"),
    "onet": ("dense6_1", "dense6_2", "dense6_3"),
}


def mtcnn_spec(stage: Stage) -> NetworkSpec:
    """The network of one stage; its weights are read only when an engine builds it."""
    return NetworkSpec(
        name=f"mtcnn-{stage}",
        version=3,
        weights_sha256=SHA256[stage],
        input_shape=_INPUT[stage],
        build=lambda: _build(stage),
    )


def _build(stage: Stage) -> nn.Module:
    path = _weights_folder() / f"{stage}.pt"
    _verify(path, SHA256[stage])
    ensure_torchvision_operators()
    import torch
    from facenet_pytorch import ONet, PNet, RNet

    from facevec.vision.networks.cascade import on_pixels

    module: nn.Module = {"pnet": PNet, "rnet": RNet, "onet": ONet}[stage](pretrained=False)
    module.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
    return on_pixels(module, _HEADS[stage])


def _weights_folder() -> Path:
    spec = importlib.util.find_spec("facenet_pytorch")
    if spec is None or spec.origin is None:
        raise EngineUnavailable("The face detector needs the package facenet-pytorch; install it with pip.")
    return Path(spec.origin).parent / "data"


def _verify(path: Path, expected: str) -> None:
    try:
        digest = sha256_of(path)
    except OSError as error:
        raise ModelCorrupt(f"facenet-pytorch lacks {path.name}; install the package again.") from error
    if digest != expected:
        raise ModelCorrupt(
            f"{path.name} of facenet-pytorch is not the published file; install version 2.5.3 again."
        )
