"""What workers are called: names and external ids, and finding somebody by them."""

from __future__ import annotations

import unicodedata

import pytest

from facevec.errors import (
    WorkerAmbiguous,
    WorkerError,
    WorkerExists,
    WorkerNotFound,
)
from facevec.registry.repository import SqlRegistry
from tests.registry.photos import HUGE, photo

SAME = [
    "Ana García",
    "  ana garcía ",
    "ANA GARCÍA",
    unicodedata.normalize("NFD", "Ana García"),
    "ana_garcía",
    "Ana  \u00a0García",
    "Ana García. ",
]


@pytest.mark.parametrize("second", SAME)
def test_a_name_is_used_once(registry: SqlRegistry, second: str) -> None:
    registry.add_worker("Ana García", None, None, [])
    with pytest.raises(WorkerExists, match="external id"):
        registry.add_worker(second, None, None, [photo(1)])
    assert registry.state().revision == 1
    assert registry.photo_owner(photo(1).sha256) is None


OTHERS = ["AnaxGarcía", "Ana X García", "García Ana", "Ana Garcí", "An% García", "Ana.García", "AnaGarcía"]


@pytest.mark.parametrize("other", OTHERS)
def test_another_name_is_another_name(registry: SqlRegistry, other: str) -> None:
    ana = registry.add_worker("Ana García", None, None, [])
    assert registry.namesakes(other) == ()
    with pytest.raises(WorkerNotFound):
        registry.find_worker(other)
    namesake = registry.add_worker(other, None, None, [])
    assert (registry.namesakes("ana_garcía"), registry.namesakes(other)) == ((ana,), (namesake,))


@pytest.mark.parametrize("odd", ["_", "...", "50% / 100_%", "/", "x" * 200, "ß" * 200])
def test_a_name_of_any_characters_is_found(registry: SqlRegistry, odd: str) -> None:
    worker = registry.add_worker(odd, None, None, [])
    registry.add_worker("Ana", None, None, [])
    assert registry.find_worker(odd) == worker
    assert registry.namesakes(odd) == (worker,)


def test_a_key_longer_than_any_name_is_nobodys(registry: SqlRegistry) -> None:
    registry.add_worker("Ana", None, None, [])
    assert registry.namesakes("a" * 100_000) == registry.namesakes("") == registry.namesakes("\udce9") == ()
    with pytest.raises(WorkerNotFound):
        registry.find_worker("external:\udce9")


def test_an_external_id_is_compared_to_the_letter_but_for_case(registry: SqlRegistry) -> None:
    registry.add_worker("Ana", "E_1", None, [])
    registry.add_worker("Eva", "E 1", None, [])
    assert registry.worker_of("e_1", "ANA_").name == "Ana"
    with pytest.raises(WorkerExists):
        registry.worker_of("e 1", "Ana")


def test_two_workers_of_one_name_are_told_apart_by_external_ids(registry: SqlRegistry) -> None:
    registry.add_worker("Ana García", "E-1", None, [])
    registry.add_worker("Ana García", "E-2", None, [])
    with pytest.raises(WorkerExists, match="e-1"):
        registry.add_worker("Someone else", " e-1", None, [])
    with pytest.raises(WorkerExists, match="external id"):
        registry.add_worker("Ana García", None, None, [])


def test_an_external_id_does_not_excuse_the_other_worker_having_none(registry: SqlRegistry) -> None:
    registry.add_worker("Ana García", None, None, [])
    with pytest.raises(WorkerExists):
        registry.add_worker("Ana García", "E-1", None, [])


BAD_TEXTS = ["", "  ", "a\x00b", "a\nb", "a\u2028b", "a\u202eb", "a\ud800b", "x" * 201]


@pytest.mark.parametrize("bad", BAD_TEXTS)
def test_a_name_or_external_id_that_cannot_be_shown_is_refused(registry: SqlRegistry, bad: str) -> None:
    with pytest.raises(WorkerError):
        registry.add_worker(bad, None, None, [])
    with pytest.raises(WorkerError):
        registry.add_worker("Ana", bad, None, [])
    worker = registry.add_worker("x" * 200, "y" * 100, None, [])
    with pytest.raises(WorkerError):
        registry.update_worker(worker.id, name=bad)
    assert registry.worker(worker.id).name == "x" * 200


def test_renaming(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [photo(1)])
    registry.add_worker("Eva", None, None, [])
    before = registry.position()
    assert registry.update_worker(ana.id, name="ANA").name == "ANA"
    with pytest.raises(WorkerExists):
        registry.update_worker(ana.id, name="eva")
    assert registry.worker(ana.id).name == "ANA"
    now, touched = registry.changed_since(before)
    assert (now.revision, touched) == (3, (ana.id,))


def test_finding_by_id_external_id_or_name(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana García", "E-1", None, [])
    external, called = ("external:E-1", "External: e-1"), ("name:Ana García", "name: ANA GARCÍA ")
    for key in (str(ana.id), f"id:{ana.id}", "ID: 1", *external, *called, "E-1", "e-1 ", *SAME):
        assert registry.find_worker(key) == registry.find_worker(key, certain=True) == ana
    no_ids = (
        "Ren\udce9",
        "name:\udce9",
        "id:",
        f"id:{HUGE}",
        str(HUGE),
        "0",
        "-1",
        "²",
        "01",
        "id:01",
        "1.0",
        "+1",
    )
    for key in ("nobody", "", "external:1", "name:E-1", "external:Ana García", "name:", ":1", *no_ids):
        with pytest.raises(WorkerNotFound):
            registry.find_worker(key)


NUMBERED = {
    "a name": ("10", None),
    "an external id": ("Ana", "10"),
    "an external id with leading zeros": ("Ana", "0010"),
    "a number with a dot": ("10.", None),
}


@pytest.mark.parametrize(("name", "external_id"), NUMBERED.values(), ids=NUMBERED)
def test_where_workers_are_called_by_numbers_a_bare_number_is_no_certain_id(
    registry: SqlRegistry, name: str, external_id: str | None
) -> None:
    eva = registry.add_worker("Eva", "id:jdoe", None, [])
    assert registry.find_worker("1", certain=True) == eva
    ten = registry.add_worker(name, external_id, None, [])
    assert registry.find_worker("2") == ten
    for key in ("1", " 2"):
        with pytest.raises(WorkerAmbiguous, match=rf"id:{key.strip()}, external:{key.strip()} or name:"):
            registry.find_worker(key, certain=True)
    with pytest.raises(WorkerNotFound):
        registry.find_worker("3", certain=True)
    explicit = f"name:{name}" if external_id is None else f"external:{external_id}"
    for key in ("id:2", external_id or name, explicit):
        assert registry.find_worker(key, certain=True) == ten
    assert registry.find_worker("id:jdoe", certain=True) == eva


def test_a_number_that_is_id_and_name_of_one_worker_is_certain(registry: SqlRegistry) -> None:
    one, two = (registry.add_worker(name, None, None, []) for name in ("1", "3"))
    assert registry.find_worker("1", certain=True) == one
    assert registry.find_worker("3", certain=True) == two


def test_a_key_of_two_workers_is_ambiguous_until_it_says_id(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [])
    eva = registry.add_worker("Eva", str(ana.id), None, [])
    with pytest.raises(WorkerAmbiguous, match=f"id:{ana.id}, id:{eva.id}"):
        registry.find_worker(str(ana.id))
    assert registry.find_worker(f"id:{ana.id}") == ana
    registry.add_worker("Luz", "E-3", None, [])
    registry.add_worker("Luz", "E-4", None, [])
    with pytest.raises(WorkerAmbiguous):
        registry.find_worker("luz")
