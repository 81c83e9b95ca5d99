"""What the registry keeps of somebody, as a receipt needs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, Engine, select

from facevec.erasure.rows import WHOSE, identities_of
from facevec.errors import RegistryError
from facevec.events import Events
from facevec.ports import Clock, Records, Registry
from facevec.registry import marks, removals, whole
from facevec.registry.encryption.datakeys import ENCRYPTED, data_keys, used
from facevec.registry.encryption.turn import key_set_of
from facevec.registry.engine import reading
from facevec.registry.tables import Base, PhotoRow, SealRow, TemplateRow
from facevec.types import Belongings, Erased

KINDS: Mapping[type[Base], str] = {TemplateRow: "template", SealRow: "sealed face", PhotoRow: "photo"}

logger = Events()


class SqlBelongings:
    """`ports.BelongingsSource` of a registry."""

    def __init__(self, engine: Engine, registry: Registry, records: Records, clock: Clock) -> None:
        self._engine, self._registry, self._records, self._clock = engine, registry, records, clock

    def of(self, worker_id: int, what: Erased) -> Belongings:
        worker = self._registry.worker(worker_id)
        with reading(self._engine) as connection:
            things = removals.holdings(connection, worker_id, self._clock()).things
        contents = self._faces(worker_id)
        identities = {
            identity: kind for identity, kind in things.items() if what == "worker" or kind != "worker"
        }
        for photo in self._registry.photos(worker_id):
            contents.append(("photo hash", photo.sha256.encode()))
        if what == "worker":
            contents.append(("name", worker.name.encode()))
            if worker.external_id is not None:
                contents.append(("external id", worker.external_id.encode()))
        counts = Counter(kind for kind, _ in contents)
        return Belongings(identities, tuple(contents), dict(counts))

    def _faces(self, worker_id: int) -> list[tuple[str, bytes]]:
        """What they are told by, in clear, and its keys; as it is stored where it cannot be read, which keeps
        nobody from being forgotten."""
        try:
            with reading(self._engine) as connection:
                contents = [("key of theirs", wrapped) for wrapped in keys_of(connection, worker_id)]
            for kept in self._records.record(worker_id).photos:
                contents.append(("template", kept.template.astype("<f4").tobytes()))
                if kept.pixels is not None:
                    contents.append(("photo", kept.pixels))
            seal = self._registry.seal(worker_id)
            if seal is not None:
                contents.append(("sealed face", seal.reference.astype("<f4").tobytes()))
        except RegistryError as error:
            logger.warning("receipt_of_what_is_encrypted", code=error.code, reason=str(error))
            with reading(self._engine) as connection:
                return [(KINDS[table], value) for table, value in _stored(connection, worker_id)]
        return contents

    def is_any_left(self, identities: Sequence[str]) -> bool:
        wanted = set(identities)
        with reading(self._engine) as connection:
            key = marks.key_of(connection)
            for table in whole.tables(connection):
                if table.name not in WHOSE:
                    continue
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
    return tuple(data_keys(connection, key_set).read(used(connection, worker_id)).values())


def _stored(connection: Connection, worker_id: int) -> Iterator[tuple[type[Base], bytes]]:
    """What is kept of a worker as it lies there, with its table."""
    for table, column in ENCRYPTED.items():
        value, own = table.__table__.c[column], table.__table__.c.worker_id
        stored = select(value).where(own == worker_id, value.is_not(None))
        yield from ((table, bytes(each)) for each in connection.scalars(stored))
