"""A registry to make backups of, on each database, and places to restore them to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from facevec.backups.making import Backup, make_backup
from facevec.backups.restoring import Choices, Restored, restore
from facevec.backups.sealed import SecretKey
from facevec.registry.address import database_url
from facevec.registry.ledger import RemovalLedger
from facevec.registry.repository import SqlRegistry
from facevec.types import DistinctFrom
from tests.integrity import KEY
from tests.registry.conftest import (  # noqa: F401  # fixtures
    CONTRACT,
    MODEL,
    _postgres_template,
    _sqlite_template,
    engine,
    migrated_postgres,
    migrated_sqlite,
    opened,
    postgres_database,
    postgres_url,
    url,
)
from tests.registry.photos import photo

SECRET = SecretKey(b"of the tests and nobody else: 0123456789", "a test")


@pytest.fixture
def ledger(tmp_path: Path) -> RemovalLedger:
    """The ledger of removals, begun before anything was removed."""
    ledger = RemovalLedger(tmp_path / "removals", KEY)
    ledger.begin()
    return ledger


@pytest.fixture
def registry(engine: Engine, ledger: RemovalLedger) -> SqlRegistry:  # noqa: F811
    """An empty registry whose removals are in the ledger."""
    registry = SqlRegistry(engine, ledger=ledger)
    registry.claim_model(MODEL, CONTRACT)
    return registry


@pytest.fixture
def filled(registry: SqlRegistry) -> SqlRegistry:
    """Ana (two photos, one kept), Ben, who is not Ana, and Eve, who was removed."""
    registry.add_worker("Ana", "E-1", None, [photo(1), photo(2, pixels=b"\x00\xff" * 500)])
    registry.add_worker("Ben", None, None, [photo(3)], DistinctFrom((1,), "user:x"))
    registry.add_worker("Eve", None, None, [photo(4)])
    registry.remove_worker(3)
    return registry


def back_up(engine: Engine, path: Path, key: SecretKey | None = None, **options: object) -> Backup:  # noqa: F811
    return make_backup(engine, path, integrity=KEY, within=path.parent / "scratch", key=key, **options)


def put_back(path: Path, url: str, key: SecretKey | None = None, **chosen: bool) -> Restored:  # noqa: F811
    return restore(
        path,
        database_url(url),
        integrity=KEY,
        key=key,
        ledgers=[RemovalLedger(path.parent / "removals", KEY)],
        choices=Choices(**chosen),
        on_rows=lambda _what, _rows, _total: None,
    )


@pytest.fixture
def same(opened: Callable[..., Engine]) -> Callable[[str, SqlRegistry], bool]:  # noqa: F811
    """Whether the registry at a URL holds what another does, but for its epoch."""

    def is_same(url: str, other: SqlRegistry) -> bool:  # noqa: F811
        restored = SqlRegistry(opened(url))
        workers = restored.list_workers()
        assert workers == other.list_workers()
        assert [restored.photos(one.id) for one in workers] == [other.photos(one.id) for one in workers]
        contract = other.state().contract
        mine, theirs = (each.templates(contract)[1] for each in (restored, other))
        assert mine.vectors.tobytes() == theirs.vectors.tobytes()
        stood, stands = other.position(), restored.position()
        assert (stands.registry, stands.revision, stands.digest) == (
            stood.registry,
            stood.revision,
            stood.digest,
        )
        assert stands.epoch > stood.epoch
        return True

    return is_same
