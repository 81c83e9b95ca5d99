"""Issue 11, 2 and 3: climbing by distances, and reading the names of all workers off the candidates."""

from __future__ import annotations

import base64
from itertools import pairwise

import pytest

from facevec.types import Scope
from tests.attack.conftest import ATTACKER, CEO, COLLEAGUE, House, blend, encoded
from tests.toy import Someone, picture


@pytest.mark.parametrize("path", ["/recognize", "/recognize/annotated", "/recognize/batch"])
def test_candidates_name_nobody_to_strangers(house: House, path: str) -> None:
    who = house.holder("recognize")
    files = encoded(Someone(ATTACKER))
    picture_field = {"files": files} if path.endswith("batch") else {"file": files[0]}
    answer = who.send("POST", path, candidates=8, **picture_field)
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert "scope scores or enrol" in answer.json["detail"]
    assert who.send("POST", path, candidates=0, **picture_field).status_code == 200


@pytest.mark.parametrize("scope", ["scores", "enrol"])
def test_candidates_are_listed_to_those_who_may_know_them(house: House, ceo: int, scope: Scope) -> None:
    listed = house.holder("recognize", scope).face(Someone(CEO, 5), candidates=8)["candidates"]
    assert [one["worker"]["id"] for one in listed] == [ceo, ceo + 1]
    exact = scope == "scores"
    assert ([one["distance"] for one in listed] == [2.0, 2.0]) is not exact


def test_the_way_to_a_worker_is_level_without_scores(house: House, ceo: int) -> None:
    """Every step from the attacker to the worker answers the same until the decision itself changes."""
    steps = [Someone(blend(ATTACKER, CEO, percent)) for percent in range(20, 101, 5)]
    climber, knowing = house.holder("recognize"), house.holder("recognize", "scores")
    banded = [climber.face(step) for step in steps]
    exact = [knowing.face(step) for step in steps]
    slope = [face["distance"] for face in exact if face["status"] == "unknown"]
    assert all(before > after for before, after in pairwise(slope)), slope
    for status in ("unknown", "identified"):
        scores = {(face["distance"], face["margin"]) for face in banded if face["status"] == status}
        assert len(scores) == 1, status
    assert {face["distance"] for face in banded if face["status"] == "unknown"} == {2.0}


@pytest.mark.parametrize("way", ["newcomer", "own worker"])
def test_a_refused_enrolment_is_no_way_to_measure(house: House, ceo: int, way: str) -> None:
    """Photos for oneself that come nearer and nearer to the worker are refused, and leave no trace."""
    steps = [Someone(blend(ATTACKER, CEO, percent)) for percent in range(60, 101, 10)]

    def reasons(*scopes: Scope) -> list[dict[str, object]]:
        who = house.holder(*scopes)
        answers = [who.enrol("Me", step) if way == "newcomer" else who.add(ceo + 1, step) for step in steps]
        return [answer.json["reasons"][0] for answer in answers]

    banded, exact = reasons("enrol"), reasons("enrol", "scores")
    assert {(one["code"], one["worker_id"]) for one in banded} == {("enrolled_as_another", ceo)}
    assert len({(one["distance"], one["reason"]) for one in banded}) == 1
    assert len({one["distance"] for one in exact}) == len(steps)


def test_a_bad_picture_tells_no_more(house: House, ceo: int) -> None:
    blurred = [Someone(who, sharpness=0) for who in (CEO, COLLEAGUE, ATTACKER)]
    faces = [house.holder("recognize").face(someone) for someone in blurred]
    assert [face["status"] for face in faces] == ["low_quality"] * 3
    assert len({(face["distance"], face["margin"]) for face in faces}) == 1


def test_verification_is_level_too(house: House, ceo: int) -> None:
    climber = house.holder("recognize")
    answers = [
        climber.send("POST", "/verify", file=file, worker_id=ceo).json
        for percent in range(0, 101, 25)  # so few that none waits
        for file in encoded(Someone(blend(ATTACKER, CEO, percent)))
    ]
    threshold = answers[0]["verify_threshold"]
    assert {(one["same"], one["distance"]) for one in answers} == {(False, 2.0), (True, threshold)}
    assert answers[0]["bands"] == {"distance": [threshold, 2.0], "margin": []}


def test_verification_is_level_beside_a_look_alike(house: House, ceo: int) -> None:
    twin = Someone(COLLEAGUE, 1, like=CEO, likeness=0.9)
    house.holder("admin").send("POST", "/workers", name="Twin", files=encoded(twin), distinct_from=[ceo])
    files = encoded(*(Someone(COLLEAGUE, look, like=CEO, likeness=0.95) for look in range(2, 7)))
    climber = house.holder("recognize")
    answers = [climber.send("POST", "/verify", file=file, worker_id=ceo).json for file in files]
    assert {(one["same"], one["ambiguous"]) for one in answers} == {(False, True)}
    assert len({one["distance"] for one in answers}) == 1


def test_the_bands_are_told_and_exact_scores_have_none(house: House, ceo: int) -> None:
    def image(*scopes: Scope) -> dict[str, object]:
        answer = house.holder(*scopes).recognize(Someone(CEO, 5)).json
        return dict(answer["images"][0])

    banded, exact = image("recognize"), image("recognize", "scores")
    assert banded["bands"]["distance"] == [banded["match_threshold"], 2.0]
    assert banded["faces"][0]["distance"] == banded["match_threshold"]
    assert exact["bands"] is None
    assert exact["faces"][0]["distance"] < banded["match_threshold"]


def test_the_drawn_picture_tells_no_distance(house: House, ceo: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(
        "facevec.presentation.annotate.annotate",
        lambda pixels, image: drawn.append(image.faces[0].distance) or pixels.repeat(8, 0).repeat(8, 1),
    )
    for scopes in (("recognize",), ("recognize", "scores")):
        house.holder(*scopes).send(
            "POST", "/recognize/annotated", file=base64.b64encode(picture(Someone(CEO, 5))).decode()
        )
    assert drawn[0] is None
    assert drawn[1] is not None
