"""Whose a row is, in a database or in a backup of one, of whatever schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from facevec.erasure.traces import Tracer, Traces
from facevec.integrity import IntegrityKey
from facevec.registry import removals
from facevec.registry.whole import Block

Row = Mapping[str, Any]

VISIT = "visit"
"""The kind of what the ledger of removals does not list one by one: a consent that ended says it of all."""

_KEPT = "photo that is kept"

WHOSE: Mapping[str, Sequence[tuple[Callable[[IntegrityKey, Row], str], str]]] = {
    "workers": ((removals.of_worker, "worker"),),
    "photos": (
        (removals.of_photo, "photo"),
        (removals.of_photo_before, "photo"),
        (removals.of_pixels, _KEPT),
        (removals.of_pixels_before, _KEPT),
    ),
    "seals": ((removals.of_seal, "sealed face"),),
    "visits": ((removals.of_visit, VISIT),),
}
"""Of each table whose rows `identities_of` tells: what of somebody a row is, and its kind."""

KEPT_BY_NUMBER = frozenset({"changes", "consent_ledger"})
"""The tables in which somebody's number stays, by which nobody is told. In every other that has a column
`worker_id` a row is theirs, and goes with them."""


def identities_of(key: IntegrityKey, table: str, row: Row) -> Iterator[tuple[str, str]]:
    """What of somebody a row is, each by its identity and kind, as in the ledger of removals."""
    for identity, kind in WHOSE.get(table, ()):
        if kind != _KEPT or row.get("pixels") is not None:
            with suppress(KeyError):  # of a schema before it had these columns
                yield identity(key, row), kind


@dataclass(slots=True)
class RowsFound:
    """kinds: of what is there and was destroyed. shared: of what somebody else has just so."""

    kinds: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)


def look_through(
    blocks: Iterable[Block], key: IntegrityKey, tracer: Tracer, identities: Mapping[str, str], traces: Traces
) -> RowsFound:
    """Which rows are of what was destroyed: by their identity, by their worker, or by what they hold.

    What a row holds may be somebody else's, too: a name, or a photo that was enrolled anew; and where a
    registry went back, so may a number. So it counts only where its worker is gone.
    """
    found_rows = RowsFound()
    workers: set[Any] = set()
    held: list[tuple[str, Any]] = []

    @cache
    def is_theirs(worker_id: int) -> bool:
        return removals.of_number(key, worker_id) in identities

    for block in blocks:
        is_anybodys = "worker_id" in block.columns and block.table not in KEPT_BY_NUMBER
        for values in block.rows:
            row = dict(zip(block.columns, values, strict=True))
            ours = [kind for identity, kind in identities_of(key, block.table, row) if identity in identities]
            found_rows.kinds.update(ours)
            if block.table == "workers" and not ours:
                workers.add(row["id"])
            owner = row.get("worker_id", row["id"] if block.table == "workers" else None)
            if is_anybodys and owner is not None and is_theirs(owner):
                held.append((f"row of {block.table}", owner))
            for value in row.values():
                content = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
                if isinstance(content, bytes) and (kind := traces.values.get(tracer.value(content))):
                    held.append((kind, owner))
    for kind, owner in held:
        (found_rows.shared if owner in workers else found_rows.kinds).add(kind)
    return found_rows
