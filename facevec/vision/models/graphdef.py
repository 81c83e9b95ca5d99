"""A read-only reader for the constants of a frozen TensorFlow graph, without TensorFlow.

The field numbers are those of TensorFlow's graph.proto, node_def.proto, attr_value.proto, tensor.proto and
tensor_shape.proto.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.errors import ModelCorrupt
from facevec.vision.models import protobuf
from facevec.vision.models.protobuf import Value

Floats = npt.NDArray[np.float32]

_KIND = "a frozen TensorFlow graph"

_GRAPH_NODE = 1
_NODE_NAME, _NODE_OP, _NODE_ATTRIBUTE = 1, 2, 5
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
_ATTRIBUTE_TENSOR = 8
_TENSOR_TYPE, _TENSOR_SHAPE, _TENSOR_CONTENT, _TENSOR_FLOATS = 1, 2, 4, 5
_SHAPE_DIMENSION = 2
_DIMENSION_SIZE = 1
_FLOAT32 = 1

_MAX_RANK = 8
_MAX_ELEMENTS = 1 << 26


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A node of the graph; `value` is that of a float32 constant, else None."""

    name: str
    op: str
    value: Floats | None


def read_nodes(graph: bytes | memoryview) -> Iterator[Node]:
    """The nodes of a serialised GraphDef in file order; values are views into `graph` where possible.

    Raises ModelCorrupt at the first thing that is not a GraphDef.
    """
    for number, payload in _fields(memoryview(graph)):
        if number == _GRAPH_NODE:
            yield _node(_message(payload))


def float_constants(graph: bytes | memoryview) -> dict[str, Floats]:
    """Name to value of every float32 constant of a serialised GraphDef.

    Raises ModelCorrupt.
    """
    constants: dict[str, Floats] = {}
    for node in read_nodes(graph):
        if node.op == "Const" and node.value is not None:
            if node.name in constants:
                raise ModelCorrupt(f"The graph has two constants named {node.name!r}.")
            constants[node.name] = node.value
    return constants


def _node(message: memoryview) -> Node:
    name = op = ""
    value: Floats | None = None
    for number, payload in _fields(message):
        if number == _NODE_NAME:
            name = _text(payload)
        elif number == _NODE_OP:
            op = _text(payload)
        elif number == _NODE_ATTRIBUTE:
            entry = dict(_fields(_message(payload)))
            if _text(entry.get(_ENTRY_KEY, memoryview(b""))) == "value":
                value = _attribute(_message(entry.get(_ENTRY_VALUE, memoryview(b""))))
    return Node(name, op, value)


def _attribute(message: memoryview) -> Floats | None:
    for number, payload in _fields(message):
        if number == _ATTRIBUTE_TENSOR:
            return _tensor(_message(payload))
    return None


def _tensor(message: memoryview) -> Floats | None:
    kind: Value = 0
    shape: tuple[int, ...] = ()
    content = memoryview(b"")
    listed: list[memoryview] = []
    for number, payload in _fields(message):
        if number == _TENSOR_TYPE:
            kind = payload
        elif number == _TENSOR_SHAPE:
            shape = _shape(_message(payload))
        elif number == _TENSOR_CONTENT:
            content = _message(payload)
        elif number == _TENSOR_FLOATS:
            listed.append(_message(payload))
    if kind != _FLOAT32:
        return None
    return _array(content or memoryview(b"".join(listed)), shape)


def _array(raw: memoryview, shape: tuple[int, ...]) -> Floats:
    count = math.prod(shape)
    if len(raw) % 4:
        raise ModelCorrupt("A tensor of the graph ends within a number.")
    values: Floats = np.frombuffer(raw, dtype="<f4")
    if len(values) == count:
        return values.reshape(shape)
    if len(values) == 1:
        # TensorFlow writes a constant that repeats one number as that number alone.
        return np.broadcast_to(values.reshape(()), shape)
    raise ModelCorrupt(f"A tensor of the graph holds {len(values)} numbers where its shape asks for {count}.")


def _shape(message: memoryview) -> tuple[int, ...]:
    shape: list[int] = []
    for number, payload in _fields(message):
        if number == _SHAPE_DIMENSION:
            size = dict(_fields(_message(payload))).get(_DIMENSION_SIZE, 0)
            if not isinstance(size, int) or size > _MAX_ELEMENTS:
                raise ModelCorrupt("A tensor of the graph has an impossible shape.")
            shape.append(size)
    if len(shape) > _MAX_RANK or math.prod(shape) > _MAX_ELEMENTS:
        raise ModelCorrupt("A tensor of the graph has an impossible shape.")
    return tuple(shape)


def _fields(message: memoryview) -> Iterator[tuple[int, Value]]:
    return protobuf.fields(message, _KIND)


def _message(payload: Value) -> memoryview:
    return protobuf.message(payload, _KIND)


def _text(payload: Value) -> str:
    return protobuf.text(payload, _KIND)
