"""The wire format of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/), read-only.

Every length is checked against what is there before it is used.
"""

from __future__ import annotations

from collections.abc import Iterator

from facevec.errors import ModelCorrupt

Value = int | memoryview
"""An int for a varint, bytes for everything else."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_WIDTHS = {_FIXED64: 8, _FIXED32: 4}
_MAX_VARINT_BYTES = 10
_LARGEST_KEY = (1 << 32) - 1


def fields(message: memoryview, kind: str) -> Iterator[tuple[int, Value]]:
    """(field number, value) pairs in the order of the message.

    kind: what the file should be, for the error. Raises ModelCorrupt at the first thing that is none.
    """
    at = 0
    while at < len(message):
        key, at = varint(message, at, kind)
        number, wire = key >> 3, key & 7
        if not number or key > _LARGEST_KEY:  # other readers would cut it, and see another field
            raise ModelCorrupt(f"This is not {kind}.")
        if wire == _VARINT:
            value, at = varint(message, at, kind)
            yield number, value
            continue
        if wire == _BYTES:
            length, at = varint(message, at, kind)
        elif wire in _FIXED_WIDTHS:
            length = _FIXED_WIDTHS[wire]
        else:
            raise ModelCorrupt(f"This is not {kind}.")
        if length > len(message) - at:
            raise ModelCorrupt(f"The file is cut short or not {kind}.")
        yield number, message[at : at + length]
        at += length


def message(value: Value, kind: str) -> memoryview:
    """What a field holds that is a message, text or packed numbers. Raises ModelCorrupt."""
    if isinstance(value, int):
        raise ModelCorrupt(f"This is not {kind}.")
    return value


def text(value: Value, kind: str) -> str:
    """What a field holds that is text. Raises ModelCorrupt."""
    try:
        return bytes(message(value, kind)).decode()
    except UnicodeDecodeError:
        raise ModelCorrupt(f"This is not {kind}.") from None


def varint(data: memoryview, at: int, kind: str) -> tuple[int, int]:
    """A number that begins at `at`, and where it ends. Raises ModelCorrupt."""
    value = 0
    for position, byte in enumerate(data[at : at + _MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:  # noqa: PLR2004 - the continuation bit of the format
            return value, at + position + 1
    raise ModelCorrupt(f"The file is cut short or not {kind}.")
