"""Writes small frozen graphs, as TensorFlow would."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

FLOAT32, INT32 = 1, 3


def varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def number_field(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def shape(sizes: Sequence[int]) -> bytes:
    return field(2, b"".join(field(2, number_field(1, size)) for size in sizes))


def content(values: Sequence[float]) -> bytes:
    return field(4, struct.pack(f"<{len(values)}f", *values))


def packed(values: Sequence[float]) -> bytes:
    return field(5, struct.pack(f"<{len(values)}f", *values))


def listed(values: Sequence[float]) -> bytes:
    return b"".join(varint(5 << 3 | 5) + struct.pack("<f", value) for value in values)


def constant(name: str, sizes: Sequence[int], values: bytes, kind: int = FLOAT32) -> bytes:
    tensor = number_field(1, kind) + shape(sizes) + values
    attribute = field(1, b"value") + field(2, field(8, tensor))
    return node(name, "Const", attribute)


def node(name: str, op: str, attribute: bytes | None = None) -> bytes:
    described = field(1, name.encode()) + field(2, op.encode())
    return field(1, described + (b"" if attribute is None else field(5, attribute)))


def graph(nodes: Iterable[bytes]) -> bytes:
    return b"".join(nodes)
