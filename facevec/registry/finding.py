"""The worker whom a key from the command line means, in SQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, exists, or_, select

from facevec.registry.designation import Designation, designation
from facevec.registry.encryption import words
from facevec.registry.queries import ids_called
from facevec.registry.tables import WorkerRow


def worker_meant(connection: Connection, key: str, *, certain: bool) -> int:
    """The id of the worker that `key` means; as `ports.Registry.find_worker`.

    Raises WorkerNotFound, WorkerAmbiguous.
    """
    wanted = designation(key)
    number = wanted.worker_id or 0  # which is nobody's
    numbered = connection.scalars(select(WorkerRow.id).where(WorkerRow.id == number))
    called = _called(connection, wanted)
    return wanted.only(numbered, called, lambda: _any_number(connection), certain=certain)


def _called(connection: Connection, wanted: Designation) -> Iterator[int]:
    """Ids of those who have the external id or the name."""
    if wanted.external_id is not None:
        are_known_so = words.finds(connection, WorkerRow, "external_key", wanted.external_id)
        yield from connection.scalars(select(WorkerRow.id).where(are_known_so))
    if wanted.name is not None:
        yield from ids_called(connection, wanted.name)


def _any_number(connection: Connection) -> bool:
    """Whether somebody's name or external id is a number."""
    called = or_(words.is_number(WorkerRow.name_key), words.is_number(WorkerRow.external_key))
    return bool(connection.scalar(select(exists().where(called))))
