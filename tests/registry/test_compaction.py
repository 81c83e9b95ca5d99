"""A change log that is cut says of what is left as much as before, and of what is gone that it is gone."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import Engine, text

from facevec.errors import RegistryReplaced
from facevec.registry import history, soundness
from facevec.registry.compaction import compact
from facevec.registry.engine import reading, writing
from facevec.registry.repository import SqlRegistry
from tests.registry.photos import photo


@pytest.fixture
def positions(registry: SqlRegistry) -> list:
    """Where the registry stood after each of eight changes, the third of which was a removal."""
    positions = [registry.position()]
    for number in range(8):
        if number == 2:
            registry.remove_worker(1)
        else:
            registry.add_worker(f"Worker {number}", None, None, [photo(number)])
        positions.append(registry.position())
    return positions


def test_what_is_left_is_told_and_what_is_gone_is_read_anew(
    registry: SqlRegistry, engine: Engine, positions: list
) -> None:
    assert compact(engine, 100) == 0
    assert compact(engine, 3) == 5
    assert compact(engine, 3) == 0
    now, changed = registry.changed_since(positions[5])
    assert (now, len(changed)) == (positions[8], 3)
    assert len(registry.changed_since(positions[7])[1]) == 1
    for older in positions[:5]:
        with pytest.raises(RegistryReplaced, match="made anew"):
            registry.changed_since(older)
    assert registry.newest_removal() == 3, "an index from before the removal would be kept"
    registry.add_worker("One more", None, None, [photo(99)])
    assert compact(engine, 0) == 4
    assert registry.changed_since(registry.position())[1] == ()


def test_it_is_cut_some_at_a_time_and_each_cut_is_whole(
    registry: SqlRegistry, engine: Engine, positions: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off = history.cut_off
    cuts = []

    def two_at_a_time(connection, keep):
        cuts.append(cut_off(connection, keep, 2))
        assert soundness.faults(connection) == ()
        return cuts[-1]

    monkeypatch.setattr(history, "cut_off", two_at_a_time)
    assert compact(engine, 1) == 7
    assert cuts == [2, 2, 2, 1, 0]


def test_what_is_changed_in_what_is_left_is_found(
    registry: SqlRegistry, engine: Engine, positions: list
) -> None:
    compact(engine, 4)
    with reading(engine) as connection:
        assert soundness.faults(connection) == ()
    for change in (
        "UPDATE changes SET worker_id = 99 WHERE revision = 5",
        "DELETE FROM changes WHERE revision = 5",
        "UPDATE state SET cut_digest = 'another'",
        "UPDATE state SET cut_revision = 3",
    ):
        with suppress(KeyboardInterrupt), writing(engine) as connection:
            connection.execute(text(change))
            assert soundness.faults(connection), change
            raise KeyboardInterrupt
