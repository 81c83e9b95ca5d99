"""Issue 15: an identification has no consequences before people confirm it."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from werkzeug.test import TestResponse

from facevec.audit.verify import Walk
from facevec.types import Review
from facevec.usecases.reviews import ReviewDesk
from tests.attack.conftest import CEO, COLLEAGUE, Attacker, House
from tests.toy import Someone, picture

GUEST = 99


@pytest.fixture
def consequences(house: House) -> list[Review]:
    """What followed from identifications, in a house where people confirm them."""
    followed: list[Review] = []
    app = house.service.app
    app.__dict__["review_desk"] = ReviewDesk(app.reviews, True, followed.append)
    return followed


def asked(who: Attacker) -> dict:
    face = who.face(Someone(CEO, 9))
    assert (face["status"], face["worker"]) == ("unconfirmed", None)
    return dict(face["review"])


def decide(who: Attacker, review: int, decision: str = "confirm") -> TestResponse:
    return who.send("POST", f"/reviews/{review}", decision=decision)


def test_nobody_is_named_until_somebody_confirms_it(
    house: House, ceo: int, consequences: list[Review]
) -> None:
    door, guard = house.holder("recognize"), house.holder("review")
    assert door.face(Someone(GUEST))["status"] == "unknown"
    review = asked(door)
    assert (review["worker"]["id"], review["state"]) == (ceo, "pending")
    assert decide(door, review["id"]).json["code"] == "forbidden"
    assert door.send("GET", "/reviews").json["code"] == "forbidden"
    polled = door.send("GET", f"/reviews/{review['id']}").json
    assert polled["state"] == "pending"
    assert polled["distance"] == polled["match_threshold"], "nobody climbs by it"
    assert house.holder("recognize").send("GET", f"/reviews/{review['id']}").status_code == 404
    (listed,) = guard.send("GET", "/reviews").json["reviews"]
    assert guard.send("GET", f"/reviews/{review['id']}").json == listed
    assert house.holder("enrol").send("GET", f"/reviews/{review['id']}").json["code"] == "forbidden"
    assert listed["worker"]["name"] == "CEO"
    assert listed["distance"] == listed["match_threshold"]
    (exact,) = house.holder("admin").send("GET", "/reviews").json["reviews"]
    assert exact["distance"] < exact["match_threshold"]
    assert consequences == []
    assert decide(guard, review["id"]).json["state"] == "confirmed"
    assert [one.id for one in consequences] == [review["id"]]
    assert decide(guard, review["id"]).json["code"] == "review_invalid"
    assert door.send("GET", f"/reviews/{review['id']}").json["state"] == "confirmed"


def test_what_is_rejected_or_of_who_was_removed_has_no_consequences(
    house: House, ceo: int, consequences: list[Review]
) -> None:
    door, admin = house.holder("recognize"), house.holder("admin")
    rejected, gone = asked(door), asked(door)
    assert decide(admin, rejected["id"], "reject").json["state"] == "rejected"
    assert door.send("GET", f"/reviews/{rejected['id']}").json["state"] == "rejected"
    assert admin.send("DELETE", f"/workers/{ceo}").status_code == 204
    assert decide(admin, gone["id"]).json["code"] == "review_not_found"
    assert consequences == []


def test_a_picture_of_many_has_one_review_for_each_whom_it_would_name(
    house: House, ceo: int, consequences: list[Review]
) -> None:
    door = house.holder("recognize")
    data = picture(Someone(CEO, 8, size=140), Someone(GUEST, size=120), Someone(COLLEAGUE, 3, size=100))
    file = base64.b64encode(data).decode()
    for path, body in (("/recognize", {"file": file}), ("/recognize/batch", {"files": [file]})):
        faces = door.send("POST", path, **body).json["images"][0]["faces"]
        assert [face["status"] for face in faces] == ["unconfirmed", "unknown", "unconfirmed"]
        assert "review" not in faces[1]
        assert faces[0]["review"]["id"] != faces[2]["review"]["id"]
    assert door.send("POST", "/recognize/annotated", file=file).status_code == 200
    assert len(house.holder("review").send("GET", "/reviews").json["reviews"]) == 6


def test_what_was_asked_and_said_is_recorded_and_nothing_personal_kept(
    house: House, ceo: int, consequences: list[Review]
) -> None:
    door, guard = house.holder("recognize"), house.holder("review")
    assert house.holder("admin").send("PATCH", f"/workers/{ceo}", name="Zenobia").status_code == 200
    review = asked(door)
    assert review["worker"]["name"] == "Zenobia"
    decide(guard, review["id"])
    app = house.service.app
    events = [one.event for one in Walk(app.loaded.audit_folder, app.integrity_key)]
    asking, saying = events[-2:]
    (face,) = asking.detail["pictures"][0]["faces"]
    assert (face["status"], face["worker"], face["review"]) == ("unconfirmed", ceo, review["id"])
    assert (saying.what, saying.worker_ids) == ("decide_review", (ceo,))
    assert (saying.detail["review"], saying.detail["state"]) == (review["id"], "confirmed")
    with app.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT * FROM reviews").all()
    assert "Zenobia" not in str(kept)


def test_nobody_learns_by_asking_what_others_have_seen(
    house: House, ceo: int, consequences: list[Review]
) -> None:
    review, other = asked(house.holder("recognize")), house.holder("recognize")
    texts = [other.send("GET", f"/reviews/{number}").json["detail"] for number in (review["id"], 99)]
    assert texts[0].replace(str(review["id"]), "99") == texts[1]


def test_no_expression_is_read_for_who_it_may_be(
    house: House, ceo: int, consequences: list[Review], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, door = house.holder("enrol"), house.holder("recognize")
    agreed = {"text_version": "v1", "emotion": True}
    assert desk.send("PUT", f"/workers/{ceo}/consent", **agreed).status_code == 200
    app = house.service.app
    monkeypatch.setattr(type(app.settings), "emotion_consented_only", True)
    app.sight._vision = replace(app.vision, emotion_consent_only=True)
    assert door.face(Someone(CEO, 9))["emotion"] is None
    app.__dict__["review_desk"] = ReviewDesk(app.reviews, False, consequences.append)
    assert door.face(Someone(CEO, 9))["emotion"] is not None
