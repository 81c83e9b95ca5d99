"""What the registry keeps of somebody, as a receipt needs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, Engine, select

from facevec.erasure.rows import identities_of
from facevec.ports import Clock, Records, Registry
from facevec.registry import marks, removals, whole
from facevec.registry.encryption.datakeys import ENCRYPTED, data_keys
from facevec.registry.encryption.turn import key_set_of
from facevec.registry.encryption.values import is_sealed, slot_of
from facevec.registry.engine import reading
from facevec.types import Belongings, Erased


class SqlBelongings:
    """`ports.BelongingsSource` of a registry."""

    def __init__(self, engine: Engine, registry: Registry, records: Records, clock: Clock) -> None:
        self._engine, self._registry, self._records, self._clock = engine, registry, records, clock

    def of(self, worker_id: int, what: Erased) -> Belongings:
        record = self._records.record(worker_id)
        with reading(self._engine) as connection:
            things = removals.holdings(connection, worker_id, self._clock()).things
            contents = [("key of theirs", wrapped) for wrapped in keys_of(connection, worker_id)]
        identities = {
            identity: kind for identity, kind in things.items() if what == "worker" or kind != "worker"
        }
        for photo in self._registry.photos(worker_id):
            contents.append(("photo hash", photo.sha256.encode()))
        for kept in record.photos:
            contents.append(("template", kept.template.astype("<f4").tobytes()))
            if kept.pixels is not None:
                contents.append(("photo", kept.pixels))
        seal = self._registry.seal(worker_id)
        if seal is not None:
            contents.append(("sealed face", seal.reference.astype("<f4").tobytes()))
        if what == "worker":
            contents.append(("name", record.worker.name.encode()))
            if record.worker.external_id is not None:
                contents.append(("external id", record.worker.external_id.encode()))
        counts = Counter(kind for kind, _ in contents)
        return Belongings(identities, tuple(contents), dict(counts))

    def is_any_left(self, identities: Sequence[str]) -> bool:
        wanted = set(identities)
        with reading(self._engine) as connection:
            key = marks.key_of(connection)
            for table in whole.tables(connection):
                for block in whole.read(connection, table):
                    for row in block.rows:
                        named = dict(zip(block.columns, row, strict=True))
                        if any(identity in wanted for identity, _ in identities_of(key, block.table, named)):
                            return True
        return False


def keys_of(connection: Connection, worker_id: int) -> Sequence[bytes]:
    """The wrapped keys, as they are stored, under which what is kept of a worker is encrypted."""
    key_set = key_set_of(connection)
    if key_set is None:
        return ()
    slots = []
    for table, column in ENCRYPTED.items():
        value = table.__table__.c[column]
        for stored in connection.scalars(select(value).where(table.__table__.c.worker_id == worker_id)):
            if stored is not None and is_sealed(stored):
                slots.append(slot_of(stored))
    return tuple(data_keys(connection, key_set).read(slots).values())
