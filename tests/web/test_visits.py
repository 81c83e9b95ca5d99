"""The record of visits at the API: of whom there is one, and who may read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from flask.testing import FlaskClient

from facevec.config.consent import VisitSettings
from facevec.web.service import Service
from tests.clock import Clock, today
from tests.toy import Someone, picture
from tests.web.conftest import Post

ANA, EVA, KAI = 1, 2, 3
AGREED = '{"text_version": "v1", "visits": true}'
Headers = dict[str, str]


@pytest.fixture
def keeping(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The service, which keeps visits, on a day that goes on."""
    today()
    settings = service.app.settings.model_copy(update={"visits": VisitSettings(keep=True)})
    monkeypatch.setattr(service.app, "settings", settings)
    return service


@pytest.fixture
def people(post: Post) -> dict[str, int]:
    """Ana agreed to visits, Eva to being recognised, Kai to nothing."""
    consents = {"Ana": {"consent": AGREED}, "Eva": {"consent": '{"text_version": "v1"}'}, "Kai": {}}
    return {
        name: post("/workers", name=name, files=[picture(Someone(who))], **consent).json["worker"]["id"]
        for who, (name, consent) in enumerate(consents.items(), start=1)
    }


EVERYBODY = picture(Someone(ANA, 1), Someone(EVA, 1, size=100), Someone(KAI, 1, size=90), Someone(9, size=80))


def listed(client: FlaskClient, service: Service, headers: Headers, query: str = "") -> Any:
    service.app.visit_queue.flush()
    return client.get(f"/api/v1/visits{query}", headers=headers).json


def test_of_nobody_but_who_agreed_a_visit_is_recorded(
    client: FlaskClient, keeping: Service, post: Post, people: dict[str, int], key: Callable[..., Headers]
) -> None:
    door = key("recognize")
    for path in ("/recognize", "/recognize/annotated"):
        assert post(path, {**door, "X-Request-Id": "r-7"}, file=EVERYBODY).status_code == 200
    assert post("/recognize/batch", door, files=[EVERYBODY, b"no picture"]).status_code == 200
    (visit,) = listed(client, keeping, key("visits", "scores"))["visits"]
    assert (visit["worker_id"], visit["place"], visit["sightings"]) == (people["Ana"], "test", 3)
    assert (visit["request_id"], visit["by"].startswith("key:")) == ("r-7", True)
    assert 0 < visit["distance"] < visit["point"]["match_threshold"]
    assert visit["contract"] == "toy-1"


def test_by_default_nothing_is_recorded(
    client: FlaskClient, service: Service, post: Post, people: dict[str, int], admin: Headers
) -> None:
    post("/recognize", file=EVERYBODY, place="Door")
    assert listed(client, service, admin) == {"visits": [], "next_cursor": None}


def test_a_request_says_where_and_whether_it_is_now(
    client: FlaskClient, keeping: Service, post: Post, people: dict[str, int], admin: Headers
) -> None:
    assert post("/recognize", file=EVERYBODY, place="Portería").status_code == 200
    assert post("/recognize", file=EVERYBODY, place="Patio", visit="false").status_code == 200
    assert [one["place"] for one in listed(client, keeping, admin)["visits"]] == ["Portería"]
    for place in ("", "x" * 101, "two\nlines", " ", "\u202eroom"):
        assert post("/recognize", file=EVERYBODY, place=place).status_code == 400


def test_it_takes_a_scope_of_its_own_and_another_to_know_distances(
    client: FlaskClient, keeping: Service, post: Post, people: dict[str, int], key: Callable[..., Headers]
) -> None:
    post("/recognize", file=EVERYBODY)
    for scopes in (("recognize", "scores", "enrol"), ("recognize",)):
        assert client.get("/api/v1/visits", headers=key(*scopes)).status_code == 403
    assert client.get("/api/v1/visits").status_code == 401
    (visit,) = listed(client, keeping, key("visits"))["visits"]
    assert visit["distance"] is None
    assert post("/recognize", key("visits"), file=EVERYBODY).status_code == 403


def test_who_asked_about_whom_is_in_the_trail(
    client: FlaskClient, keeping: Service, post: Post, people: dict[str, int], key: Callable[..., Headers],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    post("/recognize", file=EVERYBODY)
    events: list[Any] = []
    monkeypatch.setattr(keeping.app.audit, "record", events.append)
    reader = key("visits")
    listed(client, keeping, reader)
    listed(client, keeping, reader, f"?worker={people['Eva']}")
    assert client.get("/api/v1/visits", headers=key("enrol")).status_code == 403
    said = [(event.what, event.worker_ids, event.outcome) for event in events]
    assert said == [
        ("list_visits", (people["Ana"],), "ok"),
        ("list_visits", (people["Eva"],), "ok"),
        ("list_visits", (), "forbidden"),
    ]


def test_a_list_comes_in_parts(
    client: FlaskClient, keeping: Service, post: Post, people: dict[str, int], admin: Headers
) -> None:
    for number in range(5):
        post("/recognize", file=EVERYBODY, place=f"door {number}")
    pages, cursor = [], ""
    while cursor is not None:
        answer = listed(client, keeping, admin, f"?limit=2&worker={people['Ana']}{cursor}")
        pages.append([one["place"] for one in answer["visits"]])
        cursor = answer["next_cursor"] and f"&cursor={answer['next_cursor']}"
    assert pages == [["door 0", "door 1"], ["door 2", "door 3"], ["door 4"]]
    tomorrow = (datetime.now(timezone.utc) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert listed(client, keeping, admin, f"?since={tomorrow}")["visits"] == []
    assert len(listed(client, keeping, admin, f"?until={tomorrow}")["visits"]) == 5
    wrong = {"worker=0": 400, "worker=999999": 404, "since=yesterday": 400, "cursor=%21": 400, "limit=0": 400}
    for query, status in wrong.items():
        assert client.get(f"/api/v1/visits?{query}", headers=admin).status_code == status


def test_who_withdraws_or_is_removed_while_it_waits_is_not_recorded_and_what_was_goes(
    client: FlaskClient, keeping: Service, post: Post, people: dict[str, int], admin: Headers
) -> None:
    post("/recognize", file=EVERYBODY)
    assert len(listed(client, keeping, admin)["visits"]) == 1
    post("/recognize", file=EVERYBODY, place="elsewhere")
    path = f"/api/v1/workers/{people['Ana']}"
    assert client.delete(f"{path}/consent", headers=admin).status_code == 200
    assert listed(client, keeping, admin)["visits"] == []
    assert client.delete(path, headers=admin).status_code == 204
    assert listed(client, keeping, admin)["visits"] == []


def test_a_clock_that_leaps_ahead_and_back_makes_no_endless_visit(
    client: FlaskClient, keeping: Service, post: Post, people: dict[str, int], admin: Headers, clock: Clock
) -> None:
    for hours in (0, 30, 0, -30):
        clock.ahead = timedelta(hours=hours)
        post("/recognize", file=EVERYBODY)
        keeping.app.visit_queue.flush()
    shown = listed(client, keeping, admin)["visits"]
    assert [one["sightings"] for one in shown] == [2, 1], "before they agreed nothing is recorded"


def test_where_nothing_could_be_recorded_of_the_request_no_visit_is(
    client: FlaskClient, keeping: Service, post: Post, people: dict[str, int], admin: Headers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from facevec.errors import AuditUnavailable

    def full(_event: object) -> None:
        raise AuditUnavailable("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(keeping.app.audit, "record", full)
        assert post("/recognize", file=EVERYBODY).status_code == 503
    assert listed(client, keeping, admin)["visits"] == []


def test_where_people_confirm_who_it_was_a_visit_is_recorded_once_they_did(
    client: FlaskClient, keeping: Service, post: Post, people: dict[str, int], key: Callable[..., Headers],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    app, door, guard = keeping.app, key("recognize"), key("review")
    review = app.settings.review.model_copy(update={"confirm": True})
    monkeypatch.setattr(app, "settings", app.settings.model_copy(update={"review": review}))
    monkeypatch.delitem(app.__dict__, "review_desk", raising=False)
    faces = post("/recognize", door, file=EVERYBODY, place="Gate").json["images"][0]["faces"]
    reader = key("visits")
    assert {face["status"] for face in faces} == {"unconfirmed", "unknown"}
    assert listed(client, keeping, reader)["visits"] == []
    waiting = client.get("/api/v1/reviews", headers=guard).json["reviews"]
    places = {one.identification.worker_id: one.identification.place for one in app.reviews.pending()}
    assert places == {people["Ana"]: "Gate", people["Eva"]: None, people["Kai"]: None}
    for one in waiting:
        said = client.post(f"/api/v1/reviews/{one['id']}", headers=guard, json={"decision": "confirm"})
        assert said.status_code == 200, said.text
    (visit,) = listed(client, keeping, reader)["visits"]
    assert (visit["worker_id"], visit["place"]) == (people["Ana"], "Gate")
