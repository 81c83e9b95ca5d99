"""Which worker a key from the command line means: an id, an external id or a name."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from facevec.errors import WorkerAmbiguous
from facevec.registry.columns import MAX_KEY
from facevec.registry.encryption import words
from facevec.registry.names import comparable, only
from facevec.registry.queries import ids_called
from facevec.registry.tables import WorkerRow


def worker_meant(connection: Connection, key: str, *, certain: bool) -> int:
    """The id of the worker that `key` means; as `ports.Registry.find_worker`.

    Raises WorkerNotFound, WorkerAmbiguous.
    """
    explicit = _explicit(connection, comparable(key))
    if explicit is not None:
        return only(_ids(connection, explicit), key)
    text = comparable(key)
    numbered = WorkerRow.id == _number(text)
    called = or_(_known_as(connection, text), WorkerRow.id.in_(ids_called(connection, text)))
    if certain and _ids(connection, numbered) and not _ids(connection, called) and _any_number(connection):
        raise WorkerAmbiguous(
            f"{key!r} may be an id or what somebody is called, because workers here have numbers as names or "
            f"external ids: say id:{text}, external:{text} or name:{text}."
        )
    return only(_ids(connection, or_(numbered, called)), key)


def _explicit(connection: Connection, text: str) -> ColumnElement[bool] | None:
    """What `text` asks for when it says what it is; None when it does not."""
    kind, colon, rest = text.partition(":")
    if not colon:
        return None
    if kind == "external":
        return _known_as(connection, comparable(rest))
    if kind == "name":
        return WorkerRow.id.in_(ids_called(connection, rest))
    if kind == "id" and (number := _number(rest.strip())):
        return WorkerRow.id == number
    return None


def _ids(connection: Connection, where: ColumnElement[bool]) -> tuple[int, ...]:
    return tuple(connection.scalars(select(WorkerRow.id).where(where).order_by(WorkerRow.id)))


def _known_as(connection: Connection, key: str) -> ColumnElement[bool]:
    return words.finds(connection, WorkerRow, "external_key", key)


def _any_number(connection: Connection) -> bool:
    """Whether somebody's name or external id is a number."""
    called = or_(words.is_number(WorkerRow.name_key), words.is_number(WorkerRow.external_key))
    return bool(connection.scalar(select(exists().where(called))))


def _number(text: str) -> int:
    """The id that `text` writes as facevec does, without leading zeros; else 0, which is nobody's."""
    written = text.isascii() and text.isdigit() and not text.startswith("0") and len(text) < len(str(MAX_KEY))
    return int(text) if written else 0
