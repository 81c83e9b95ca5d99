"""Making a backup of a registry that is being used, and not calling it one before it was read back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, select

from facevec.backups.building import build_database
from facevec.backups.contents import END, FILE, Manifest, pack_block, pack_manifest, packed
from facevec.backups.output import becoming, require_on_disk, sweep
from facevec.backups.reading import KIND, MARKED_AS, opened
from facevec.backups.scratch import passing_engine, scratch, snapshot
from facevec.backups.sealed import Header, SecretKey, Writer
from facevec.errors import BackupUnusable, RegistryError, SchemaMismatch
from facevec.files import sha256_of
from facevec.integrity import IntegrityKey
from facevec.registry import marks, schema, soundness, whole
from facevec.registry.engine import reading

OnRows = Callable[[str, int, int], None]
"""Is told what is being done, how many rows of it by now, and of how many."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made. size: bytes. not_authentic: as in `marks.refused_by_table`."""

    path: Path
    header: Header
    manifest: Manifest
    size: int
    sha256: str
    not_authentic: Mapping[str, int]


def nothing_told(_what: str, _rows: int, _total: int) -> None:
    """For whom progress is nothing."""


def make_backup(
    engine: Engine,
    path: Path,
    *,
    integrity: IntegrityKey,
    within: Path,
    key: SecretKey | None = None,
    files: Mapping[str, bytes] | None = None,
    on_rows: OnRows = nothing_told,
) -> Backup:
    """Write the registry, as it is at one moment, to the file at `path`; services go on meanwhile.

    The file stands there once it was read back: every byte is the one that was meant, and a database made
    of it is sound under this facevec's schema. within: a folder where that is tried, and which has to have
    room for two databases. key: what the file is encrypted under. files: what else goes in.

    Raises RegistryError, SchemaMismatch for an empty database, OutputUnwritable, BackupUnusable for what
    cannot be read back.
    """
    sweep(path.parent)
    with scratch(within) as folder, becoming(path, "backup") as successor:
        with successor.open("wb") as file:
            written = Writer(file, KIND, key)
            with snapshot(engine, folder) as connection:
                manifest = _written(connection, written, integrity, files or {}, on_rows)
        _require_as_meant(successor, written)
        refused = _rehearse(successor, path, folder, integrity, key, on_rows)
    return Backup(path, written.header, manifest, written.size, written.sha256.hexdigest(), refused)


def _written(
    connection: Connection,
    writer: Writer,
    integrity: IntegrityKey,
    files: Mapping[str, bytes],
    on_rows: OnRows,
) -> Manifest:
    tables = whole.tables(connection)
    manifest = _manifest(connection, tables, integrity, tuple(files))
    frames = hashlib.sha256(writer.header_digest)
    counted = dict.fromkeys(manifest.rows, 0)

    def add(frame: bytes) -> None:
        frames.update(frame)
        writer.add(frame)

    add(pack_manifest(manifest))
    for name, data in files.items():
        add(packed(FILE, {"name": name}, data))
    for table in tables:
        for block in whole.read(connection, table):
            add(pack_block(block))
            counted[table.name] += len(block.rows)
            on_rows("Writing", sum(counted.values()), manifest.total)
    mark = integrity.mark(MARKED_AS, [frames.digest()])
    writer.add(packed(END, {"mark": mark.hex(), "rows": counted}), last=True)
    return manifest


def _manifest(
    connection: Connection, tables: tuple[Table, ...], integrity: IntegrityKey, files: tuple[str, ...]
) -> Manifest:
    version = schema.current(connection)
    if version is None:
        raise SchemaMismatch("The database is empty; there is nothing to make a backup of.")
    state = next((table for table in tables if table.name == "state"), None)
    row = None if state is None else connection.execute(select(state)).mappings().one_or_none()
    if row is None:
        raise RegistryError("The registry has lost its state row; a backup of it would be none.")
    stood: dict[str, Any] = dict(row)
    return Manifest(
        schema=version,
        engine=connection.dialect.name,
        registry=stood.get("registry_id"),
        epoch=stood.get("epoch"),
        revision=stood["revision"],
        digest=stood.get("digest"),
        model=stood["model"],
        contract=stood["contract"],
        integrity_key=integrity.fingerprint,
        rows=whole.counts(connection, tables),
        last_ids=whole.last_ids(connection, tables),
        files=files,
    )


def _require_as_meant(path: Path, written: Writer) -> None:
    """Raises BackupUnusable where the disk gives back anything else."""
    require_on_disk(path)
    if sha256_of(path) != written.sha256.hexdigest():
        raise BackupUnusable(
            "The disk does not give back what was written to it for the backup; look at it, and write to "
            "another."
        )


def _rehearse(
    successor: Path,
    path: Path,
    folder: Path,
    integrity: IntegrityKey,
    key: SecretKey | None,
    on_rows: OnRows,
) -> Mapping[str, int]:
    """How many rows are not as facevec wrote them: the database that comes of the file has them as they are.

    Raises BackupUnusable unless that is sound.
    """
    with _tried(successor, folder, integrity, key, on_rows) as engine, reading(engine) as connection:
        faults = soundness.faults(connection)
        refused = marks.refused_by_table(connection)
    if faults:
        raise BackupUnusable(
            f"No backup was made at {path}: the registry that would be in it is damaged. {faults[0]} Run "
            "`facevec db check`, and restore an earlier backup."
        )
    return refused


@contextmanager
def _tried(
    successor: Path,
    folder: Path,
    integrity: IntegrityKey,
    key: SecretKey | None,
    on_rows: OnRows,
) -> Iterator[Engine]:
    file = folder / "rehearsal.db"
    with passing_engine(file, integrity) as engine:
        with opened(successor, key) as contents:
            build_database(engine, contents, lambda rows: on_rows("Trying", rows, contents.manifest.total))
        schema.upgrade(engine)
        yield engine
