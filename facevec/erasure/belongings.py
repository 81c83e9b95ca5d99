"""What the registry keeps of somebody, as a receipt needs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set

from sqlalchemy import Connection, Engine, func, select

from facevec.erasure.rows import KEPT_BY_NUMBER, VISIT, WHOSE, identities_of
from facevec.errors import RegistryError
from facevec.events import Events
from facevec.ports import Clock, Records, Registry
from facevec.registry import marks, queries, removals, whole
from facevec.registry.encryption.datakeys import columns, data_keys
from facevec.registry.encryption.turn import key_set_of
from facevec.registry.encryption.values import is_sealed, slot_of
from facevec.registry.engine import reading
from facevec.registry.tables import Base, PhotoRow, SealRow, TemplateRow, VisitRow, WorkerRow
from facevec.registry.visits import visits_of
from facevec.types import Belongings, Erased

KINDS: Mapping[type[Base], str] = {
    TemplateRow: "template",
    SealRow: "sealed face",
    PhotoRow: "photo",
    WorkerRow: "name",
}
_FACE = (TemplateRow, SealRow, PhotoRow)
_OF_A_PHOTO: Mapping[type[Base], str] = {PhotoRow: "id", TemplateRow: "photo_id"}

logger = Events()

Contents = list[tuple[str, bytes]]
Tables = Collection[type[Base]]
Chosen = Collection[int] | None
"""Photos by their ids; None is all that there is of a worker."""


class SqlBelongings:
    """`ports.BelongingsSource` of a registry."""

    def __init__(self, engine: Engine, registry: Registry, records: Records, clock: Clock) -> None:
        self._engine, self._registry, self._records, self._clock = engine, registry, records, clock

    def of(self, worker_id: int, what: Erased, *, visits: bool = True) -> Belongings:
        with reading(self._engine) as connection:
            queries.read_worker(connection, worker_id)
            things = removals.holdings(connection, worker_id, self._clock()).things
            rows = _rows_by_number(connection, worker_id) if what == "worker" else {}
            number = removals.of_number(marks.key_of(connection), worker_id)
        identities: dict[str, str] = {
            identity: kind for identity, kind in things.items() if what == "worker" or kind != "worker"
        }
        contents = self._contents(worker_id, None, tuple(KINDS) if what == "worker" else _FACE)
        if visits:
            own, seen = self._visits(worker_id)
            identities |= own
            contents += seen
        if what == "worker":
            identities[number] = "number"
        return Belongings(identities, tuple(contents), {**_counts(contents), **rows})

    def of_photos(self, worker_id: int, photo_ids: Collection[int]) -> Belongings:
        with reading(self._engine) as connection:
            things = removals.photos_of(connection, worker_id, photo_ids)
        contents = self._contents(worker_id, photo_ids, tuple(_OF_A_PHOTO)) if things else []
        return Belongings({**things}, tuple(contents), _counts(contents))

    def _visits(self, worker_id: int) -> tuple[dict[str, str], Contents]:
        """(their identities, and what could be found again of them)."""
        with reading(self._engine) as connection:
            key, own = marks.key_of(connection), VisitRow.worker_id == worker_id
            rows = connection.execute(select(VisitRow.id, VisitRow.worker_id, VisitRow.day).where(own))
            identities = {removals.of_visit(key, row._mapping): VISIT for row in rows}
            try:
                contents = [("key", wrapped) for wrapped in keys_of(connection, worker_id, None, [VisitRow])]
                contents += ((VISIT, visit.name.encode()) for visit in visits_of(connection, worker_id))
            except RegistryError:  # as of faces, which tell the log
                stored = connection.scalars(select(VisitRow.details).where(own))
                contents = [(VISIT, bytes(each)) for each in stored]
        return identities, contents

    def left(self, identities: Collection[str]) -> Set[str]:
        wanted, left = {*identities}, set[str]()
        with reading(self._engine) as connection:
            key = marks.key_of(connection)
            for table in whole.tables(connection):
                if table.name not in WHOSE:
                    continue
                for block in whole.read(connection, table):
                    for row in block.rows:
                        named = dict(zip(block.columns, row, strict=True))
                        own = identities_of(key, block.table, named)
                        left |= {identity for identity, _ in own if identity in wanted}
        return left

    def _contents(self, worker_id: int, photo_ids: Chosen, tables: Tables) -> Contents:
        """What they are told by, in clear, and its keys; as it is stored where it cannot be read, which keeps
        nobody from being forgotten."""
        try:
            return self._in_clear(worker_id, photo_ids, tables)
        except RegistryError as error:
            logger.warning("receipt_of_what_is_encrypted", code=error.code, reason=str(error))
            with reading(self._engine) as connection:
                stored = _stored(connection, worker_id, photo_ids, tables)
                return [(KINDS[table], value) for table, value in stored]

    def _in_clear(self, worker_id: int, photo_ids: Chosen, tables: Tables) -> Contents:
        with reading(self._engine) as connection:
            contents = [("key", wrapped) for wrapped in keys_of(connection, worker_id, photo_ids, tables)]
        record = self._records.record(worker_id)
        if WorkerRow in tables:
            contents.append(("name", record.worker.name.encode()))
            if record.worker.external_id is not None:
                contents.append(("external id", record.worker.external_id.encode()))
        for photo in self._registry.photos(worker_id):
            if photo_ids is None or photo.id in photo_ids:
                contents.append(("photo hash", photo.sha256.encode()))
        for kept in record.photos:
            if photo_ids is None or kept.photo.id in photo_ids:
                contents.append(("template", kept.template.astype("<f4").tobytes()))
                if kept.pixels is not None:
                    contents.append(("photo", kept.pixels))
        seal = self._registry.seal(worker_id) if photo_ids is None else None
        if seal is not None:
            contents.append(("sealed face", seal.reference.astype("<f4").tobytes()))
        return contents


def keys_of(
    connection: Connection, worker_id: int, photo_ids: Chosen = None, tables: Tables = tuple(KINDS)
) -> Sequence[bytes]:
    """The wrapped keys, as they are stored, under which what is kept of a worker in `tables` is encrypted."""
    key_set = key_set_of(connection)
    if key_set is None:
        return ()
    values = (value for _, value in _stored(connection, worker_id, photo_ids, tables))
    slots = [slot_of(value) for value in values if is_sealed(value)]
    return tuple(data_keys(connection, key_set).read(slots).values())


def _stored(
    connection: Connection, worker_id: int, photo_ids: Chosen, tables: Tables
) -> Iterator[tuple[type[Base], bytes]]:
    """What they are told by as it lies there, with its table."""
    for table, value, whose in columns(connection, worker_id):
        if table not in tables:
            continue
        stored = select(value).where(whose, value.is_not(None))
        if photo_ids is not None:
            stored = stored.where(table.__table__.c[_OF_A_PHOTO[table]].in_(photo_ids))
        yield from ((table, bytes(each)) for each in connection.scalars(stored))


def _counts(contents: Contents) -> dict[str, int]:
    return dict(Counter(kind for kind, _ in contents))


def _rows_by_number(connection: Connection, worker_id: int) -> dict[str, int]:
    """How many rows are theirs in tables that say no more of whom they are, by table."""
    known = {*KEPT_BY_NUMBER, VisitRow.__tablename__, *(table.__tablename__ for table in KINDS)}
    rows = {}
    for table in Base.metadata.sorted_tables:
        if "worker_id" in table.columns and table.name not in known:
            own = select(func.count()).select_from(table).where(table.columns["worker_id"] == worker_id)
            if count := connection.scalar(own):
                rows[f"row of {table.name}"] = count
    return rows
