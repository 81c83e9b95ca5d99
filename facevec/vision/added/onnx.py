"""What may stand in an ONNX file that somebody brings: standard operators, and all their numbers.

The field numbers are those of onnx.proto (https://github.com/onnx/onnx). Nothing is computed here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from facevec.errors import ModelCorrupt, ModelRefused
from facevec.vision.added.operators import require_pure
from facevec.vision.models import protobuf
from facevec.vision.models.protobuf import Value

_KIND = "an ONNX file"

_IR_VERSION, _GRAPH, _OPERATOR_SET, _FUNCTIONS = 1, 7, 8, 25
_DOMAIN = 1
_NODE, _INITIALIZER, _SPARSE_INITIALIZER = 1, 5, 15
_NODE_OP, _NODE_ATTRIBUTE, _NODE_DOMAIN = 4, 5, 7
_ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS, _ATTRIBUTE_SPARSE = (5, 10), (6, 11), (22, 23)
_TENSOR_DIMENSIONS, _TENSOR_RAW, _TENSOR_EXTERNAL, _TENSOR_LOCATION = 1, 9, 13, 14
_TENSOR_TYPE = 2
_STANDARD = ("", "ai.onnx", "ai.onnx.ml")

_WIDTHS = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
"""Bytes of a number, by the tensor's type, where it stands in the raw data."""

_SPARSE_TENSORS = (1, 2)
_DEEPEST = 8
_MOST_FIELDS = 2_000_000
_MOST_ELEMENTS = 1 << 31


def check(data: bytes | memoryview) -> None:
    """Hold a file to what may stand in it. Raises ModelCorrupt, ModelRefused."""
    _Walk().file(memoryview(data))


class _Walk:
    """Through all messages of a file, once, and no more than `_MOST_FIELDS` of their fields."""

    def __init__(self) -> None:
        self._left = _MOST_FIELDS

    def file(self, data: memoryview) -> None:
        versions, graphs = 0, []
        for number, value in self._fields(data):
            if number == _IR_VERSION:
                versions += isinstance(value, int)
            elif number == _GRAPH:
                graphs.append(_message(value))
            elif number == _FUNCTIONS:
                raise ModelRefused("The network defines operators of its own, which are not run.")
            elif number == _OPERATOR_SET:
                _require_standard(_texts(self._fields(_message(value)), _DOMAIN))
        if versions != 1 or len(graphs) != 1:
            raise ModelCorrupt(f"This is not {_KIND}.")
        self._graph(graphs[0], depth=0)

    def _graph(self, graph: memoryview, depth: int) -> None:
        if depth > _DEEPEST:
            raise ModelRefused("The network's graphs lie too deep in each other.")
        for number, value in self._fields(graph):
            if number == _NODE:
                self._node(_message(value), depth)
            elif number == _INITIALIZER:
                self._tensor(_message(value))
            elif number == _SPARSE_INITIALIZER:
                self._sparse(_message(value))

    def _node(self, node: memoryview, depth: int) -> None:
        fields = list(self._fields(node))
        _require_standard(_texts(fields, _NODE_DOMAIN))
        require_pure(_texts(fields, _NODE_OP))
        for number, value in fields:
            if number == _NODE_ATTRIBUTE:
                self._attribute(_message(value), depth)

    def _attribute(self, attribute: memoryview, depth: int) -> None:
        for number, value in self._fields(attribute):
            if number in _ATTRIBUTE_TENSORS:
                self._tensor(_message(value))
            elif number in _ATTRIBUTE_SPARSE:
                self._sparse(_message(value))
            elif number in _ATTRIBUTE_GRAPHS:
                self._graph(_message(value), depth + 1)

    def _sparse(self, tensor: memoryview) -> None:
        for number, value in self._fields(tensor):
            if number in _SPARSE_TENSORS:
                self._tensor(_message(value))

    def _tensor(self, tensor: memoryview) -> None:
        dimensions: list[int] = []
        kind, raw = 0, None
        for number, value in self._fields(tensor):
            if number == _TENSOR_EXTERNAL or (number == _TENSOR_LOCATION and value != 0):
                raise ModelRefused(
                    "The network keeps numbers in other files, which are not read; save it as one file."
                )
            if number == _TENSOR_DIMENSIONS:
                dimensions += [value] if isinstance(value, int) else _packed(value)
            elif number == _TENSOR_TYPE and isinstance(value, int):
                kind = value
            elif number == _TENSOR_RAW:
                raw = _message(value)
        if len(dimensions) > _DEEPEST or math.prod(dimensions) > _MOST_ELEMENTS:
            raise ModelCorrupt("A tensor of the network has an impossible shape.")
        if raw is not None and kind in _WIDTHS and len(raw) != math.prod(dimensions) * _WIDTHS[kind]:
            raise ModelCorrupt(
                "A tensor of the network holds more numbers than its shape asks for, or fewer."
            )

    def _fields(self, message: memoryview) -> Iterator[tuple[int, Value]]:
        for field in protobuf.fields(message, _KIND):
            self._left -= 1
            if self._left < 0:
                raise ModelRefused(f"The network has more than {_MOST_FIELDS} parts.")
            yield field


def _packed(payload: memoryview) -> list[int]:
    values: list[int] = []
    at = 0
    while at < len(payload) and len(values) <= _DEEPEST:
        value, at = protobuf.varint(payload, at, _KIND)
        values.append(value)
    return values


def _texts(fields: Iterable[tuple[int, Value]], number: int) -> list[str]:
    return [protobuf.text(value, _KIND) for each, value in fields if each == number]


def _require_standard(domains: list[str]) -> None:
    for domain in domains:
        if domain not in _STANDARD:
            raise ModelRefused(
                f"The network needs operators of {domain[:60]!r}, which are not part of ONNX; only standard "
                "ones are run."
            )


def _message(value: Value) -> memoryview:
    return protobuf.message(value, _KIND)
