"""The live view is never behind the registry, and never between two of its states."""

from __future__ import annotations

import copy
import dataclasses
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
import structlog.testing

from facevec.errors import ContractMismatch, RegistryError, RegistryReplaced
from facevec.gallery.generations import CURRENT
from facevec.gallery.live import LiveView
from facevec.usecases.rebuild import rebuild
from tests.gallery.live import PEOPLE, named, new_gallery
from tests.gallery.people import CONTRACT, RegistryInMemory, unit_vectors

NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def test_adds_replaces_and_removes_show_in_the_next_search(registry):
    view = LiveView(registry.as_port(), CONTRACT, new_gallery)
    assert named(view, 7) == 7
    assert named(view, 150) is None
    revision = registry.enrol(150, PEOPLE[150][None])
    assert named(view, 150) == 150
    registry.enrol(7, PEOPLE[160][None])
    assert named(view, 7) is None
    assert named(view, 160) == 7
    registry.remove_worker(150)
    assert named(view, 150) is None
    assert view.search(PEOPLE[:1], 1)[0].revision == revision + 2


def test_a_worker_stands_for_the_mean_of_their_templates(registry):
    view = LiveView(registry.as_port(), CONTRACT, new_gallery)
    view.search(PEOPLE[:1], 1)
    registry.enrol(150, PEOPLE[150:152])
    mean = PEOPLE[150:152].mean(axis=0)
    _, (candidates,) = view.search((mean / np.linalg.norm(mean)).astype(np.float32)[None], 1)
    assert candidates[0].worker_id == 150
    assert candidates[0].distance < 1e-6


def test_an_empty_registry_and_its_first_worker():
    registry = RegistryInMemory()
    view = LiveView(registry.as_port(), CONTRACT, new_gallery)
    assert view.search(PEOPLE[:2], 3) == (registry.position(), ((), ()))
    registry.enrol(1, PEOPLE[1][None])
    assert named(view, 1) == 1
    registry.remove_worker(1)
    assert view.search(PEOPLE[:1], 3) == (registry.position(), ((),))


def test_many_changes_are_read_whole(registry):
    view = LiveView(registry.as_port(), CONTRACT, new_gallery)
    named(view, 1)
    for worker_id in range(1, 81):
        registry.remove_worker(worker_id)
    assert named(view, 1) is None
    assert named(view, 90) == 90


@pytest.mark.parametrize("added", [1, 60])
def test_more_changes_than_are_applied_one_by_one_are_read_beyond_an_old_generation(added, generations):
    """The generation holds one worker; whatever came since is more than half of it."""
    registry = RegistryInMemory()
    registry.enrol(1, PEOPLE[1][None])
    rebuild(registry.as_port(), generations)
    view = LiveView(registry.as_port(), CONTRACT, new_gallery, generations)
    assert (named(view, 1), named(view, 2)) == (1, None)
    for worker_id in range(2, 2 + added):
        registry.enrol(worker_id, PEOPLE[worker_id][None])
    for one in (view, LiveView(registry.as_port(), CONTRACT, new_gallery, generations)):
        assert one.search(PEOPLE[:1], 1)[0] == registry.position()
        assert [named(one, worker_id) for worker_id in (1, 2, 1 + added)] == [1, 2, 1 + added]


def test_a_registry_that_was_replaced_is_read_beyond_an_old_generation(registry, generations):
    """The generation is of a revision that the older copy has, too; what came after on the copy counts."""
    rebuild(registry.as_port(), generations)
    view = LiveView(registry.as_port(), CONTRACT, new_gallery, generations)
    older = copy.deepcopy(
        {name: held for name, held in vars(registry).items() if name not in ("_lock", "clock")}
    )
    registry.enrol(150, PEOPLE[150][None])
    assert named(view, 150) == 150
    vars(registry).update(older)
    registry.enrol(150, PEOPLE[160][None])
    registry.enrol(151, PEOPLE[161][None])
    assert [named(view, person) for person in (150, 160, 161, 7)] == [None, 150, 151, 7]
    assert view.extent()[0] == registry.position().revision


def test_a_registry_that_went_back_is_read_anew(registry):
    """As after a restored backup. Until it is read, nobody is told that all is well."""
    view = LiveView(registry.as_port(), CONTRACT, new_gallery)
    named(view, 1)
    older = RegistryInMemory("older")
    older.enrol(1, PEOPLE[170][None])
    view._registry = older.as_port()
    asked = []
    next_page = older.next_page

    def asking_meanwhile(*words):
        with pytest.raises(RegistryReplaced, match="is being read"):
            view.require_same()
        asked.append(words)
        return next_page(*words)

    older.next_page = asking_meanwhile
    assert named(view, 1) is None
    assert named(view, 170) == 1
    assert asked
    view.require_same()
    assert view.upkeep().replaced == 1


def test_nothing_is_answered_when_the_registry_cannot_be_asked(registry, monkeypatch):
    view = LiveView(registry.as_port(), CONTRACT, new_gallery)
    named(view, 1)

    def fail():
        raise RegistryError("The registry cannot be reached.")

    monkeypatch.setattr(registry, "position", fail)
    with pytest.raises(RegistryError):
        named(view, 1)


def test_a_change_that_does_not_fit_leaves_the_view_whole(registry):
    view = LiveView(registry.as_port(), CONTRACT, new_gallery)
    named(view, 1)
    registry.remove_worker(1)
    registry.enrol(150, unit_vectors(1, 8, seed=0))
    with pytest.raises(ContractMismatch):
        named(view, 2)
    registry.remove_worker(150)
    assert named(view, 1) is None
    assert named(view, 2) == 2


def test_a_generation_is_opened_and_brought_up_to_date(registry, generations, monkeypatch):
    rebuild(registry.as_port(), generations)
    registry.enrol(150, PEOPLE[150][None])
    registry.remove_worker(3)
    monkeypatch.setattr(registry, "next_page", None)
    view = LiveView(registry.as_port(), CONTRACT, new_gallery, generations)
    assert (named(view, 150), named(view, 3), named(view, 4)) == (150, None, 4)


def test_a_damaged_generation_is_said_and_not_used(registry, generations, tmp_path):
    rebuild(registry.as_port(), generations)
    (tmp_path / "index" / CURRENT).write_text("../../etc\n")
    view = LiveView(registry.as_port(), CONTRACT, new_gallery, generations)
    with structlog.testing.capture_logs() as logs:
        assert named(view, 4) == 4
    assert [log["event"] for log in logs] == ["index_not_used"]
    assert "rebuild" in logs[0]["reason"]


def test_a_generation_of_another_registry_is_not_used(registry, generations):
    """The database was replaced: worker 5 is someone else, at a revision beyond the generation's."""
    rebuild(registry.as_port(), generations)
    other = RegistryInMemory("other")
    for worker_id in range(1, 103):
        other.enrol(worker_id, PEOPLE[200 - worker_id - 1][None])
    view = LiveView(other.as_port(), CONTRACT, new_gallery, generations)
    with structlog.testing.capture_logs() as logs:
        assert named(view, 5) != 5
    assert named(view, 194) == 5
    assert "another registry" in logs[0]["reason"]


@pytest.fixture
def pass_time(registry):
    """Turns the clock of the registry; views are given `registry.now`."""

    def turn(moment: datetime) -> None:
        registry.clock = lambda: moment

    turn(NOON)
    return turn


def test_a_worker_whose_consent_ends_leaves_the_view_without_any_change(registry, pass_time):
    registry.end_consent(9, NOON + HOUR)
    view = LiveView(registry.as_port(), CONTRACT, new_gallery, clock=registry.now)
    assert named(view, 9) == 9
    registry.end_consent(8, NOON + 2 * HOUR)
    registry.end_consent(7, NOON + HOUR / 2)
    assert named(view, 8) == 8
    revision = registry.state().revision
    left = []
    for hours in (0.5, 1, 2):
        pass_time(NOON + hours * HOUR)
        left.append([named(view, worker_id) for worker_id in (7, 8, 9, 10)])
    assert left == [[None, 8, 9, 10], [None, 8, None, 10], [None, None, None, 10]]
    assert view.extent() == (revision, 97)
    registry.end_consent(9, NOON + 9 * HOUR)
    assert named(view, 9) == 9


def test_a_consent_that_ended_after_the_rebuild_is_not_in_the_view_nor_condemns_the_generation(
    registry, generations, pass_time
):
    registry.end_consent(9, NOON + HOUR)
    rebuild(registry.as_port(), generations)
    pass_time(NOON + HOUR)
    view = LiveView(registry.as_port(), CONTRACT, new_gallery, generations, registry.now)
    with structlog.testing.capture_logs() as logs:
        assert (named(view, 8), named(view, 9)) == (8, None)
    assert logs == []


def test_a_clock_that_was_ahead_has_dropped_nobody(registry, pass_time):
    """Two consents end on later days; the clock is a year ahead for one search, then right again."""
    registry.end_consent(9, NOON + HOUR)
    registry.end_consent(8, NOON + 2 * HOUR)
    view = LiveView(registry.as_port(), CONTRACT, new_gallery, clock=registry.now)
    assert (named(view, 8), named(view, 9)) == (8, 9)
    pass_time(NOON + 9000 * HOUR)
    assert (named(view, 8), named(view, 9), named(view, 10)) == (None, None, 10)
    with structlog.testing.capture_logs() as logs:
        for hours, names in ((0, [8, 9]), (1, [8, None]), (0.5, [8, 9]), (2, [None, None]), (1.5, [8, None])):
            pass_time(NOON + hours * HOUR)
            assert [named(view, 8), named(view, 9)] == names
    assert [line["event"] for line in logs] == ["clock_went_back"] * 3
    assert view.upkeep().clock_steps_back == 3


def test_a_view_and_a_rebuild_of_while_the_clock_was_ahead_lack_nobody(registry, generations, pass_time):
    registry.end_consent(9, NOON + HOUR)
    pass_time(NOON + 9000 * HOUR)
    from_registry = LiveView(registry.as_port(), CONTRACT, new_gallery, clock=registry.now)
    assert named(from_registry, 9) is None
    rebuild(registry.as_port(), generations)
    from_generation = LiveView(registry.as_port(), CONTRACT, new_gallery, generations, registry.now)
    assert named(from_generation, 9) is None
    pass_time(NOON)
    started = LiveView(registry.as_port(), CONTRACT, new_gallery, generations, registry.now)
    assert [named(view, 9) for view in (from_registry, from_generation, started)] == [9, 9, 9]


def test_whoever_is_withheld_takes_no_place_among_the_neighbours(registry, generations, pass_time):
    """However many they are, and from wherever the view was loaded."""
    probe = PEOPLE[50][None]
    nearest = [
        candidate.worker_id
        for candidate in LiveView(registry.as_port(), CONTRACT, new_gallery).search(probe, 20)[1][0]
    ]
    for worker_id in nearest[1:15:2]:
        registry.end_consent(worker_id, NOON - HOUR)
    rebuild(registry.as_port(), generations)
    left = [worker_id for worker_id in nearest if worker_id not in nearest[1:15:2]][:8]
    for source in (None, generations):
        view = LiveView(registry.as_port(), CONTRACT, new_gallery, source, registry.now)
        assert [candidate.worker_id for candidate in view.search(probe, 8)[1][0]] == left


def test_a_generation_of_another_contract_is_not_used(registry, generations):
    rebuild(registry.as_port(), generations)
    other = dataclasses.replace(generations.load(CONTRACT).snapshot, contract="drawn-0")
    generations.publish(lambda _: other, registry.newest_removal)
    view = LiveView(registry.as_port(), CONTRACT, new_gallery, generations)
    with structlog.testing.capture_logs() as logs:
        assert named(view, 4) == 4
    assert "another contract" in logs[0]["reason"]
