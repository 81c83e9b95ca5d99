"""Who and what was removed, so that no older copy of the registry brings it back.

An entry is a keyed hash of what tells one removal from every other: an id is given again where a registry
went back, the moment somebody was enrolled at is not. It names nobody. Entries stand in the registry, written
with the removal itself, and in a ledger outside of it and of every backup (`ledger`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, insert, select

from facevec.integrity import IntegrityKey
from facevec.registry import marks
from facevec.registry.columns import utc
from facevec.registry.tables import ConsentEntryRow, PhotoRow, RemovalRow, SealRow, WorkerRow

Kind = Literal["worker", "photo", "seal", "pixels", "consent", "key"]
"""`seal`: the sealed face. `pixels`: of a photo whose template stays. `consent`: for one purpose, which
nothing covers any more."""

RECOGNITION = "recognition"
"""The purpose that every consent has. Others are columns of a worker, `consent_emotion` say."""

VISITS = "consent_visits"
"""The purpose without which no visit is kept."""

_PURPOSE = "consent_"
_IDENTITY_BYTES = 16
_LATER = timedelta(microseconds=1)
_ASKED_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Removal:
    """identity: the keyed hash, hexadecimal."""

    identity: str
    kind: Kind
    at: datetime


@dataclass(frozen=True, slots=True)
class Holdings:
    """What of a worker can be removed, by identity; purposes: what they agreed to, by its name, each with its
    identities in this registry and in older copies of it."""

    things: Mapping[str, Kind] = field(default_factory=dict)
    purposes: Mapping[str, Collection[str]] = field(default_factory=dict)

    def without(self, left: Holdings) -> Mapping[str, Kind]:
        """What is not among what is `left`; where the worker is gone, that says it all."""
        gone = {identity: kind for identity, kind in self.things.items() if identity not in left.things}
        if "worker" in gone.values():
            return {identity: kind for identity, kind in gone.items() if kind == "worker"}
        ended: dict[str, Kind] = {
            identity: "consent"
            for purpose, identities in self.purposes.items()
            if purpose not in left.purposes
            for identity in identities
        }
        return {**gone, **ended}


def holdings(connection: Connection, worker_id: int, at: datetime) -> Holdings:
    """Those of a worker, at that moment; empty for one who is not there."""
    key = marks.key_of(connection)
    worker = connection.execute(select(WorkerRow.__table__).where(WorkerRow.id == worker_id)).one_or_none()
    if worker is None:
        return Holdings()
    things: dict[str, Kind] = {of_worker(key, worker._mapping): "worker"}
    things |= photos_of(connection, worker_id)
    sealed = select(SealRow.worker_id, SealRow.sealed_at).where(SealRow.worker_id == worker_id)
    for seal in connection.execute(sealed):
        things[of_seal(key, seal._mapping)] = "seal"
    return Holdings(things, _purposes_ever(connection, worker._mapping, at))


def photos_of(
    connection: Connection, worker_id: int, photo_ids: Collection[int] | None = None
) -> dict[str, Kind]:
    """Their photos, or these of them, by identity; none of one who is not there."""
    key, things = marks.key_of(connection), dict[str, Kind]()
    columns = PhotoRow.id, PhotoRow.created_at, PhotoRow.pixels.is_not(None).label("kept")
    for photo in connection.execute(select(*columns).where(PhotoRow.worker_id == worker_id)):
        if photo_ids is None or photo.id in photo_ids:
            things[of_photo(key, photo._mapping)] = "photo"
            if photo.kept:
                things[of_pixels(key, photo._mapping)] = "pixels"
    return things


def of_worker(key: IntegrityKey, row: Mapping[Any, Any]) -> str:
    """The identity of a worker."""
    return _identity(key, "worker", row["id"], row["created_at"])


def of_photo(key: IntegrityKey, row: Mapping[Any, Any]) -> str:
    """The identity of an enrolment photo and its template."""
    return _identity(key, "photo", row["id"], row["created_at"])


def of_photo_before(key: IntegrityKey, row: Mapping[Any, Any]) -> str:
    """As `of_photo`, by which removals were recorded as long as hashes of files were in clear."""
    return _identity(key, "photo", row["id"], row["created_at"], row["sha256"])


def of_seal(key: IntegrityKey, row: Mapping[Any, Any]) -> str:
    """The identity of a sealed face."""
    return _identity(key, "seal", row["worker_id"], row["sealed_at"])


def of_visit(key: IntegrityKey, row: Mapping[Any, Any]) -> str:
    """The identity of a visit."""
    return _identity(key, "visit", row["id"], row["worker_id"], row["day"])


def of_pixels(key: IntegrityKey, row: Mapping[Any, Any]) -> str:
    """The identity of a photo that is kept, without its template."""
    return _identity(key, "pixels", row["id"], row["created_at"])


def of_pixels_before(key: IntegrityKey, row: Mapping[Any, Any]) -> str:
    """As `of_photo_before`, of `of_pixels`."""
    return _identity(key, "pixels", row["id"], row["created_at"], row["sha256"])


def of_api_key(key: IntegrityKey, row: Mapping[Any, Any]) -> str:
    """The identity of a key of the service."""
    return _identity(key, "key", row["id"], row["created_at"])


def of_number(key: IntegrityKey, worker_id: int) -> str:
    """What stands for a worker's number, which is in rows of theirs."""
    return _identity(key, "number", worker_id)


def purposes(key: IntegrityKey, row: Mapping[Any, Any], at: datetime | None = None) -> dict[str, str]:
    """For what a worker's consent is, each with its identity. at: none where it has ended by then."""
    agreed_at, ends = row["consent_given_at"], row["consent_expires_at"]
    if agreed_at is None or (at is not None and ends is not None and utc(ends) <= at):
        return {}
    agreed = [name for name in row if name.startswith(_PURPOSE) and row[name] is True]
    return {purpose: _of_purpose(key, row, agreed_at, purpose) for purpose in (RECOGNITION, *agreed)}


def _purposes_ever(
    connection: Connection, row: Mapping[Any, Any], at: datetime
) -> Mapping[str, Collection[str]]:
    """For what a worker's consent is, each with its identities by every consent of theirs: an older copy of
    the registry has one that was renewed since."""
    key = marks.key_of(connection)
    identities = {purpose: {identity} for purpose, identity in purposes(key, row, at).items()}
    if identities:
        own = ConsentEntryRow.worker_id == row["id"]
        for moment in connection.scalars(select(ConsentEntryRow.given_at).where(own).distinct()).all():
            for purpose, ever in identities.items():
                ever.add(_of_purpose(key, row, moment, purpose))
    return identities


def _of_purpose(key: IntegrityKey, row: Mapping[Any, Any], agreed_at: datetime, purpose: str) -> str:
    return _identity(key, "consent", row["id"], row["created_at"], agreed_at, purpose)


def free_moment(connection: Connection, worker_id: int, agreement: Mapping[str, Any]) -> datetime:
    """When a consent, with these columns of a worker, is recorded to have been given: as said, or by as many
    microseconds later as none of its purposes stands among the removals by then."""
    # Who takes a purpose off and agrees to it again, both by one paper, would have it ended by a restore.
    key = marks.key_of(connection)
    created_at = connection.scalar(select(WorkerRow.created_at).where(WorkerRow.id == worker_id))
    row = {**agreement, "id": worker_id, "created_at": created_at}
    while known(connection, tuple(purposes(key, row).values())):
        row["consent_given_at"] += _LATER
    moment: datetime = row["consent_given_at"]
    return moment


def write(connection: Connection, removals: Iterable[Removal]) -> None:
    """Have them stand in the registry; those that do already stay as they are."""
    by_identity = {one.identity: one for one in removals}
    there = known(connection, tuple(by_identity))
    new = [one for identity, one in by_identity.items() if identity not in there]
    if new:
        rows = [{"identity": one.identity, "kind": one.kind, "at": one.at} for one in new]
        connection.execute(insert(RemovalRow), rows)


def known(connection: Connection, identities: Sequence[str]) -> set[str]:
    """Those of them that stand in the registry."""
    there: set[str] = set()
    for start in range(0, len(identities), _ASKED_AT_ONCE):
        some = identities[start : start + _ASKED_AT_ONCE]
        there.update(connection.scalars(select(RemovalRow.identity).where(RemovalRow.identity.in_(some))))
    return there


def read(connection: Connection) -> Iterator[Removal]:
    """All that stand in the registry."""
    for row in connection.execute(select(RemovalRow.identity, RemovalRow.kind, RemovalRow.at)):
        yield Removal(row.identity, row.kind, row.at)


def _identity(key: IntegrityKey, kind: str, *parts: object) -> str:
    said = (utc(part).isoformat() if isinstance(part, datetime) else str(part) for part in parts)
    return key.mark(f"removed {kind}", [part.encode() for part in said])[:_IDENTITY_BYTES].hex()
