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

CELL, STRIDE = 12, 2
"""P-Net looks at 12 x 12 pixels, every second pixel."""

CELLS_AT_ONCE = 128
"""In `cells_spec`."""

_PROPOSER_RANGES = ((0, 255), (-3.6, 8.2), (-5.2, 7.4), (-5.2, 10.1))
"""What goes into P-Net's products on the finest level of one picture; what is beyond is cut off."""

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


def few_bits_spec() -> NetworkSpec:
    """P-Net in 8-bit numbers, which takes levels of the pyramid as bytes."""
    return NetworkSpec(
        name="mtcnn-pnet-few-bits",
        version=1,
        weights_sha256=SHA256["pnet"],
        input_shape=_INPUT["pnet"],
        build=_on_bytes,
        ranges=_PROPOSER_RANGES,
    )


def cells_spec() -> NetworkSpec:
    """P-Net on cells side by side, each of which it sees alone: (1, 5, 1, `CELLS_AT_ONCE`) comes out."""
    return NetworkSpec(
        name="mtcnn-pnet-cells",
        version=1,
        weights_sha256=SHA256["pnet"],
        input_shape=(1, CELL, CELL * CELLS_AT_ONCE, 4),
        build=_side_by_side,
    )


def _build(stage: Stage) -> nn.Module:
    from facevec.vision.networks.cascade import on_pixels

    return on_pixels(_published(stage), _HEADS[stage])


def _on_bytes() -> nn.Module:
    from facevec.vision.networks.cascade import on_bytes

    return on_bytes(_published("pnet"), _HEADS["pnet"])


def _side_by_side() -> nn.Module:
    """With a third convolution that only looks where a cell begins, which are six apart by then."""
    from torch.nn import Conv2d

    pnet = _build("pnet")
    third = pnet.get_submodule("body.conv3")
    assert isinstance(third, Conv2d)
    third.stride = (1, CELL // 2)
    return pnet


def _published(stage: Stage) -> nn.Module:
    path = _weights_folder() / f"{stage}.pt"
    _verify(path, SHA256[stage])
    ensure_torchvision_operators()
    import torch
    from facenet_pytorch import ONet, PNet, RNet

    module: nn.Module = {"pnet": PNet, "rnet": RNet, "onet": ONet}[stage](pretrained=False)
    module.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
    return module


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
