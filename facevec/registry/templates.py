"""The templates in SQL: those only that facevec wrote, read in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Executable, Select, func, not_, select

from facevec.errors import RegistryError
from facevec.registry import marks
from facevec.registry.queries import portions, recognizable
from facevec.registry.tables import TemplateRow, WorkerRow
from facevec.types import NO_VECTORS, Templates

VECTOR = np.dtype("<f4")
"""How a template is stored."""

_ROWS_A_BLOCK = 5_000


def read_templates(
    connection: Connection, contract: str, worker_ids: Sequence[int] | None, at: datetime
) -> Templates:
    """Templates under `contract` of workers who may be recognised, one worker's adjacent, by ascending id."""
    query = _templates(contract).where(recognizable(at))
    if worker_ids is None:
        return _gathered(connection, [query])
    some_each = [query.where(TemplateRow.worker_id.in_(some)) for some in portions(sorted(worker_ids))]
    return _gathered(connection, some_each)


def count_templates(connection: Connection, contract: str, at: datetime) -> tuple[int, int]:
    """(workers, templates) of `read_templates`, without reading a vector."""
    counts = (
        select(func.count(TemplateRow.worker_id.distinct()), func.count())
        .join(WorkerRow, WorkerRow.id == TemplateRow.worker_id)
        .where(TemplateRow.contract == contract, recognizable(at))
    )
    workers, templates = connection.execute(counts).one()
    return workers, templates


def read_withheld_templates(connection: Connection, contract: str, at: datetime) -> Templates:
    """As `read_templates`, of everybody who may not be recognised now."""
    return _gathered(connection, [_templates(contract).where(not_(recognizable(at)))])


def read_own_templates(
    connection: Connection, worker_id: int, contract: str | None
) -> npt.NDArray[np.float32]:
    """(n, dimension): the templates of one worker, whether or not they may be recognised now."""
    if contract is None:
        return NO_VECTORS
    own = _templates(contract).where(TemplateRow.worker_id == worker_id)
    return _gathered(connection, [own]).vectors


def _templates(contract: str) -> Select[Any]:
    return (
        select(*marks.columns(TemplateRow))
        .join(WorkerRow, WorkerRow.id == TemplateRow.worker_id)
        .where(TemplateRow.contract == contract)
        .order_by(TemplateRow.worker_id, TemplateRow.id)
    )


def _gathered(connection: Connection, queries: Sequence[Executable]) -> Templates:
    refused: list[str] = []
    blocks = [block for each in queries for block in _blocks(connection, each, refused)]
    marks.refused(TemplateRow, refused)
    kept = sum(len(ids) for ids, _ in blocks)
    marks.require_some(connection, "templates", kept=kept, all_of_them=kept + len(refused))
    if not blocks:
        return Templates(np.empty(0, np.int64), NO_VECTORS)
    if len({vectors.shape[1] for _, vectors in blocks}) > 1:
        raise _unequal()
    return Templates(
        np.concatenate([ids for ids, _ in blocks]),
        np.concatenate([vectors for _, vectors in blocks]),
    )


def _blocks(
    connection: Connection, query: Executable, refused: list[str]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
    """Rows in blocks, so that a large gallery is never in memory as Python objects at once.

    refused: takes the names of those that were written by somebody else, which are left out.
    """
    result = connection.execute(query, execution_options={"yield_per": _ROWS_A_BLOCK})
    for block in result.partitions():
        rows = [row for row in block if marks.holds(connection, TemplateRow, row)]
        if len(rows) < len(block):
            refused += [f"worker {row.worker_id}, photo {row.photo_id}" for row in {*block} - {*rows}]
        if not rows:
            continue
        ids = np.fromiter((row.worker_id for row in rows), np.int64, len(rows))
        width = len(rows[0].vector)
        if width % VECTOR.itemsize or any(len(row.vector) != width for row in rows):
            raise _unequal()
        flat = np.frombuffer(b"".join(row.vector for row in rows), VECTOR)
        yield ids, flat.reshape(len(rows), -1).astype(np.float32, copy=False)


def _unequal() -> RegistryError:
    return RegistryError("Templates of one contract differ in length; restore the database from a backup.")
