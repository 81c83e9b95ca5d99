"""`facevec db`: the schema of the registry's database."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.backup import rows_shown
from facevec.cli.common import (
    BACKUPS,
    FAULTS_EXIT_CODE,
    Deed,
    app,
    json_option,
    note,
    print_json,
    progress,
    settings,
    show,
)
from facevec.cli.encryption import encrypt
from facevec.cli.files import make_folder, named
from facevec.cli.integrity import marked

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from facevec.config import Loaded
    from facevec.registry.schema import SchemaStatus


@click.group()
def db() -> None:
    """Look at the registry's database, bring it up to date, copy it."""


@db.command(cls=Deed)
@click.option("--no-backup", is_flag=True, help="Make no backup first.")
@json_option
def upgrade(no_backup: bool, as_json: bool) -> None:
    """Bring the schema to this facevec's version; all or nothing, safe while services run.

    An empty database is set up. Of any other a backup is made first, in the folder
    backups of FACEVEC_HOME, and the upgrade is tried on it; `facevec restore FILE --replace
    --keep-schema` is the way back to an older facevec. A database from before rows were
    marked (docs/threat-model.md) is marked as it stands.
    """
    from facevec.integrity import key_at
    from facevec.presentation.answers.database import SchemaUpgraded
    from facevec.registry import schema
    from facevec.registry.engine import open_engine

    loaded = settings()
    engine = open_engine(loaded.registry_url, key=key_at(loaded.integrity_key_file))
    before = schema.check(engine)
    backup = None
    if before.current is not None and not before.up_to_date and not no_backup:
        schema.require_known(before.current)
        backup = _backup_before(loaded, engine, before)
    after = schema.upgrade(engine)
    if backup is not None and not as_json:
        note(
            f"{named(backup)} holds the registry as it was before. To go back: `facevec restore "
            f"{named(backup)} --replace --keep-schema`, then the older facevec. It is not encrypted, and "
            "whoever is removed from now on stays in it: delete it once all is well."
        )
    if as_json:
        print_json(
            SchemaUpgraded.of(after, before=before.current, backup=None if backup is None else str(backup))
        )
    elif before.up_to_date:
        show(f"Nothing to do: the schema is {after.current}, as this facevec needs it.")
    else:
        show(f"The schema went from {before.current or 'empty'} to {after.current}.")
    if after.adopted:
        note(
            f"Taken at its word, this once: {marked(after.adopted)} are marked under the integrity key "
            f"{loaded.integrity_key_file} as they stood. Look at `facevec worker list` and `facevec key "
            "list`, keep a copy of the key apart from the backups, and run `facevec index rebuild`."
        )


@db.command(cls=Deed)
@click.option(
    "--to",
    "url",
    required=True,
    envvar="FACEVEC_COPY_TO",
    metavar="URL",
    help="An empty database, written as registry.url is; or in FACEVEC_COPY_TO, where no list of processes "
    "shows its password.",
)
@json_option
def copy(url: str, as_json: bool) -> None:
    """Copy the registry to an empty database of either kind, and compare it row for row.

    Stop the services first: what changes meanwhile is not in the copy. The source stays as it
    is; marks hold under the same integrity key. A copy that was interrupted is opened by
    nobody: run it again.
    """
    from facevec.integrity import key_at
    from facevec.presentation.answers.database import RegistryCopied
    from facevec.registry import copying
    from facevec.registry.address import database_url
    from facevec.registry.engine import open_engine

    loaded = settings()
    key = key_at(loaded.integrity_key_file)
    source = open_engine(loaded.registry_url, key=key)
    target = open_engine(database_url(url, loaded.within_home), key=key)
    with progress(unit="rows") as bar:
        task = bar.add_task("Copying", total=copying.count_rows(source))
        copied = copying.copy(source, target, lambda _, rows: bar.advance(task, rows))
    if as_json:
        print_json(
            RegistryCopied(
                where=copied.where,
                rows=dict(copied.rows),
                revision=copied.position.revision,
                missed=copied.missed,
            )
        )
    else:
        rows = copied.rows
        show(
            f"{copied.where} has all of it as of revision {copied.position.revision}, compared row for row: "
            f"{rows['workers']} workers, {rows['templates']} templates, {rows['api_keys']} keys. Set "
            "registry.url to it on every machine, and let nothing work on the old one any more."
        )
    if copied.missed:
        note(f"{copied.missed} changes came while it was copied, and are not in it: copy again.")


@db.command(cls=Deed)
@click.option("--keep", type=click.IntRange(min=0), metavar="N", help="Keep so many changes, instead.")
@json_option
def compact(keep: int | None, as_json: bool) -> None:
    """Cut off the change log but for its newest entries (registry.keep_changes).

    The nightly job does it, too. What is left is held against the digest of what went, so
    `facevec db check` says as much as before; a process or an index that is further behind
    reads everything anew.
    """
    from facevec.presentation.answers.database import LogCompacted
    from facevec.registry.compaction import compact as cut_off

    facevec = app()
    gone = cut_off(facevec.engine, facevec.settings.registry.keep_changes if keep is None else keep)
    if as_json:
        print_json(LogCompacted(let_go=gone))
    else:
        show(f"{gone} changes were let go.")


db.add_command(encrypt)


def _backup_before(loaded: Loaded, engine: Engine, status: SchemaStatus) -> Path:
    """A backup of what is to be upgraded."""
    from facevec.backups.making import make_backup
    from facevec.integrity import key_at
    from facevec.registry.ledger import RemovalLedger

    integrity = key_at(loaded.integrity_key_file)
    RemovalLedger(loaded.removals_file, integrity).begin()
    make_folder(loaded.home / BACKUPS)
    now = datetime.now(timezone.utc)
    path = loaded.home / BACKUPS / f"schema-{status.current}-{now:%Y-%m-%dT%H%M%S}.backup"
    with rows_shown() as on_rows:
        make_backup(engine, path, integrity=integrity, within=loaded.home, on_rows=on_rows)
    return path


@db.command()
@json_option
def check(as_json: bool) -> None:
    """Say whether the schema is this facevec's, and the database whole; nothing is changed.

    Exit code 42 when the schema is another, with what to do; 4 when the engine, or what
    facevec keeps of its own history, says that something is damaged or missing.
    `facevec integrity check` says which rows are not as facevec wrote them.
    """
    from facevec.presentation.answers.database import SchemaAnswer
    from facevec.registry import schema, soundness
    from facevec.registry.engine import open_engine, reading

    url = settings().registry_url
    status = schema.look(url)
    schema.require(status)
    engine = open_engine(url)
    with reading(engine) as connection:
        faults = soundness.faults(connection)
    engine.dispose()
    if as_json:
        print_json(SchemaAnswer.of(status, faults=faults))
    else:
        show(f"The schema is {status.current}, as this facevec needs it.")
        for fault in faults:
            show(fault)
        show("The database is damaged; restore it from a backup." if faults else "The database is whole.")
    if faults:
        click.get_current_context().exit(FAULTS_EXIT_CODE)
