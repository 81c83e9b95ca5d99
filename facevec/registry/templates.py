"""The templates in SQL: those only that facevec wrote, read in blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Row, Select, func, select

from facevec.decision.vectors import are_unit
from facevec.registry import marks
from facevec.registry.encryption import vault
from facevec.registry.encryption.values import HEAD, bytes_in_clear
from facevec.registry.queries import portions
from facevec.registry.tables import SealRow, TemplateRow, WorkerRow
from facevec.types import SetAside, TemplateKey, Templates, Vector, Vectors, no_vectors
from facevec.types.lazy_numpy import np

VECTOR = "<f4"
"""How a template is stored, or encrypted before it is."""

NUMBER_BYTES = 4
"""Of each number of it."""

_ROWS_A_BLOCK = 5_000

_LOOKED_AT = 99


def stored(template: Vector) -> bytes:
    """How a template, (dimension,), is stored in clear."""
    return np.ascontiguousarray(template, VECTOR).tobytes()


def vectors_of(
    connection: Connection, table: type[TemplateRow | SealRow], rows: Sequence[Row[Any]]
) -> list[Vector | None]:
    """(dimension,) of each row of templates or seals; None of those that cannot be decrypted."""
    return [
        None if value is None else np.frombuffer(value, VECTOR).astype(np.float32)
        for value in vault.opened(connection, table, rows)
    ]


def read_templates(
    connection: Connection, contract: str, worker_ids: Sequence[int] | None, may: ColumnElement[bool]
) -> Templates:
    """Templates under `contract` of workers who may be recognised, one worker's adjacent, by ascending id.

    may: `queries.recognizable`, as for the functions that follow.
    """
    query = _templates(contract).where(may)
    if worker_ids is None:
        return _gathered(connection, contract, [query])
    some_each = [query.where(TemplateRow.worker_id.in_(some)) for some in portions(sorted(worker_ids))]
    return _gathered(connection, contract, some_each)


def count_templates(connection: Connection, contract: str, may: ColumnElement[bool]) -> tuple[int, int]:
    """(workers, templates) of `read_templates`, without reading a vector."""
    counts = (
        select(func.count(TemplateRow.worker_id.distinct()), func.count())
        .join(WorkerRow, WorkerRow.id == TemplateRow.worker_id)
        .where(TemplateRow.contract == contract, may)
    )
    workers, templates = connection.execute(counts).one()
    return workers, templates


def read_withheld_templates(
    connection: Connection, contract: str, withheld: ColumnElement[bool]
) -> Templates:
    """As `read_templates`, of everybody who may not be recognised now. withheld: `queries.withheld`."""
    ids = connection.scalars(select(WorkerRow.id).where(withheld).order_by(WorkerRow.id)).all()
    some_each = [_templates(contract).where(TemplateRow.worker_id.in_(some)) for some in portions(ids)]
    return _gathered(connection, contract, some_each)


def read_own_templates(connection: Connection, worker_id: int, contract: str | None) -> Vectors:
    """(n, dimension): the templates of one worker, whether or not they may be recognised now."""
    if contract is None:
        return no_vectors()
    own = _templates(contract).where(TemplateRow.worker_id == worker_id)
    return _gathered(connection, contract, [own]).vectors


def _templates(contract: str) -> Select[Any]:
    return (
        select(*marks.columns(TemplateRow))
        .join(WorkerRow, WorkerRow.id == TemplateRow.worker_id)
        .where(TemplateRow.contract == contract)
        .order_by(TemplateRow.worker_id, TemplateRow.id)
    )


def usual_width(connection: Connection, contract: str) -> int:
    """Bytes of a template of the contract in clear; those that have others are none. 0 without any."""
    head, length = func.substr(TemplateRow.vector, 1, HEAD), func.length(TemplateRow.vector)
    first = select(head, length).where(TemplateRow.contract == contract)
    rows = connection.execute(first.order_by(TemplateRow.worker_id, TemplateRow.id).limit(_LOOKED_AT))
    usual = Counter(bytes_in_clear(head, length) for head, length in rows).most_common(1)
    return usual[0][0] if usual else 0


def template_rows(connection: Connection, contract: str, chosen: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """As `sound` takes them, one worker's adjacent, by ascending id."""
    rows = select(*marks.columns(TemplateRow)).where(TemplateRow.contract == contract, chosen)
    return connection.execute(rows.order_by(TemplateRow.worker_id, TemplateRow.id)).all()


def sound(connection: Connection, rows: Sequence[Row[Any]], width: int) -> tuple[Templates, SetAside]:
    """Those that are as facevec wrote them, unit vectors of `width` bytes; the others are set aside."""
    fitting: list[Row[Any]] = []
    values: list[bytes] = []
    for row, value in zip(rows, vault.opened(connection, TemplateRow, rows), strict=True):
        if value is None or len(value) != width or width % NUMBER_BYTES:
            continue
        if marks.holds(connection, TemplateRow, row):
            fitting.append(row)
            values.append(value)
    vectors = no_vectors()
    kept: list[Row[Any]] = []
    if fitting:
        flat = np.frombuffer(b"".join(values), VECTOR).astype(np.float32, copy=False)
        vectors = flat.reshape(len(fitting), -1)
        are_templates = are_unit(vectors)
        vectors = vectors[are_templates]
        kept = [row for row, is_template in zip(fitting, are_templates, strict=True) if is_template]
    templates = Templates(
        np.array([row.worker_id for row in kept], np.int64),
        vectors,
        np.array([row.photo_id for row in kept], np.int64),
    )
    if len(kept) == len(rows):
        return templates, ()
    counted = {id(row) for row in kept}
    set_aside = tuple(TemplateKey(row.worker_id, row.photo_id) for row in rows if id(row) not in counted)
    marks.refused(TemplateRow, (f"worker {worker_id}, photo {photo_id}" for worker_id, photo_id in set_aside))
    return templates, set_aside


def _gathered(connection: Connection, contract: str, queries: Sequence[Executable]) -> Templates:
    """Read in blocks, so that a large gallery is never in memory as Python objects at once."""
    blocks: list[Templates] = []
    set_aside, width = 0, usual_width(connection, contract)
    for each in queries:
        result = connection.execute(each, execution_options={"yield_per": _ROWS_A_BLOCK})
        for rows in result.partitions():
            templates, others = sound(connection, rows, width)
            set_aside += len(others)
            blocks += [templates] if len(templates.worker_ids) else []
    kept = sum(len(block.worker_ids) for block in blocks)
    marks.require_some(connection, "templates", kept=kept, all_of_them=kept + set_aside)
    if not blocks:
        return Templates(np.empty(0, np.int64), no_vectors())
    return Templates(
        np.concatenate([block.worker_ids for block in blocks]),
        np.concatenate([block.vectors for block in blocks]),
    )
