"""Rot: what a bit that flips in the database changes is noticed, and costs nobody else anything."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, select, text

from facevec.errors import FacevecError, RegistryError, RegistryReplaced
from facevec.registry import marks, pages, soundness
from facevec.registry.engine import open_engine, reading, writing
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from facevec.registry.tables import TemplateRow
from facevec.types import Consent, DistinctFrom, TemplateKey
from facevec.usecases.roll import every_page
from tests.integrity import KEY
from tests.registry.conftest import CONTRACT, MODEL
from tests.registry.photos import photo, vector
from tests.registry.rolls import called

WORKERS = 12
SEEN = datetime(2026, 1, 1, tzinfo=timezone.utc)
FLIPS = 40


def fill(registry: SqlRegistry) -> None:
    for number in range(WORKERS):
        decided = DistinctFrom((number,), "user:x") if number else None
        consent = Consent("v1", datetime(2025, 1, 1, tzinfo=timezone.utc)) if number % 3 else None
        photos = [photo(2 * number + each) for each in range(2)]
        registry.add_worker(f"Worker {number}", f"E-{number}", consent, photos, decided)
    registry.remove_worker(WORKERS)


def what_decides(registry: SqlRegistry) -> tuple[object, ...]:
    """Who is searched by which vectors, what they are called, and how they looked at first."""
    roll, references = called(registry, CONTRACT)
    workers = registry.workers(range(1, WORKERS + 1))
    seals = [registry.seal(worker_id) for worker_id in range(1, WORKERS)]
    return (
        sorted(references.items()),
        roll.terms.ends.tobytes(),
        sorted((worker.id, replace(worker, created_at=SEEN)) for worker in workers.values()),
        [seal.reference.tobytes() if seal else None for seal in seals],
        registry.distinct_pairs(),
    )


def is_noticed(engine: Engine) -> bool:
    with reading(engine) as connection:
        return any(table.refused for table in marks.survey(connection)) or bool(soundness.faults(connection))


def after_a_flip(path: Path, before: tuple[object, ...]) -> str:
    engine = open_engine(f"sqlite:///{path}", key=KEY)
    try:
        prepare(engine)
        outcome = "same" if what_decides(SqlRegistry(engine)) == before else "altered"
        return outcome if outcome == "same" or is_noticed(engine) else "altered in silence"
    except FacevecError as error:
        return "refused in a sentence" if str(error).endswith(".") else f"altered in silence: {error}"
    finally:
        engine.dispose()


def test_no_flipped_bit_changes_what_decides_in_silence(tmp_path: Path) -> None:
    """1,100 of them, drawn from another seed, were looked at once: all were noticed or changed nothing."""
    path = tmp_path / "facevec.db"
    engine = open_engine(f"sqlite:///{path}", key=KEY)
    prepare(engine)
    registry = SqlRegistry(engine)
    registry.claim_model(MODEL, CONTRACT)
    fill(registry)
    before = what_decides(registry)
    assert not is_noticed(engine)
    engine.dispose()
    whole, draw = path.read_bytes(), random.Random(4)
    outcomes: Counter[str] = Counter()
    for _ in range(FLIPS):
        rotten, bit = bytearray(whole), draw.randrange(8 * len(whole))
        rotten[bit // 8] ^= 1 << bit % 8
        path.write_bytes(rotten)
        outcomes[after_a_flip(path, before)] += 1
    assert outcomes.keys() <= {"same", "altered", "refused in a sentence"}
    assert outcomes["altered"] + outcomes["refused in a sentence"] > 0


@pytest.fixture
def filled(registry: SqlRegistry) -> SqlRegistry:
    fill(registry)
    return registry


def rewrite(engine: Engine, worker_id: int, stored: bytes, *, marked: bool) -> TemplateKey:
    """Write a template by hand, with its own mark or with one that holds; whose it was."""
    with writing(engine) as connection:
        mine = select(TemplateRow.__table__).where(TemplateRow.worker_id == worker_id)
        row = connection.execute(mine).first()
        assert row is not None
        made = marks.mark(connection, TemplateRow, {**row._mapping, "vector": stored}) if marked else row.mark
        connection.execute(
            text("UPDATE templates SET vector = :vector, mark = :mark WHERE id = :id"),
            {"vector": stored, "mark": made, "id": row.id},
        )
        return TemplateKey(row.worker_id, row.photo_id)


DAMAGES = ("nan", "infinite", "short", "odd", "long", "zero")
NONE = [*((damage, marked) for damage in DAMAGES for marked in (0, 1)), ("one bit", 0)]
"""Templates that are none, some under a mark that holds."""


@pytest.mark.parametrize(("damage", "marked"), NONE)
def test_a_template_that_is_none_is_set_aside_and_the_others_go_on(
    filled: SqlRegistry, engine: Engine, damage: str, marked: int
) -> None:
    whole = np.ascontiguousarray(vector(6), "<f4").tobytes()
    stored = {
        "nan": np.full(vector(6).shape, np.nan, "<f4").tobytes(),
        "infinite": np.full(vector(6).shape, np.inf, "<f4").tobytes(),
        "short": whole[:-4],
        "odd": whole[:-3],
        "long": whole + b"\0\0\0\0",
        "zero": bytes(len(whole)),
        "one bit": bytes([whole[0] ^ 1]) + whole[1:],
    }[damage]
    _, before = called(filled, CONTRACT)
    key = rewrite(engine, 4, stored, marked=bool(marked))
    roll, references = called(filled, CONTRACT)
    assert roll.set_aside == (key,)
    assert references.keys() == before.keys(), "their other photo still stands for them"
    assert {each for each in references if references[each] != before[each]} <= {key.worker_id}
    assert len(filled.templates(CONTRACT)[1].worker_ids) == len(filled.workers(range(99))) * 2 - 1
    assert filled.page_of(CONTRACT, [4], filled.position()).set_aside == (key,)


def test_a_worker_all_of_whose_templates_are_set_aside_stops_nobody_else(
    filled: SqlRegistry, engine: Engine
) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE templates SET mark = NULL WHERE worker_id = 4"))
    start = filled.position()
    assert 4 not in called(filled, CONTRACT)[1]
    page = filled.page_of(CONTRACT, [4], start)
    assert (len(page.set_aside), len(page.templates.worker_ids)) == (2, 0)


def test_a_decision_that_two_are_two_counts_only_as_it_was_written(
    filled: SqlRegistry, engine: Engine
) -> None:
    pairs = filled.distinct_pairs()
    with writing(engine) as connection:
        connection.execute(text("UPDATE distinctions SET second_id = 9 WHERE first_id = 2 AND second_id = 3"))
        connection.execute(text("UPDATE distinctions SET decided_by = 'user:y' WHERE first_id = 5"))
    assert {*pairs} - {*filled.distinct_pairs()} == {(2, 3), (5, 6)}
    assert {*filled.distinct_pairs()} < {*pairs}
    assert [other.worker_id for other in filled.worker(3).distinct_from] == [4]


UNREADABLE = {
    "quality": (
        "UPDATE photos SET quality = '{rot' WHERE worker_id = 4",
        lambda registry: registry.photos(4),
    ),
    "words": ("UPDATE photos SET quality = '{\"rot\": 1}'", lambda registry: registry.photos(4)),
    "time": ("UPDATE workers SET created_at = 'rot' WHERE id = 4", lambda registry: registry.worker(4)),
}


@pytest.mark.parametrize(("statement", "ask"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_a_sentence(
    tmp_path: Path, opened: Callable[..., Engine], statement: str, ask: Callable[[SqlRegistry], object]
) -> None:
    engine = opened(f"sqlite:///{tmp_path / 'facevec.db'}")
    prepare(engine)
    registry = SqlRegistry(engine)
    registry.claim_model(MODEL, CONTRACT)
    fill(registry)
    with writing(engine) as connection:
        connection.execute(text(statement))
    with pytest.raises(RegistryError, match="holds something that cannot be read"):
        ask(registry)


def test_an_order_that_goes_in_a_circle_is_an_end(
    filled: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bit in a branch of SQLite's tree: whoever asks for those after the last gets the first again."""
    next_page = filled.next_page
    monkeypatch.setattr(filled, "next_page", lambda contract, _, since: next_page(contract, 0, since))
    pages_of_all = every_page(filled, CONTRACT, filled.position())
    for read in (lambda: called(filled, CONTRACT), lambda: list(pages_of_all)):
        with pytest.raises(RegistryError, match="no longer lists workers by their ids"):
            read()


LOST = {
    "a change": "DELETE FROM changes WHERE revision = 5",
    "whose change it was": "UPDATE changes SET worker_id = 3 WHERE revision = 5",
    "the last change": "DELETE FROM changes WHERE revision = (SELECT revision FROM state)",
    "the state": "UPDATE state SET revision = revision + 32",
    "a template": "DELETE FROM templates WHERE worker_id = 4",
}


@pytest.mark.parametrize("statement", LOST.values(), ids=LOST)
def test_what_was_lost_is_told(filled: SqlRegistry, engine: Engine, statement: str) -> None:
    start = replace(filled.position(), revision=0, digest=filled.position().registry)
    assert len(filled.changed_since(start)[1]) == WORKERS
    with reading(engine) as connection:
        assert soundness.faults(connection) == ()
    with writing(engine) as connection:
        connection.execute(text(statement))
    with reading(engine) as connection:
        assert soundness.faults(connection)
    if "templates" in statement:
        return
    with pytest.raises(RegistryReplaced, match="damaged"):
        filled.changed_since(start)


def test_a_template_of_nobody_is_reported_wherever_it_lies(
    filled: SqlRegistry, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bit in its worker's id: between two of a page, between two pages, before all, and after all."""
    monkeypatch.setattr(pages, "WORKERS_A_PAGE", 2)
    with writing(engine) as connection:
        for worker_id in (3, 6, 7):
            connection.execute(text("DELETE FROM templates WHERE worker_id = :id"), {"id": worker_id})
            connection.execute(text("DELETE FROM photos WHERE worker_id = :id"), {"id": worker_id})
            connection.execute(text("DELETE FROM workers WHERE id = :id"), {"id": worker_id})
    keys = [row.photo_id for row in stored_templates(engine)]
    nobodys = [TemplateKey(nobody, photo) for nobody, photo in zip((0, 3, 6, 7, 99), keys, strict=False)]
    rotten = "UPDATE templates SET worker_id = {} WHERE photo_id = {}".format
    unbound(engine, *(rotten(*each) for each in nobodys))
    assert sorted(called(filled, CONTRACT)[0].set_aside) == nobodys


def unbound(engine: Engine, *statements: str) -> None:
    """Executed without a look at what points where, as rot would."""
    connection = engine.raw_connection().driver_connection
    assert connection is not None
    off = {"sqlite": "PRAGMA foreign_keys = OFF", "postgresql": "SET session_replication_role = replica"}
    cursor = connection.cursor()
    for statement in (off[engine.dialect.name], *statements):
        cursor.execute(statement)
    connection.commit()
    engine.dispose()


def stored_templates(engine: Engine) -> list:
    with reading(engine) as connection:
        return list(connection.execute(select(TemplateRow.__table__).order_by(TemplateRow.id)))
