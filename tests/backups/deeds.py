"""A process that does one thing until it is killed: python -m tests.backups.deeds DEED FOLDER.

It prints a line before it begins, and one for each time it was done.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

from alembic import command
from sqlalchemy import text

from facevec.backups.making import make_backup
from facevec.backups.restoring import Choices, restore
from facevec.registry import schema
from facevec.registry.address import sqlite_url
from facevec.registry.compaction import compact
from facevec.registry.engine import open_engine, reading, reshaping
from facevec.registry.ledger import RemovalLedger
from facevec.registry.repository import SqlRegistry
from tests.integrity import KEY

OLDER = "0015"


def registry_in(folder: Path) -> SqlRegistry:
    """The registry of a folder, with its ledger."""
    engine = open_engine(sqlite_url(folder / "facevec.db"), key=KEY)
    return SqlRegistry(engine, ledger=RemovalLedger(folder / "removals", KEY))


def put_back(folder: Path) -> None:
    """Restore the backup `older` in place of what is there."""
    restore(
        folder / "older",
        sqlite_url(folder / "facevec.db"),
        integrity=KEY,
        key=None,
        ledgers=[RemovalLedger(folder / "removals", KEY)],
        choices=Choices(replace=True),
        on_rows=lambda *_: None,
    )


def upgrade_with_backup(folder: Path, number: int) -> None:
    """As `facevec db upgrade`, of a database that is older when it begins."""
    engine = open_engine(sqlite_url(folder / "facevec.db"), key=KEY)
    if schema.check(engine).up_to_date:
        with reshaping(engine) as connection:
            command.downgrade(schema._config(connection), OLDER)
    make_backup(engine, folder / f"{number}.backup", integrity=KEY, within=folder)
    schema.upgrade(engine)
    engine.dispose()


def remove_somebody(folder: Path) -> int:
    """The first whom the registry has."""
    registry = registry_in(folder)
    first = registry.list_workers(limit=1)[0].id
    registry.remove_worker(first)
    registry._engine.dispose()
    return first


def cut_log(folder: Path) -> None:
    """All of it but two, one after the other."""
    registry = registry_in(folder)
    with reading(registry._engine) as connection:
        left = connection.scalar(text("SELECT count(*) FROM changes")) or 0
    compact(registry._engine, max(2, left - 1))
    registry._engine.dispose()


def back_up(folder: Path) -> None:
    """Over the file that is there."""
    registry = registry_in(folder)
    make_backup(registry._engine, folder / "newest", integrity=KEY, within=folder)
    registry._engine.dispose()


DEEDS: dict[str, Callable[[Path, int], object]] = {
    "backup": lambda folder, _: back_up(folder),
    "restore": lambda folder, _: put_back(folder),
    "compact": lambda folder, _: cut_log(folder),
    "upgrade": upgrade_with_backup,
    "remove": lambda folder, _: remove_somebody(folder),
}


def main(deed: str, folder: Path) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for number in itertools.count():
        outcome = DEEDS[deed](folder, number)
        sys.stdout.write(f"{outcome}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
