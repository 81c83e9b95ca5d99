"""What a backup says of itself, and how rows are written in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from facevec.registry.whole import Block

MANIFEST, ROWS, FILE, END = b"M", b"R", b"F", b"E"
"""What the first byte of a frame says that it holds."""

_LENGTH_BYTES = 4

SETTINGS, INTEGRITY_KEY = "settings", "integrity key"
"""Files that a backup may hold."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup of a registry holds; its first frame.

    schema: version of the tables. engine: `sqlite` or `postgresql`, which it was read from. registry,
    epoch, revision, digest: as in `types.Position`, None in a schema from before there were any.
    integrity_key: fingerprint of the key that marks were made under. rows: of each table. last_ids: of each
    table that counts its rows the last number. files: what else is in it.
    """

    schema: str
    engine: str
    registry: str | None
    epoch: int | None
    revision: int
    digest: str | None
    model: str | None
    contract: str | None
    integrity_key: str
    rows: Mapping[str, int]
    last_ids: Mapping[str, int]
    files: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Rows in all."""
        return sum(self.rows.values())


@dataclass(frozen=True, slots=True)
class End:
    """The last frame. mark: of header and all frames before, under the integrity key, hexadecimal."""

    mark: str
    rows: Mapping[str, int] = field(default_factory=dict)


_MANIFEST, _END, _BLOCK = TypeAdapter(Manifest), TypeAdapter(End), TypeAdapter(Block)


def packed(kind: bytes, document: object, blobs: bytes = b"") -> bytes:
    """A frame of this kind."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return kind + len(text).to_bytes(_LENGTH_BYTES, "big") + text + blobs


def unpacked(frame: bytes) -> tuple[bytes, Any, memoryview]:
    """(kind, document, blobs) of a frame. Raises ValueError."""
    start = 1 + _LENGTH_BYTES
    end = start + int.from_bytes(frame[1:start], "big")
    document = json.loads(frame[start:end].decode("utf-8", "surrogatepass"))
    return frame[:1], document, memoryview(frame)[end:]


def pack_manifest(manifest: Manifest) -> bytes:
    """The first frame."""
    return packed(MANIFEST, asdict(manifest))


def pack_block(block: Block) -> bytes:
    """A frame of rows: bytes stand behind the JSON, in the order in which it tells their lengths."""
    blobs: list[bytes] = []

    def written(value: object) -> object:
        if isinstance(value, (bytes, memoryview)):
            blobs.append(bytes(value))
            return ["b", len(blobs[-1])]
        if isinstance(value, datetime):
            return ["t", value.isoformat()]
        return ["j", value] if isinstance(value, (list, dict)) else value

    rows = [[written(value) for value in row] for row in block.rows]
    return packed(ROWS, {"table": block.table, "columns": block.columns, "rows": rows}, b"".join(blobs))


def unpack_manifest(document: object) -> Manifest:
    """What `pack_manifest` wrote. Raises ValueError."""
    return _MANIFEST.validate_python(document)


def unpack_end(document: object) -> End:
    """The last frame. Raises ValueError."""
    return _END.validate_python(document)


def unpack_block(document: object, blobs: memoryview) -> Block:
    """What `pack_block` wrote. Raises ValueError, TypeError."""
    block, taken = _BLOCK.validate_python(document), 0

    def read(value: Any) -> Any:  # noqa: ANN401  # whatever a column holds
        nonlocal taken
        if not isinstance(value, list):
            return value
        kind, held = value
        if kind == "b":
            start, taken = taken, taken + held
            if not start <= taken <= len(blobs):
                raise ValueError("there are fewer bytes than the rows take")
            return bytes(blobs[start:taken])
        return datetime.fromisoformat(held) if kind == "t" else held

    rows = [[read(value) for value in row] for row in block.rows]
    if any(len(row) != len(block.columns) for row in rows):
        raise ValueError("a row has another length than there are columns")
    return Block(block.table, block.columns, rows)
