"""What a key says of the worker whom it means, before anybody is looked for."""

from __future__ import annotations

import pytest

from facevec.errors import WorkerAmbiguous, WorkerNotFound
from facevec.registry.designation import Designation, designation
from facevec.registry.names import is_numeric
from tests.registry.photos import HUGE

EXPLICIT = {
    "id:7": {"worker_id": 7},
    "ID: 7 ": {"worker_id": 7},
    "external: E-7": {"external_id": "e-7"},
    "external:7": {"external_id": "7"},
    "external:id:7": {"external_id": "id:7"},
    "name:7": {"name": "7"},
    "Name:Ana": {"name": "ana"},
    "name:": {"name": ""},
}


@pytest.mark.parametrize(("key", "said"), EXPLICIT.items(), ids=EXPLICIT)
def test_a_key_may_say_what_it_is(key: str, said: dict[str, object]) -> None:
    assert designation(key) == Designation(key, **said)


@pytest.mark.parametrize(
    "key", ["ana", "x:1", ":1", "id:", "id:jdoe", "id:07", "id:\u00b2", "id:0", f"id:{HUGE}"]
)
def test_what_says_nothing_known_is_what_somebody_is_called(key: str) -> None:
    assert designation(key) == Designation(key, None, key, key)


def test_a_number_may_be_anything() -> None:
    assert designation(" 12 ") == Designation(" 12 ", 12, "12", "12")


@pytest.mark.parametrize("key", ["07", "0", "-1", "+1", "1.0", "\u00b2", "\u0667", str(HUGE)])
def test_a_number_that_facevec_does_not_write_is_no_id(key: str) -> None:
    assert designation(key).worker_id is None


def test_it_means_one_worker_or_says_why_none() -> None:
    def only(key: str, numbered: list[int], called: list[int], *, certain: bool = True) -> int:
        return designation(key).only(numbered, called, lambda: True, certain=certain)

    assert only("id:7", [7], []) == only("7", [7], [7]) == only("ana", [], [7, 7]) == 7
    assert only("7", [7], [], certain=False) == 7
    with pytest.raises(WorkerAmbiguous, match="say id:7, external:7 or name:7"):
        only("7", [7], [])
    with pytest.raises(WorkerAmbiguous, match="by id:3, id:7"):
        only("7", [7], [3])
    with pytest.raises(WorkerNotFound, match="'ana'"):
        only("ana", [], [])


def test_a_number_is_of_plain_digits_whatever_ends_it() -> None:
    assert all(map(is_numeric, ("7", "07", "7. .")))
    assert not any(map(is_numeric, ("", "\u00b2", "7a", ".7")))
