"""References in the registry's own database: what pgvector searches. PostgreSQL alone keeps any.

They are made of the templates and decide nothing: they say only whose templates to look at. Each contract's
stand at a position of the registry. Whoever changes a worker where they stand at the registry's own changes
the reference in the same transaction, whichever engine that process searches with; and whoever finds them
behind brings them up, `step` by step. No file of the schema's versions makes these tables: a database without
the extension has none, and they can be dropped at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    text,
    update,
)

from facevec.decision.vectors import fuse
from facevec.errors import NotAuthentic, RegistryReplaced
from facevec.registry import history, marks, pages
from facevec.registry.halfvec import HalfVector, copy_in, halved
from facevec.registry.state import read_state, take_turn
from facevec.registry.tables import WorkerRow
from facevec.types import Page, Position, SetAside, Step, TemplateKey

REVISIONS_A_STEP = 200
"""Whoever changes a worker waits for a step; with an index in place a reference takes some milliseconds."""


METADATA = MetaData()

REFERENCES = Table(
    "gallery_references",
    METADATA,
    Column(
        "worker_id", BigInteger, ForeignKey(WorkerRow.__table__.c.id, ondelete="CASCADE"), primary_key=True
    ),
    Column("contract", String, primary_key=True),
    Column("reference", HalfVector, nullable=False),
)

KEPT = Table(
    "gallery_kept",
    METADATA,
    Column("contract", String, primary_key=True),
    Column("registry_id", String, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("digest", String, nullable=False),
    # While everybody's are made: whose was the last.
    Column("made_through", BigInteger),
    # Under which integrity key the templates were held against their marks: its fingerprint.
    Column("key", String, nullable=False),
    Column("set_aside", JSON, nullable=False),
)
"""Where the references of a contract stand."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of `KEPT`."""

    position: Position
    made_through: int | None
    key: str
    set_aside: SetAside

    def stands_at(self, position: Position, connection: Connection) -> bool:
        """Whether they are what the registry holds there, by the key of this connection."""
        whole = self.made_through is None and self.position == position
        return whole and self.key == marks.key_of(connection).fingerprint


_PRESENT = text(
    "SELECT to_regclass('gallery_kept') IS NOT NULL AND EXISTS (SELECT 1 FROM pg_attribute "
    "WHERE attrelid = to_regclass('gallery_references') AND attname = 'reference' AND NOT attisdropped)"
)
"""Whoever drops the extension drops a column with it."""


def present(connection: Connection) -> bool:
    """Whether this database keeps references."""
    return connection.dialect.name == "postgresql" and bool(connection.scalar(_PRESENT))


def read_kept(connection: Connection, contract: str) -> Kept | None:
    """Where those of `contract` stand; None where there are none."""
    if not present(connection):
        return None
    row = connection.execute(select(KEPT).where(KEPT.c.contract == contract)).one_or_none()
    if row is None:
        return None
    position = Position(row.registry_id, row.epoch, row.revision, row.digest)
    set_aside = tuple(TemplateKey(*each) for each in row.set_aside)
    return Kept(position, row.made_through, row.key, set_aside)


def follow(connection: Connection, worker_id: int, before: Position) -> None:
    """Keep the reference of a worker, whom this transaction has changed, where it led from `before`."""
    if not present(connection):
        return
    for contract in connection.scalars(select(KEPT.c.contract)).all():
        kept = read_kept(connection, contract)
        if kept is not None and kept.stands_at(before, connection):
            position = read_state(connection).position
            _write(connection, contract, [worker_id], position)
            _move(connection, contract, position)


def step(connection: Connection, contract: str) -> Step:
    """Bring the references a step nearer to where the registry stands; nobody changes it meanwhile.

    Raises NotAuthentic where the integrity key is not the one that the templates were written under.
    """
    take_turn(connection)
    now, kept = read_state(connection).position, read_kept(connection, contract)
    if kept is None:
        return _begin(connection, contract, now, Step.BEGUN)
    try:
        history.require_passed(connection, now, kept.position)
        if kept.key != marks.key_of(connection).fingerprint:
            if _has_any(connection, contract):  # the other key has vouched for somebody
                raise _other_key(connection)
            return _begin(connection, contract, now, Step.BEGUN)
        if kept.made_through is not None:
            return _make_page(connection, contract, kept.position, kept.made_through)
        if kept.position == now:
            return Step.IN_STEP
        reached, changed = history.changed_since(connection, kept.position, REVISIONS_A_STEP)
    except RegistryReplaced:
        return _begin(connection, contract, now, Step.REPLACED)
    _write(connection, contract, changed, now)
    _move(connection, contract, reached)
    _require_some(connection, contract)
    return Step.NEARER


def mend(connection: Connection, contract: str, worker_ids: Sequence[int]) -> None:
    """Make the references of some workers anew; nobody changes the registry meanwhile."""
    take_turn(connection)
    _write(connection, contract, worker_ids, read_state(connection).position)


def forget(connection: Connection, contract: str) -> None:
    """Delete all of a contract that has no templates any more."""
    if present(connection):
        _delete(connection, contract)


def index_name(contract: str) -> str:
    """Of the graph over the references of `contract`, where there is one."""
    return f"gallery_references_{hashlib.blake2b(contract.encode(), digest_size=8).hexdigest()}"


def _begin(connection: Connection, contract: str, position: Position, begun: Step) -> Step:
    """Everybody's reference is made anew; without the graph, which would make it slow."""
    first = pages.next_page(connection, contract, 0, position)
    if first.set_aside and not len(first.templates.worker_ids):
        raise _other_key(connection)
    _delete(connection, contract)
    fresh = {"made_through": 0, "set_aside": [], "key": marks.key_of(connection).fingerprint}
    row = {"contract": contract, **fresh, **_columns(position)}
    connection.execute(insert(KEPT).values(row))
    return begun


def _delete(connection: Connection, contract: str) -> None:
    connection.execute(text(f'DROP INDEX IF EXISTS "{index_name(contract)}"'))
    connection.execute(delete(REFERENCES).where(REFERENCES.c.contract == contract))
    connection.execute(delete(KEPT).where(KEPT.c.contract == contract))


def _make_page(connection: Connection, contract: str, since: Position, after: int) -> Step:
    page = pages.next_page(connection, contract, after, since)
    _put(connection, contract, page)
    through = int(page.worker_ids[-1]) if len(page.worker_ids) else None
    if through is None:
        # Searches come at once: they shall not be planned for an empty table.
        connection.execute(text("ANALYZE gallery_references"))
    connection.execute(update(KEPT).where(KEPT.c.contract == contract).values(made_through=through))
    return Step.NEARER


def _has_any(connection: Connection, contract: str) -> bool:
    some = select(REFERENCES.c.worker_id).where(REFERENCES.c.contract == contract).limit(1)
    return connection.scalar(some) is not None


def _require_some(connection: Connection, contract: str) -> None:
    """Raises NotAuthentic where there are templates and none is as facevec wrote it."""
    kept = read_kept(connection, contract)
    if kept is not None and kept.set_aside and not _has_any(connection, contract):
        raise _other_key(connection)


def _other_key(connection: Connection) -> NotAuthentic:
    return NotAuthentic(
        f"The templates were not written under the integrity key here ({marks.key_of(connection).origin}). "
        "Put back the key that belongs to this registry; where it is lost, look at who is enrolled and run "
        "`facevec integrity adopt`."
    )


def _write(connection: Connection, contract: str, worker_ids: Sequence[int], since: Position) -> None:
    """The references of these workers as their templates are now; none of whoever has none."""
    chosen = REFERENCES.c.worker_id.in_(worker_ids)
    connection.execute(delete(REFERENCES).where(REFERENCES.c.contract == contract, chosen))
    page = pages.page_of(connection, contract, worker_ids, since)
    _forget_set_aside(connection, contract, worker_ids)
    _put(connection, contract, page)


def _put(connection: Connection, contract: str, page: Page) -> None:
    worker_ids, vectors = fuse(page.templates)
    if len(worker_ids):
        copy_in(connection, contract, worker_ids, halved(vectors))
    if page.set_aside:
        kept = read_kept(connection, contract)
        assert kept is not None
        _set_aside(connection, contract, kept.set_aside + page.set_aside)


def _forget_set_aside(connection: Connection, contract: str, worker_ids: Sequence[int]) -> None:
    kept = read_kept(connection, contract)
    if kept is not None and kept.set_aside:
        changed = set(worker_ids)
        _set_aside(connection, contract, tuple(one for one in kept.set_aside if one.worker_id not in changed))


def _set_aside(connection: Connection, contract: str, templates: SetAside) -> None:
    rows = [list(each) for each in templates]
    connection.execute(update(KEPT).where(KEPT.c.contract == contract).values(set_aside=rows))


def _move(connection: Connection, contract: str, position: Position) -> None:
    connection.execute(update(KEPT).where(KEPT.c.contract == contract).values(_columns(position)))


def _columns(position: Position) -> dict[str, Any]:
    return {
        "registry_id": position.registry,
        "epoch": position.epoch,
        "revision": position.revision,
        "digest": position.digest,
    }
