"""What a change of the registry writes, and what it refuses to write."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import PurePath
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from facevec.dates import in_words
from facevec.decision.consent import may_keep_photos
from facevec.errors import ContractMismatch, NotAuthentic, PhotoAlreadyEnrolled, WorkerError, WorkerExists
from facevec.registry import marks, queries
from facevec.registry.consents import require_text
from facevec.registry.encryption import vault, words
from facevec.registry.names import (
    canonical_name,
    clean_external_id,
    clean_name,
    clean_source,
    clean_text_version,
    comparable,
    mentions,
)
from facevec.registry.skeletons import skeleton
from facevec.registry.state import read_change, read_state
from facevec.registry.tables import (
    Base,
    DistinctionRow,
    PhotoRow,
    ReviewRow,
    SealRow,
    TemplateRow,
    VisitRow,
    WorkerRow,
)
from facevec.registry.templates import stored
from facevec.types import Consent, DistinctFrom, NewPhoto, Vector

CONSENT = ("consent_text_version", "consent_given_at", "consent_expires_at")
"""Columns that are empty without a consent."""

PURPOSES = ("consent_emotion", "consent_photos", "consent_visits")


def new_worker(name: str, external_id: str | None, consent: Consent | None, at: datetime) -> dict[str, Any]:
    """The row of a new worker. Raises WorkerError for a name, id or consent that cannot be kept."""
    dates = {"created_at": at, "updated_at": at}
    return {**naming(name), **external(external_id), **agreement(consent), "status": "active", **dates}


def update_worker(connection: Connection, worker_id: int, changes: Mapping[str, Any]) -> None:
    """Change columns of a worker. Raises NotAuthentic where the row is not as facevec wrote it, and
    RegistryError where a name is changed beside what cannot be decrypted."""
    before = connection.execute(select(WorkerRow.__table__).where(WorkerRow.id == worker_id)).one()
    if not marks.holds(connection, WorkerRow, before):
        raise NotAuthentic(
            f"Worker {worker_id} was changed by somebody without the integrity key; look at them, then run "
            "`facevec integrity adopt`."
        )
    changes = words.changed(connection, WorkerRow, before, changes)
    update_marked(connection, WorkerRow, before._mapping, changes)


def destroy_biometrics(connection: Connection, worker_id: int) -> None:
    """Delete what a worker is told by: photos, with their templates and pixels, the sealed face, and what
    waits for somebody to confirm that a face is theirs."""
    connection.execute(delete(PhotoRow).where(PhotoRow.worker_id == worker_id))
    connection.execute(delete(SealRow).where(SealRow.worker_id == worker_id))
    connection.execute(delete(ReviewRow).where(ReviewRow.worker_id == worker_id))


def forget_photos(connection: Connection, worker_id: int, before: datetime) -> None:
    """Delete photos that were enrolled by then; with the last one the sealed face goes, too."""
    own = PhotoRow.worker_id == worker_id
    connection.execute(delete(PhotoRow).where(own, PhotoRow.created_at <= before))
    if connection.scalar(select(PhotoRow.id).where(own).limit(1)) is None:
        destroy_biometrics(connection, worker_id)


def forget_pixels(connection: Connection, worker_id: int) -> None:
    """Delete the photos themselves, and keep what was computed from them."""
    kept = (PhotoRow.worker_id == worker_id) & PhotoRow.pixels.is_not(None)
    connection.execute(update(PhotoRow).where(kept).values(pixels=None))


def forget_visits(connection: Connection, worker_id: int) -> None:
    """Delete what is recorded of when a worker was seen."""
    connection.execute(delete(VisitRow).where(VisitRow.worker_id == worker_id))


def forget_name(connection: Connection, worker_id: int, name: str) -> None:
    """Take a worker's former name out of what their photos are called."""
    own = select(PhotoRow.__table__).where(PhotoRow.worker_id == worker_id)
    photos = connection.execute(own).all()
    for before, photo in zip(photos, words.opened(connection, PhotoRow, photos), strict=True):
        if mentions(photo["source"], name):
            source = f"photo {before.id}{PurePath(photo['source']).suffix}"
            changes = words.changed(connection, PhotoRow, before, {"source": source})
            connection.execute(update(PhotoRow).where(PhotoRow.id == before.id).values(changes))


def naming(name: str) -> dict[str, Any]:
    """The columns of a name. Raises WorkerError."""
    cleaned = clean_name(name)
    return {"name": cleaned, "name_key": comparable(cleaned), "name_skeleton": skeleton(cleaned)}


def external(external_id: str | None) -> dict[str, Any]:
    """The columns of an external id. Raises WorkerError."""
    if external_id is None:
        return {"external_id": None, "external_key": None}
    cleaned = clean_external_id(external_id)
    return {"external_id": cleaned, "external_key": comparable(cleaned)}


def agreement(consent: Consent | None) -> dict[str, Any]:
    """The columns of a consent, empty without one. Raises WorkerError."""
    if consent is None:
        return {**dict.fromkeys(CONSENT), **dict.fromkeys(PURPOSES, False)}
    expires_at = consent.expires_at
    if consent.given_at.tzinfo is None or (expires_at is not None and expires_at.tzinfo is None):
        raise WorkerError("The times of a consent need a time zone, such as 2026-01-31T09:00:00Z.")
    if expires_at is not None and expires_at <= consent.given_at:
        raise WorkerError(
            f"A consent must end after it was given: {in_words(expires_at)} is not after "
            f"{in_words(consent.given_at)}."
        )
    return {
        "consent_text_version": clean_text_version(consent.text_version),
        "consent_given_at": consent.given_at,
        "consent_expires_at": expires_at,
        "consent_emotion": consent.emotion,
        "consent_photos": consent.photos,
        "consent_visits": consent.visits,
    }


def refuse_taken(connection: Connection, row: Mapping[str, Any], distinct_from: DistinctFrom | None) -> None:
    """Raises WorkerExists when the external id or the name of a new row is taken or looks like such, and
    ConsentRefused for a consent to a text that is not kept."""
    if row["consent_text_version"] is not None:
        require_text(connection, row["consent_text_version"])
    _refuse_same_external_id(connection, row["external_key"], row["external_id"])
    refuse_name(connection, row, distinct_from.worker_ids if distinct_from else ())


def refuse_name(connection: Connection, row: Mapping[str, Any], distinct_from: Collection[int]) -> None:
    """Raises WorkerExists for a name that is somebody's already, or that looks like one.

    distinct_from: workers who were decided to be somebody else; their names may look alike.
    """
    _refuse_same_name(connection, row)
    _refuse_look_alike(connection, row, distinct_from)


def _refuse_same_external_id(connection: Connection, key: str | None, shown: str | None) -> None:
    if key is None:
        return
    is_theirs = words.finds(connection, WorkerRow, "external_key", key)
    other = connection.scalar(select(WorkerRow.id).where(is_theirs))
    if other is not None:
        raise WorkerExists(
            f"The external id {shown!r} belongs to worker {other} already; add the photos to that worker, or "
            "use another external id."
        )


def _refuse_look_alike(
    connection: Connection, row: Mapping[str, Any], distinct_from: Collection[int]
) -> None:
    """Names that are one are told apart by external ids; those that only look so would not be noticed."""
    own = canonical_name(row["name"])
    alike = select(*marks.columns(WorkerRow)).where(
        words.finds(connection, WorkerRow, "name_skeleton", row["name_skeleton"]),
        WorkerRow.id.not_in([row.get("id", 0), *distinct_from]),
    )
    others = connection.execute(alike.order_by(WorkerRow.id)).all()
    for other in words.opened(connection, WorkerRow, others, strict=True):
        if canonical_name(other["name"]) != own:
            raise WorkerExists(
                f"The name {row['name']!r} looks like {other['name']!r}, the name of worker {other['id']}, "
                "and is taken for it; write it with the letters it is meant to have, or, for two people who "
                f"are called so, say `--distinct-from id:{other['id']}` (`distinct_from` in the API, with "
                "admin)."
            )


def _refuse_same_name(connection: Connection, row: Mapping[str, Any]) -> None:
    """Two workers share a name only when both have an external id to tell them apart."""
    called = queries.ids_called(connection, row["name"])
    same = select(*marks.columns(WorkerRow)).where(WorkerRow.id.in_(called), WorkerRow.id != row.get("id", 0))
    if row["external_id"] is not None:
        same = same.where(WorkerRow.external_id.is_(None))
    others = connection.execute(same.limit(1)).all()
    for other in words.opened(connection, WorkerRow, others, strict=True):
        called = other["name"]
        raise WorkerExists(
            f"Worker {other['id']} is called {called!r} already{_as_good_as(row['name'], called)}; "
            f"{_way_out(other['id'], other['external_id'], is_new='id' not in row)}."
        )


def _way_out(other: int, external_id: str | None, *, is_new: bool) -> str:
    """What to do about a name that is worker `other`'s. An external id is given when somebody is enrolled."""
    name = "choose a name that tells them apart; only people with an external id each may share one"
    if not is_new:
        return name
    if_not = name if external_id is None else "give this one an external id too, or another name"
    return f"if it is the same person, add the photos to worker {other}; if not, {if_not}"


def _as_good_as(name: str, other: str) -> str:
    return "" if name == other else f", which is the same name as {name!r}"


def with_open_contracts(connection: Connection, photos: Sequence[NewPhoto]) -> list[NewPhoto]:
    """`photos` without templates beside their own that no change of the model, under way now, asks for."""
    if not any(photo.beside for photo in photos):
        return [*photos]
    change = read_change(connection)
    wanted = set() if change is None else {change.other.contract}
    return [
        replace(photo, beside={name: photo.beside[name] for name in wanted & photo.beside.keys()})
        for photo in photos
    ]


def covered(photos: Sequence[NewPhoto], consent: Consent | None) -> Sequence[NewPhoto]:
    """`photos`, to be kept themselves only where `consent` has it so."""
    return photos if may_keep_photos(consent) else [replace(photo, pixels=None) for photo in photos]


def insert_photos(connection: Connection, worker_id: int, photos: Sequence[NewPhoto], at: datetime) -> None:
    """Write photos, which `refuse_photos` has let pass, with their templates."""
    for photo in photos:
        photo_row = {
            "worker_id": worker_id,
            "sha256": photo.sha256,
            "source": clean_source(photo.source),
            "quality": {name: float(value) for name, value in asdict(photo.quality).items()},
            "pixels": photo.pixels,
            "created_at": at,
        }
        photo_id = insert_row(connection, PhotoRow, words.sealed(connection, PhotoRow, photo_row))
        for contract, template in {photo.contract: photo.template, **photo.beside}.items():
            insert_template(connection, worker_id, photo_id, contract, template, at)


def insert_template(
    connection: Connection,
    worker_id: int,
    photo_id: int,
    contract: str,
    template: Vector,
    at: datetime,
) -> None:
    """Write a photo's template, (dimension,), of one contract."""
    row = {
        "worker_id": worker_id,
        "photo_id": photo_id,
        "contract": contract,
        "vector": stored(template),
        "created_at": at,
    }
    sealed = vault.sealed(connection, TemplateRow, row)
    insert_row(connection, TemplateRow, marks.marked(connection, TemplateRow, sealed))


def insert_distinctions(
    connection: Connection, worker_id: int, distinct_from: DistinctFrom | None, at: datetime
) -> None:
    """Record from whom a worker is distinct, where it is not recorded yet. Raises WorkerNotFound."""
    if distinct_from is None:
        return
    known = {one.worker_id for one in queries.read_worker(connection, worker_id).distinct_from}
    for other in sorted({*distinct_from.worker_ids} - known):
        queries.read_worker(connection, other)
        row = {
            "first_id": min(worker_id, other),
            "second_id": max(worker_id, other),
            "decided_by": distinct_from.decided_by,
            "decided_at": at,
        }
        connection.execute(insert(DistinctionRow).values(marks.marked(connection, DistinctionRow, row)))


def insert_row(connection: Connection, table: type[Base], row: Mapping[str, Any]) -> int:
    """The new row's id."""
    key = connection.execute(insert(table).values(row)).inserted_primary_key
    return int(key[0])  # type: ignore[index]  # it is None only after many rows at once


def insert_marked(connection: Connection, table: type[Base], row: Mapping[str, Any]) -> int:
    """As `insert_row`, of a row whose mark holds the id that it gets."""
    own = insert_row(connection, table, row)
    made = marks.mark(connection, table, {**row, "id": own})
    connection.execute(update(table).where(table.__table__.c.id == own).values(mark=made))
    return own


def update_marked(
    connection: Connection, table: type[Base], before: Mapping[Any, Any], changes: Mapping[str, Any]
) -> None:
    """Change columns of a row that was `before`, with its id, and its mark with them."""
    made = marks.mark(connection, table, {**before, **changes})
    chosen = table.__table__.c.id == before["id"]
    connection.execute(update(table).where(chosen).values({**changes, "mark": made}))


def photo_owners(connection: Connection, digests: Collection[str]) -> dict[str, int]:
    """Of each of these files that is enrolled, by its hash, the worker who is enrolled with it."""
    stored_as = words.stored_as(connection, PhotoRow, "sha256", digests)
    enrolled = select(PhotoRow.sha256, PhotoRow.worker_id).where(PhotoRow.sha256.in_(stored_as))
    return {stored_as[row.sha256]: row.worker_id for row in connection.execute(enrolled)}


def refuse_photos(connection: Connection, photos: Sequence[NewPhoto]) -> None:
    """Raises ContractMismatch, and PhotoAlreadyEnrolled for a file that is enrolled, or comes twice."""
    state = read_state(connection)
    for photo in photos:
        if photo.contract != state.contract:
            raise ContractMismatch(
                f"A template of contract {photo.contract} cannot join a registry of contract "
                f"{state.contract}; enrol with the registry's own model, {state.model}."
            )
    owner_of = photo_owners(connection, [photo.sha256 for photo in photos])
    seen: set[str] = set()
    for photo in photos:
        if photo.sha256 in owner_of:
            owner = owner_of[photo.sha256]
            raise PhotoAlreadyEnrolled(
                f"{photo.source} was enrolled meanwhile, as a photo of worker {owner}; look at that worker, "
                "then try again."
            )
        if photo.sha256 in seen:
            raise PhotoAlreadyEnrolled(f"{photo.source} is given twice; the same file counts once.")
        seen.add(photo.sha256)
