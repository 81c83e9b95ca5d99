"""Putting a backup where a registry is to be: the old one stands until the new one does, whatever happens."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, text

from facevec.backups.building import fill
from facevec.backups.reading import Contents, opened
from facevec.backups.scratch import passing_engine, scratch
from facevec.backups.sealed import SecretKey
from facevec.errors import BackupUnusable, FacevecError, OutputUnwritable, RestoreRefused, SchemaMismatch
from facevec.files import sync_folder
from facevec.integrity import IntegrityKey
from facevec.registry import marks, schema, soundness, whole
from facevec.registry.address import sqlite_file, sqlite_url
from facevec.registry.engine import open_engine, reading, reshaping, writing
from facevec.registry.failures import place
from facevec.registry.occupancy import alone_with, require_alone
from facevec.types import Position

ASIDE = "-before-restore"
"""What the database that was replaced is called, behind its own name, for as long as it is kept."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What whoever restores decides.

    replace: a registry that holds somebody. keep_old: its file stays beside the new one. keep_schema: for an
    older facevec. adopt: rows were marked under another integrity key, and count all the same.
    """

    replace: bool = False
    keep_old: bool = False
    keep_schema: bool = False
    adopt: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What stands there now. schema: of the tables. aside: where the registry that was replaced lies."""

    where: str
    contents: Contents
    schema: str
    aside: Path | None


def restore(
    path: Path,
    url: URL,
    *,
    integrity: IntegrityKey,
    key: SecretKey | None,
    choices: Choices,
    on_rows: Callable[[str, int, int], None],
) -> Restored:
    """Put the backup at `path` where `url` says, under a new epoch: every view and index is made anew.

    Raises BackupUnusable and its kinds, SchemaMismatch for a backup of a newer facevec, RestoreRefused for a
    place that is in use or holds a registry, RegistryError, OutputUnwritable. Nothing is changed then.
    """
    with opened(path, key) as contents:
        _require_same_key(contents, integrity, choices)
        schema.require_known(contents.manifest.schema)
        put = partial(_put, contents, integrity, choices, on_rows)
        file = sqlite_file(url)
        if file is None:
            version = _into_postgres(url, integrity, choices, put)
            return Restored(place(url), contents, version, None)
        version, aside = _into_sqlite(file, integrity, choices, put)
        return Restored(str(file), contents, version, aside)


Put = Callable[[Connection, int], str]
"""Fills an empty database whose epoch is to be later than this one; the schema that it has then."""


def _put(
    contents: Contents,
    integrity: IntegrityKey,
    choices: Choices,
    on_rows: Callable[[str, int, int], None],
    connection: Connection,
    epoch: int,
) -> str:
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
        faults = soundness.faults(connection)
        if faults:
            raise BackupUnusable(f"{contents.name} makes no sound registry: {faults[0]}")
    _begin_epoch(connection, epoch)
    version = schema.current(connection)
    assert version is not None
    return version


def _begin_epoch(connection: Connection, after: int) -> None:
    state = next(table for table in whole.tables(connection) if table.name == "state")
    if "epoch" in state.columns:
        restored = connection.scalar(text("SELECT epoch FROM state")) or 0
        connection.execute(text("UPDATE state SET epoch = :epoch"), {"epoch": max(restored, after) + 1})


def _require_same_key(contents: Contents, integrity: IntegrityKey, choices: Choices) -> None:
    if contents.manifest.integrity_key != integrity.fingerprint and not choices.adopt:
        raise RestoreRefused(
            f"{contents.name} was made under the integrity key {contents.manifest.integrity_key}, and the "
            f"one here ({integrity.origin}) is {integrity.fingerprint}: nobody in it would be recognised. "
            "Put that key back; where it is lost, --adopt takes every row at its word."
        )


def _into_sqlite(file: Path, integrity: IntegrityKey, choices: Choices, put: Put) -> tuple[str, Path | None]:
    with scratch(file.parent) as folder, alone_with(file):
        epoch = _require_place(file, choices)
        fresh = folder / "restored.db"
        with passing_engine(fresh, integrity) as engine, reshaping(engine) as connection:
            version = put(connection, epoch)
        try:
            return version, _swap(fresh, file, choices)
        except OSError as error:
            raise OutputUnwritable(
                f"{file} cannot be replaced: {error.strerror or error}; the old one stands as it was."
            ) from error


def _require_place(file: Path, choices: Choices) -> int:
    """The epoch of what is there. Raises RestoreRefused where it is somebody's and not to be replaced."""
    if not os.path.lexists(file):
        return 0
    if not file.is_file() or file.is_symlink():
        raise RestoreRefused(f"{file} is no file of its own; name the place itself.")
    engine = open_engine(sqlite_url(file))
    try:
        position = _standing(engine)
    except SchemaMismatch:  # of another program
        raise
    except FacevecError as error:
        if not choices.replace:
            raise RestoreRefused(
                f"{file} is there and cannot be read ({error}); --replace puts the backup in its place."
            ) from error
        return 0
    finally:
        engine.dispose()
    _require_replaceable(str(file), position, choices)
    return position.epoch if position else 0


def _standing(engine: Engine) -> Position | None:
    """Where the registry there stands; None where there is none, or one that was never used."""
    with writing(engine) as connection:  # which takes back what a crash left half written
        if schema.current(connection) is None:
            return None
        tables = whole.tables(connection)
        if not any(whole.counts(connection, [table for table in tables if table.name != "state"]).values()):
            return None
        state = connection.execute(text("SELECT * FROM state")).mappings().one_or_none()
        held = dict(state or {})
    return Position(
        held.get("registry_id", ""), held.get("epoch", 0), held.get("revision", 0), held.get("digest", "")
    )


def _require_replaceable(where: str, position: Position | None, choices: Choices) -> None:
    if position is not None and not choices.replace:
        raise RestoreRefused(
            f"{where} holds a registry, at revision {position.revision}; --replace puts the backup in its "
            "place."
        )


def _swap(fresh: Path, file: Path, choices: Choices) -> Path | None:
    """Put `fresh` where `file` is; where the old one lies then, if it is kept."""
    aside = file.with_name(f"{file.name}{ASIDE}")
    old_journal, journal_aside = (path.with_name(f"{path.name}-journal") for path in (file, aside))
    was_there = file.exists()
    aside.unlink(missing_ok=True)
    if was_there:
        # A journal that is still there belongs to a database that nobody can open.
        if old_journal.exists():
            old_journal.replace(journal_aside)
        os.link(file, aside)
        sync_folder(file.parent)
    elif old_journal.exists():
        old_journal.replace(journal_aside)
    fresh.replace(file)
    sync_folder(file.parent)
    if was_there and choices.keep_old:
        return aside
    for left in (aside, journal_aside):
        with suppress(OSError):
            left.unlink(missing_ok=True)
    return None


def _into_postgres(url: URL, integrity: IntegrityKey, choices: Choices, put: Put) -> str:
    engine = open_engine(url, key=integrity)
    try:
        with reading(engine) as connection:
            require_alone(connection)
        position = _standing(engine)
        _require_replaceable(place(url), position, choices)
        with reshaping(engine) as connection:
            schema.drop(connection)
            return put(connection, position.epoch if position else 0)
    finally:
        engine.dispose()
