"""Where a backup is to go: what is there, and how a SQLite file takes its place."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from facevec.backups.contents import Manifest
from facevec.errors import FacevecError, RestoreRefused, SchemaMismatch
from facevec.files import sync_folder
from facevec.registry import history, removals, schema, whole
from facevec.registry.address import companions, sqlite_url
from facevec.registry.encryption import carrying
from facevec.registry.engine import open_engine, writing
from facevec.registry.removals import Removal
from facevec.registry.tables import ConsentHeadRow, RegistryKeyRow, RemovalRow, StateRow
from facevec.types import Position

ASIDE = "-before-restore"
"""What the database that was replaced is called, behind its own name, for as long as it is kept."""

_OF_ANY = (StateRow.__tablename__, RegistryKeyRow.__tablename__, ConsentHeadRow.__tablename__)
"""Tables of which every registry has rows, also one that was never used."""


@dataclass(frozen=True, slots=True)
class Before:
    """The registry that is there; no position where there is none, or one that was never used.

    removals: those that it knows of. went_on: whether it once stood where the backup was made, and so
    knows of all since.
    """

    position: Position | None = None
    removals: tuple[Removal, ...] = ()
    went_on: bool = False

    @property
    def epoch(self) -> int:
        """That the new one has to be later than."""
        return 0 if self.position is None else self.position.epoch


def standing(connection: Connection, manifest: Manifest) -> Before:
    """What is there, which the backup of `manifest` may replace."""
    if schema.current(connection) is None:
        return Before()
    tables = whole.tables(connection)
    used = [table for table in tables if table.name not in _OF_ANY]
    if not any(whole.counts(connection, used).values()):
        return Before()
    held = dict(connection.execute(text("SELECT * FROM state")).mappings().one_or_none() or {})
    position = Position(
        held.get("registry_id", ""), held.get("epoch", 0), held.get("revision", 0), held.get("digest", "")
    )
    if not held or not any(table.name == RemovalRow.__tablename__ for table in tables):
        return Before(position)
    # An older copy has the same id, and one that went another way has had the same revisions.
    same = position.registry == manifest.registry and manifest.digest
    went_on = bool(same) and history.digest_at(connection, manifest.revision) == manifest.digest
    return Before(position, tuple(removals.read(connection)), went_on)


def require_replaceable(where: str, before: Before, *, replace: bool) -> None:
    """Raises RestoreRefused where there is a registry that is not to be replaced."""
    if before.position is not None and not replace:
        raise RestoreRefused(
            f"{where} holds a registry, at revision {before.position.revision}; --replace puts the backup in "
            "its place."
        )


def place_of_sqlite(file: Path, manifest: Manifest, *, replace: bool) -> Before:
    """What is there, which may be damaged. Raises as `require_replaceable`."""
    if not os.path.lexists(file):
        return Before()
    if not file.is_file() or file.is_symlink():
        raise RestoreRefused(f"{file} is no file of its own; name the place itself.")
    engine = open_engine(sqlite_url(file))
    try:
        with writing(engine) as connection:  # which takes back what a crash left half written
            before = standing(connection, manifest)
    except SchemaMismatch:  # of another program
        raise
    except FacevecError as error:
        if not replace:
            raise RestoreRefused(
                f"{file} is there and cannot be read ({error}); --replace puts the backup in its place."
            ) from error
        return Before()
    finally:
        engine.dispose()
    require_replaceable(str(file), before, replace=replace)
    return before


def swap(fresh: Path, file: Path, *, keep_old: bool) -> Path | None:
    """Put `fresh` where `file` is, at one stroke; where the old one lies then, if it is kept.

    Raises OSError; `file` is what it was then.
    """
    aside = file.with_name(f"{file.name}{ASIDE}")
    was_there = file.exists()
    carrying.destroy_beside(aside)
    for left in _with_companions(aside):
        left.unlink(missing_ok=True)
    if was_there:
        os.link(file, aside)
    for companion, its_aside in zip(companions(file), companions(aside), strict=True):
        # It belongs to a database that nobody can open, or that is gone; SQLite would write it into the new.
        with suppress(FileNotFoundError):
            companion.replace(its_aside)
    sync_folder(file.parent)
    own = carrying.sets_beside(fresh)
    carrying.move(fresh, file)
    fresh.replace(file)
    sync_folder(file.parent)
    if was_there and keep_old:
        carrying.move(file, aside, but=own)
        return aside
    carrying.destroy_beside(file, but=own)
    for left in _with_companions(aside):
        with suppress(OSError):
            left.unlink(missing_ok=True)
    return None


def _with_companions(file: Path) -> tuple[Path, ...]:
    return (file, *companions(file))
