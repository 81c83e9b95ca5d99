"""Small networks as ONNX files and as OpenVINO's, well made and otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from facevec.vision.engines.openvino_engine import import_openvino
from tests.vision.models.graphs import field, number_field

SIDE, POOLED = 64, 7
FLOAT, INT64 = 1, 7


def tensor(name: str, values: np.ndarray, *, extra: bytes = b"") -> bytes:
    """A TensorProto."""
    kind = INT64 if values.dtype == np.int64 else FLOAT
    dimensions = b"".join(number_field(1, side) for side in values.shape)
    return dimensions + number_field(2, kind) + field(8, name.encode()) + field(9, values.tobytes()) + extra


def integers(name: str, values: Sequence[int]) -> bytes:
    """An attribute of integers."""
    listed = b"".join(number_field(8, value) for value in values)
    return field(1, name.encode()) + listed + number_field(20, 7)


def number(name: str, value: int) -> bytes:
    """An attribute that is an integer."""
    return field(1, name.encode()) + number_field(3, value) + number_field(20, 2)


def node(
    op: str, inputs: Sequence[str], outputs: Sequence[str], *attributes: bytes, domain: str = ""
) -> bytes:
    """A NodeProto."""
    parts = [field(1, name.encode()) for name in inputs] + [field(2, name.encode()) for name in outputs]
    parts += [field(4, op.encode()), *(field(5, attribute) for attribute in attributes)]
    return b"".join(parts) + (field(7, domain.encode()) if domain else b"")


def value(name: str, sides: Sequence[int | str]) -> bytes:
    """A ValueInfoProto of float32; a side that is text is open."""
    dimensions = b"".join(
        field(1, field(2, side.encode()) if isinstance(side, str) else number_field(1, side))
        for side in sides
    )
    return field(1, name.encode()) + field(2, field(1, number_field(1, FLOAT) + field(2, dimensions)))


def onnx(
    nodes: Iterable[bytes],
    tensors: Iterable[bytes] = (),
    *,
    taken: Sequence[int | str] = ("n", 3, SIDE, SIDE),
    outputs: Sequence[tuple[str, Sequence[int | str]]] = (("vectors", ("n", 128)),),
    extra: bytes = b"",
) -> bytes:
    """A ModelProto whose input is called `faces`."""
    graph = b"".join(field(1, each) for each in nodes) + field(2, b"toy")
    graph += b"".join(field(5, each) for each in tensors) + field(11, value("faces", taken))
    graph += b"".join(field(12, value(name, sides)) for name, sides in outputs)
    return number_field(1, 8) + field(7, graph) + field(8, field(1, b"") + number_field(2, 13)) + extra


def mixing(length: int, seed: int = 0) -> np.ndarray:
    """(3 * POOLED², length): from a blurred face to a vector that neither a mirror nor more light changes."""
    places = POOLED**2
    grid = np.arange(places).reshape(POOLED, POOLED)
    mirror = np.eye(places)[grid[:, ::-1].ravel()]
    level = np.eye(places) - 1 / places
    directions = np.random.default_rng(seed).normal(size=(places, length)) / np.sqrt(length)
    return np.tile(level @ (np.eye(places) + mirror) @ directions, (3, 1)).astype(np.float32)


def nodes(pooled: str = "pooled") -> list[bytes]:
    """Blur, flatten, mix."""
    blur = node(
        "AveragePool", ["faces"], [pooled], integers("kernel_shape", (16, 16)), integers("strides", (8, 8))
    )
    return [
        blur,
        node("Flatten", ["pooled"], ["flat"]),
        node("MatMul", ["flat", "mixing"], ["vectors"]),
    ]


def toy(length: int = 128, **others: object) -> bytes:
    """A network that tells drawn people apart, by how their faces are shaped."""
    return onnx(nodes(), [tensor("mixing", mixing(length))], outputs=(("vectors", ("n", length)),), **others)


def toy_file(folder: Path) -> Path:
    """The toy, in a file in `folder`."""
    path = folder / "net.onnx"
    path.write_bytes(toy())
    return path


def chained(*extra: bytes, tensors: tuple[bytes, ...] = (), after: str = "vectors") -> bytes:
    """The toy with nodes between its vectors and its output; its own vectors are called `before`."""
    *first, _ = nodes()
    last = node("MatMul", ["flat", "mixing"], ["before"])
    kept = tensor("mixing", mixing(128))
    return onnx([*first, last, *extra], [kept, *tensors], outputs=((after, ("n", 128)),))


def as_ir(content: bytes, folder: Path, name: str = "toy") -> Path:
    """The same network as OpenVINO writes it: the path of its xml."""
    package = import_openvino()
    model = package.Core().read_model(content)
    package.save_model(model, folder / f"{name}.xml", compress_to_fp16=False)
    return folder / f"{name}.xml"


def description(**changes: object) -> dict[str, object]:
    """Of the toy."""
    fields: dict[str, object] = {
        "size": SIDE,
        "channels": "RGB",
        "mean": 127.5,
        "scale": 128.0,
        "crop": "box",
        "margin": 0,
        "length": 128,
        "licence": "MIT",
        "source": "drawn here",
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}
