"""The registry's own history: who it is, how far it came, and whether it ever stood where something says."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from facevec.errors import RegistryReplaced
from facevec.registry.state import read_state
from facevec.registry.tables import STATE_ID, ChangeRow, StateRow
from facevec.types import Position

_CHANGES = select(ChangeRow.__table__).order_by(ChangeRow.revision)

CUT_AT_ONCE = 10_000
"""Changes that are let go in one transaction, for which writers wait."""

_SALT_BYTES = 16
_DIGEST_BYTES = 16


REMOVALS = ("worker_removed", "photo_removed")
"""The kinds of change after which older files must go."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The last change that the log has let go, and its digest. removal: the last that removed anything."""

    revision: int
    digest: str
    removal: int


def advance(connection: Connection) -> None:
    """Take the revision of the change that this transaction makes."""
    connection.execute(update(StateRow).where(StateRow.id == STATE_ID).values(revision=StateRow.revision + 1))


def append(connection: Connection, worker_id: int, kind: str, at: datetime) -> Position:
    """Log the change that this transaction makes; where the registry stood before. Its revision was taken.

    The salt tells it from a change that another copy of the registry makes of the same worker at the same
    moment: ids are given again where a registry went back.
    """
    position = read_state(connection).position
    salt = secrets.token_hex(_SALT_BYTES)
    digest = _digest(position.digest, position.revision, worker_id, kind, at, salt)
    change = {"revision": position.revision, "worker_id": worker_id, "kind": kind, "at": at}
    connection.execute(insert(ChangeRow).values({**change, "salt": salt, "digest": digest}))
    connection.execute(update(StateRow).where(StateRow.id == STATE_ID).values(digest=digest))
    return replace(position, revision=position.revision - 1)


def changed_since(
    connection: Connection, since: Position, limit: int | None = None
) -> tuple[Position, tuple[int, ...]]:
    """(position now, workers touched since); after `limit` changes, the position that those led to.

    Raises RegistryReplaced where the registry never stood at `since`, or its log does not lead from there to
    where it stands: a change that was lost or damaged tells of nobody.
    """
    now = read_state(connection).position
    if now == since:
        return now, ()
    require_passed(connection, now, since)
    rows = connection.execute(_CHANGES.where(ChangeRow.revision > since.revision).limit(limit)).all()
    if len(rows) == limit:
        now = replace(now, revision=rows[-1].revision, digest=rows[-1].digest)
    if _break(rows, since.revision, since.digest, now) is not None:
        raise RegistryReplaced("The change log is damaged; run `facevec db check`.")
    return now, tuple(sorted({row.worker_id for row in rows}))


def require_passed(connection: Connection, now: Position, since: Position) -> None:
    """Raises RegistryReplaced unless the registry, which stands at `now`, came there through `since`."""
    if now == since:
        return
    if (now.registry, now.epoch) != (since.registry, since.epoch):
        raise RegistryReplaced("The database is that of another registry, or was set anew.")
    if since.revision > now.revision:
        raise RegistryReplaced(
            f"The registry is at revision {now.revision} and was at {since.revision}; it was replaced by an "
            "older copy."
        )
    cut = read_cut(connection)
    if since.revision < cut.revision:
        raise RegistryReplaced(
            f"The change log begins at revision {cut.revision} by now, and this is of revision "
            f"{since.revision}; it has to be made anew."
        )
    if digest_at(connection, since.revision, cut) != since.digest:
        raise RegistryReplaced(
            f"The registry went another way before revision {since.revision}; it was replaced by an older "
            "copy and changed since."
        )


def digest_at(connection: Connection, revision: int, cut: Cut | None = None) -> str | None:
    """The digest with which the registry stood there; None where the log does not tell (any more).

    cut: where it was read already.
    """
    cut = cut or read_cut(connection)
    # No row tells of the beginning, whose digest is the registry's own name, nor of what was cut off.
    if revision == cut.revision:
        return cut.digest
    return connection.scalar(select(ChangeRow.digest).where(ChangeRow.revision == revision))


def broken_link(connection: Connection) -> int | None:
    """The first revision that does not follow from the one before; None where each does."""
    now = read_state(connection).position
    cut = read_cut(connection)
    return _break(connection.execute(_CHANGES), cut.revision, cut.digest, now)


def read_cut(connection: Connection) -> Cut:
    """Where the log begins."""
    columns = StateRow.cut_revision, StateRow.cut_digest, StateRow.cut_removal, StateRow.registry_id
    row = connection.execute(select(*columns)).one()
    return Cut(row.cut_revision, row.cut_digest or row.registry_id, row.cut_removal)


def newest_removal(connection: Connection) -> int:
    """Revision at which anything was last removed; 0 when nothing ever was."""
    return max(_newest_removal(connection) or 0, read_cut(connection).removal)


def cut_off(connection: Connection, keep: int, most: int = CUT_AT_ONCE) -> int:
    """Let go of changes but the newest `keep`, at most so many at once; how many were let go.

    What follows is held against the digest of the last one, as before.
    """
    now, before = read_state(connection).position, read_cut(connection)
    revision = min(now.revision - keep, before.revision + most)
    if revision <= before.revision:
        return 0
    going = ChangeRow.revision <= revision
    digest = connection.scalar(select(ChangeRow.digest).where(ChangeRow.revision == revision))
    cut = {
        "cut_revision": revision,
        "cut_digest": digest or before.digest,
        "cut_removal": _newest_removal(connection, revision) or before.removal,
    }
    connection.execute(delete(ChangeRow).where(going))
    connection.execute(update(StateRow).where(StateRow.id == STATE_ID).values(cut))
    return revision - before.revision


def _newest_removal(connection: Connection, last: int | None = None) -> int | None:
    """Of those that the log has, up to revision `last`."""
    newest = select(func.max(ChangeRow.revision)).where(ChangeRow.kind.in_(REMOVALS))
    return connection.scalar(newest if last is None else newest.where(ChangeRow.revision <= last))


def _break(rows: Iterable[Row[Any]], last: int, digest: str, now: Position) -> int | None:
    """Where `rows` do not lead on from revision `last` and its digest, as far as `now`."""
    for row in rows:
        if row.revision != last + 1:
            return last + 1
        last = row.revision
        made = _digest(digest, last, row.worker_id, row.kind, row.at, row.salt) if row.salt else row.digest
        if row.digest != made:
            return last
        digest = row.digest or digest
    return None if (last, digest) == (now.revision, now.digest) else now.revision


def _digest(before: str, revision: int, worker_id: int, kind: str, at: datetime, salt: str) -> str:
    moment = at.astimezone(timezone.utc).isoformat()
    text = "\n".join((before, str(revision), str(worker_id), kind, moment, salt))
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
