"""A copy of a registry is all of it, or nobody's registry."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text

from facevec.errors import FacevecError, InputError, RegistryError, SchemaMismatch
from facevec.ports import utc_now
from facevec.registry import marks, schema, soundness, whole
from facevec.registry.api_keys import SqlApiKeys
from facevec.registry.consents import SqlConsentRecords
from facevec.registry.copying import copy
from facevec.registry.engine import reading
from facevec.registry.reference_store import SqlReferences
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from facevec.types import Step
from tests.registry.conftest import CONTRACT
from tests.registry.photos import photo, vector

Open = Callable[..., Engine]


def fill(engine: Engine) -> SqlRegistry:
    prepare(engine)
    registry = SqlRegistry(engine)
    registry.claim_model("model-a", CONTRACT)
    registry.add_worker("Ana", "E-1", None, [photo(1), photo(2, pixels=b"\x00\xff" * 500)])
    registry.add_worker("Ben", None, None, [photo(3)])
    registry.add_worker("Eve", None, None, [photo(4)])
    registry.remove_worker(3)
    return registry


def require_same(source: Engine, target: Engine, key: str | None = None) -> None:
    """All of it, under a new epoch."""
    one, other = SqlRegistry(source), SqlRegistry(target)
    assert other.list_workers() == one.list_workers()
    assert other.photos(1) == one.photos(1)
    assert other.templates(CONTRACT)[1].vectors.tobytes() == one.templates(CONTRACT)[1].vectors.tobytes()
    before, after = one.position(), other.position()
    assert (after.registry, after.revision, after.digest) == (before.registry, before.revision, before.digest)
    assert after.epoch > before.epoch
    with reading(target) as connection:
        assert soundness.faults(connection) == ()
        assert not any(rows.refused for rows in marks.survey(connection))
    assert key is None or SqlApiKeys(target, utc_now).find(key) is not None


@pytest.fixture
def file(tmp_path: Path, opened: Open) -> Callable[[str], Engine]:
    """A SQLite file of this name, opened."""
    return lambda name: opened(f"sqlite:///{tmp_path / name}")


def test_a_registry_goes_to_postgresql_and_back(
    file: Callable[[str], Engine], postgres_database: str, opened: Open
) -> None:
    source, server, back = file("facevec.db"), opened(postgres_database), file("back.db")
    fill(source)
    _, key = SqlApiKeys(source, utc_now).create("office", ["recognize"])
    copied = copy(source, server)
    assert (copied.rows["workers"], copied.rows["templates"], copied.missed) == (2, 3, 0)
    require_same(source, server, key)
    references = SqlReferences(server, utc_now)
    references.prepare()
    while references.step(CONTRACT) is not Step.IN_STEP:
        pass
    assert SqlRegistry(server).add_worker("Zoe", None, None, [photo(9)]).id == 4
    assert references.nearest(CONTRACT, vector(9)[None], 1, extent=False) is not None
    copy(server, back)
    require_same(server, back, key)
    assert SqlRegistry(back).add_worker("Yan", None, None, [photo(10)]).id == 5


def test_a_target_that_holds_anything_is_refused(file: Callable[[str], Engine]) -> None:
    source, empty, used, foreign = (file(f"{name}.db") for name in ("source", "empty", "used", "foreign"))
    fill(source)
    prepare(empty)
    copy(source, empty)
    require_same(source, empty)
    fill(used)
    with foreign.begin() as connection:
        connection.execute(text("CREATE TABLE pets (name TEXT)"))
    for target, kind in ((used, InputError), (source, InputError), (foreign, SchemaMismatch)):
        with pytest.raises(kind):
            copy(source, target)
    schema.require_current(used)
    assert len(SqlRegistry(source).list_workers()) == 2


def test_what_does_not_come_back_as_it_was_meant_is_nobodys_registry(
    file: Callable[[str], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = file("source.db"), file("target.db")
    fill(source)
    write = whole.write

    def damaged(connection, into, block):
        write(connection, into, block)
        if block.table == "templates":
            connection.execute(text("UPDATE templates SET vector = zeroblob(4) WHERE id = 1"))

    with monkeypatch.context() as damaging:
        damaging.setattr(whole, "write", damaged)
        with pytest.raises(RegistryError, match="templates is not what was copied"):
            copy(source, target)
    with pytest.raises(SchemaMismatch, match="db copy"):
        schema.require_current(target)
    copy(source, target)
    require_same(source, target)


def sort_as_a_language_does(engine: Engine, table: str, column: str) -> None:
    """Have text in a column sorted without regard to case, as by a PostgreSQL database of English."""
    with engine.begin() as connection:
        made = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table})
        anew = made.replace(f"{column} VARCHAR", f"{column} VARCHAR COLLATE NOCASE")
        assert anew != made
        connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text(anew))


def test_databases_may_sort_text_in_another_order(
    file: Callable[[str], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = file("source.db"), file("target.db")
    fill(source)
    texts = SqlConsentRecords(source)
    versions = ["Works council 2026", "allgemein", "Betrieb"]
    for version in versions:
        texts.add_text(version, f"What {version} says.", "user:office")
    prepare(target)
    sort_as_a_language_does(target, "consent_texts", "version")
    monkeypatch.setattr(whole, "ROWS_A_BLOCK", 1)
    copy(source, target)
    require_same(source, target)
    with reading(target) as connection:
        (table,) = (one for one in whole.tables(connection) if one.name == "consent_texts")
        blocks = list(whole.read(connection, table))
    assert [block.rows[0][0] for block in blocks] == sorted(versions, key=str.lower)


def is_nobodys(target: Engine) -> bool:
    """Whether no facevec opens it, or it is as empty as a new one."""
    try:
        status = schema.check(target)
        if status.current is None:
            return True
        schema.require(status)
    except SchemaMismatch:
        return True
    return not SqlRegistry(target).list_workers() and SqlRegistry(target).position().revision == 0


@pytest.mark.slow
def test_a_fault_at_any_write_leaves_nobodys_registry_and_the_next_copy_mends_it(
    file: Callable[[str], Engine],
) -> None:
    source, target = file("source.db"), file("target.db")
    fill(source)
    prepare(target)
    countdown = [0]

    def count(*_: object) -> None:
        countdown[0] -= 1
        if countdown[0] == 0:
            raise OSError("disk")

    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("SELECT", "PRAGMA", "BEGIN")):
            count()

    event.listen(target, "before_cursor_execute", fail)
    event.listen(target, "commit", count)
    # It is the statements that fail here: the disk need not keep up.
    event.listen(target, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    place = 0
    while True:
        place += 1
        countdown[0] = place
        try:
            copy(source, target)
        except (OSError, FacevecError):
            countdown[0] = -1
            assert is_nobodys(target), place
        else:
            break
    assert place > 20
    countdown[0] = -1
    require_same(source, target)


@pytest.mark.slow
@pytest.mark.parametrize(("delay", "server_is"), [(0.1, None), (0.3, None), (0.2, "source"), (0.2, "target")])
def test_a_copy_that_is_killed_leaves_nobodys_registry_or_all_of_it(
    delay: float,
    server_is: str | None,
    file: Callable[[str], Engine],
    opened: Open,
    request: pytest.FixtureRequest,
) -> None:
    server = opened(request.getfixturevalue("postgres_database")) if server_is else None
    source = server if server is not None and server_is == "source" else file("source.db")
    target = server if server is not None and server_is == "target" else file("target.db")
    registry = fill(source)
    for number in range(20, 60):
        registry.add_worker(f"Worker {number}", None, None, [photo(number, pixels=bytes(100_000))])
    urls = [engine.url.render_as_string(hide_password=False) for engine in (source, target)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.registry.copier", *urls], stdout=subprocess.PIPE
    ) as copier:
        assert copier.stdout is not None
        copier.stdout.readline()
        time.sleep(delay)
        copier.kill()
    if is_nobodys(target):
        copy(source, target)
    require_same(source, target)
