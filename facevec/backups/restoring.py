"""Putting a backup where a registry is to be: the old one stands until the new one does, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, inspect, text

from facevec.backups.building import fill
from facevec.backups.contents import Manifest
from facevec.backups.gone import Gone
from facevec.backups.places import Before, place_of_sqlite, require_replaceable, standing, swap
from facevec.backups.reading import Contents, opened
from facevec.backups.scratch import passing_engine, scratch
from facevec.backups.sealed import SecretKey
from facevec.errors import BackupUnusable, OutputUnwritable, RestoreRefused
from facevec.integrity import IntegrityKey
from facevec.registry import marks, schema, soundness, state
from facevec.registry.address import sqlite_file
from facevec.registry.encryption import carrying
from facevec.registry.engine import open_engine, reshaping
from facevec.registry.failures import place
from facevec.registry.ledger import RemovalLedger
from facevec.registry.occupancy import alone_with, require_alone


@dataclass(frozen=True, slots=True)
class Choices:
    """What whoever restores decides.

    replace: a registry that holds somebody. keep_old: its file stays beside the new one. keep_schema: for an
    older facevec. adopt: rows were marked under another integrity key, and count all the same.
    without_ledger: although nobody can say who was removed since.
    """

    replace: bool = False
    keep_old: bool = False
    keep_schema: bool = False
    adopt: bool = False
    without_ledger: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What stands there now.

    schema: of the tables. aside: where the registry that was replaced lies. erased: what is in the backup and
    was removed since, by kind. not_authentic: as in `marks.refused_by_table`.
    """

    where: str
    contents: Contents
    schema: str
    aside: Path | None
    erased: Mapping[str, int]
    not_authentic: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Filled:
    """A database that a backup was put into; as in `Restored`."""

    schema: str
    erased: Mapping[str, int]
    not_authentic: Mapping[str, int]


Put = Callable[[Connection, Before], Filled]
"""Fills an empty database, in the place of what was there before."""


def restore(
    path: Path,
    url: URL,
    *,
    integrity: IntegrityKey,
    key: SecretKey | None,
    ledgers: Sequence[RemovalLedger],
    choices: Choices,
    on_rows: Callable[[str, int, int], None],
) -> Restored:
    """Put the backup at `path` where `url` says, under a new epoch: every view and index is made anew.

    ledgers: by which nobody comes back who was removed since.

    Raises BackupUnusable and its kinds, SchemaMismatch for a backup of a newer facevec, RestoreRefused for a
    place that is in use or holds a registry, RegistryError, OutputUnwritable. Nothing is changed then.
    """
    with opened(path, key) as contents:
        _require_same_key(contents, integrity, choices)
        schema.require_known(contents.manifest.schema, "The backup")
        gone = Gone.of(ledgers, contents, is_waived=choices.without_ledger)
        put = partial(_put, contents, integrity, choices, gone, on_rows)
        file = sqlite_file(url)
        if file is None:
            filled = _into_postgres(url, integrity, contents.manifest, choices, put)
            where, aside = place(url), None
        else:
            filled, aside = _into_sqlite(file, integrity, contents.manifest, choices, put)
            where = str(file)
        return Restored(where, contents, filled.schema, aside, filled.erased, filled.not_authentic)


def _put(
    contents: Contents,
    integrity: IntegrityKey,
    choices: Choices,
    gone: Gone,
    on_rows: Callable[[str, int, int], None],
    connection: Connection,
    before: Before,
) -> Filled:
    total = contents.manifest.total
    fill(connection, contents, lambda rows: on_rows("Restoring", rows, total))
    if contents.manifest.integrity_key == integrity.fingerprint and not contents.made_under(integrity):
        raise BackupUnusable(
            f"{contents.name} was changed by somebody without the integrity key; use another copy of it."
        )
    if not choices.keep_schema:
        schema.upgrade_within(connection)
        if choices.adopt:
            marks.adopt(connection)
    erased = gone.erase(connection, before)
    refused: Mapping[str, int] = {}
    if not choices.keep_schema:
        refused = marks.refused_by_table(connection)
        faults = soundness.faults(connection)
        if faults:
            raise BackupUnusable(f"{contents.name} makes no sound registry: {faults[0]}")
    if carrying.holds(connection):
        carrying.destroy_unused(connection)
        carrying.call_anew(connection)
    _begin_epoch(connection, before.epoch)
    version = schema.current(connection)
    assert version is not None
    return Filled(version, erased, refused)


def _begin_epoch(connection: Connection, after: int) -> None:
    if any(column["name"] == "epoch" for column in inspect(connection).get_columns("state")):
        restored = connection.scalar(text("SELECT epoch FROM state")) or 0
        epoch = state.epoch_after(max(restored, after))
        connection.execute(text("UPDATE state SET epoch = :epoch"), {"epoch": epoch})


def _require_same_key(contents: Contents, integrity: IntegrityKey, choices: Choices) -> None:
    if contents.manifest.integrity_key != integrity.fingerprint and not choices.adopt:
        raise RestoreRefused(
            f"{contents.name} was made under the integrity key {contents.manifest.integrity_key}, and the "
            f"one here ({integrity.origin}) is {integrity.fingerprint}: nobody in it would be recognised. "
            "Put that key back; where it is lost, --adopt takes every row at its word."
        )


def _into_sqlite(
    file: Path, integrity: IntegrityKey, manifest: Manifest, choices: Choices, put: Put
) -> tuple[Filled, Path | None]:
    with scratch(file.parent) as folder, alone_with(file):
        before = place_of_sqlite(file, manifest, replace=choices.replace)
        fresh = folder / "restored.db"
        with passing_engine(fresh, integrity) as engine, reshaping(engine) as connection:
            filled = put(connection, before)
        try:
            return filled, swap(fresh, file, keep_old=choices.keep_old)
        except OSError as error:
            raise OutputUnwritable(
                f"{file} cannot be replaced: {error.strerror or error}; the old one stands as it was."
            ) from error


def _into_postgres(
    url: URL, integrity: IntegrityKey, manifest: Manifest, choices: Choices, put: Put
) -> Filled:
    engine = open_engine(url, key=integrity)
    try:
        with reshaping(engine) as connection:
            require_alone(connection)
            schema.lock(connection)
            require_alone(connection)  # whoever came meanwhile waits now, or has ended what they wrote
            before = standing(connection, manifest)
            require_replaceable(place(url), before, replace=choices.replace)
            schema.drop(connection)
            return put(connection, before)
    finally:
        engine.dispose()
