"""Backups of an encrypted registry, which is used meanwhile, and restores over the same one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from facevec.backups import making
from facevec.registry import conversion, whole
from facevec.registry.encryption.datakeys import data_keys
from facevec.registry.encryption.turn import key_set_of
from facevec.registry.engine import open_engine, reading
from facevec.registry.ledger import RemovalLedger
from facevec.registry.repository import SqlRegistry
from facevec.registry.rotation import SqlWrappedKeys
from facevec.registry.schema import prepare
from tests.backups.conftest import back_up, put_back
from tests.integrity import KEY
from tests.madeupmaster import MadeUpMaster, under
from tests.registry.conftest import CONTRACT, MODEL
from tests.registry.photos import photo, vector

MASTER = MadeUpMaster("master-b", before=("master-a",))


@pytest.fixture
def encrypted(url: str) -> Iterator[Engine]:
    """Of a registry with Ana and Ben."""
    engine = open_engine(url, key=KEY, master=MadeUpMaster)
    prepare(engine)
    registry = SqlRegistry(engine, encrypted=True)
    registry.claim_model(MODEL, CONTRACT)
    registry.add_worker("Ana", None, None, [photo(1)])
    registry.add_worker("Ben", None, None, [photo(2)])
    yield engine
    engine.dispose()


def vectors(url: str) -> list[np.ndarray]:
    engine = open_engine(url, key=KEY, master=lambda: MASTER)
    try:
        return list(SqlRegistry(engine).templates(CONTRACT)[1].vectors)
    finally:
        engine.dispose()


def rotate(engine: Engine) -> object:
    other = open_engine(engine.url, key=KEY, master=lambda: MASTER)
    try:
        return SqlWrappedKeys(other, under).rewrap(MASTER)
    finally:
        other.dispose()


@pytest.mark.parametrize(
    "deed",
    [
        rotate,
        conversion.decrypt,
        lambda engine: SqlRegistry(engine).add_worker("Zoe", None, None, [photo(9)]),
    ],
    ids=["rotated", "decrypted", "enrolled"],
)
def test_a_backup_holds_the_keys_of_the_moment_it_is_of(
    encrypted: Engine,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    deed: Callable[[Engine], object],
) -> None:
    RemovalLedger(tmp_path / "removals", KEY).begin()
    last_ids, happened = whole.last_ids, []

    def meanwhile(*arguments: object) -> object:
        if not happened:
            happened.append(deed(encrypted))
        return last_ids(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(making.whole, "last_ids", meanwhile)
        back_up(encrypted, tmp_path / "b")
    assert happened
    encrypted.dispose()
    put_back(tmp_path / "b", url, replace=True, without_ledger=True)
    assert np.array_equal(vectors(url), [vector(1), vector(2)])


def test_a_restore_that_keeps_the_schema_has_keys_of_its_own(
    encrypted: Engine, url: str, tmp_path: Path
) -> None:
    ledger = RemovalLedger(tmp_path / "removals", KEY)
    ledger.begin()
    back_up(encrypted, tmp_path / "b")
    registry = SqlRegistry(encrypted, ledger=ledger)
    registry.add_worker("Zoe", None, None, [photo(9)])
    registry.remove_worker(2)
    encrypted.dispose()
    restored = put_back(tmp_path / "b", url, replace=True, keep_schema=True, keep_old=True)
    assert np.array_equal(vectors(url), [vector(1)])
    engine = open_engine(url, key=KEY)
    with reading(engine) as connection:
        assert len(dict(data_keys(connection, key_set_of(connection) or "").all())) == 5
    engine.dispose()
    if restored.aside is not None:
        assert np.array_equal(vectors(f"sqlite:///{restored.aside}"), [vector(1), vector(9)])
