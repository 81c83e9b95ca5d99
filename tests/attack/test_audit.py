"""Issue 15: whoever looks at somebody, or changes them, is in the audit trail; no name is."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import pytest

from facevec.audit.verify import Walk
from facevec.errors import AuditUnavailable
from facevec.types import AuditEvent
from facevec.web.api import ENDPOINTS
from facevec.web.audited import OF_NOBODY
from tests.attack.conftest import ATTACKER, CEO, House, encoded
from tests.toy import Someone, picture


def trail(house: House) -> Sequence[AuditEvent]:
    app = house.service.app
    app.audit.close()
    walk = Walk(app.loaded.audit_folder, app.integrity_key)
    events = [one.event for one in walk]
    assert walk.findings == []
    return events


def test_what_is_done_to_and_asked_of_people_is_recorded(house: House, ceo: int) -> None:
    key, secret = house.service.app.keys.create("desk", ["admin"])
    headers = {"X-API-Key": secret, "X-Request-Id": "r-1", "X-Purpose": "front door", "Host": "localhost"}
    file, other = encoded(Someone(CEO, 9)) + encoded(Someone(ATTACKER, 9))
    for method, path, body in (
        ("POST", "/recognize", {"file": file}),
        ("POST", "/recognize/batch", {"files": [file, other]}),
        ("POST", "/verify", {"file": file, "worker_id": ceo}),
        ("GET", f"/workers/{ceo}", None),
        ("GET", "/workers", None),
        ("GET", "/index", None),
        ("POST", f"/workers/{ceo}/photos", {"files": [other]}),
        ("DELETE", f"/workers/{ceo}", None),
        ("GET", f"/workers/{ceo}", None),
    ):
        house.client.open(f"/api/v1{path}", method=method, headers=headers, json=body)
    events = [one for one in trail(house) if one.by == f"key:{key.id}"]
    assert [(one.what, one.outcome, one.worker_ids) for one in events] == [
        ("recognize", "ok", (ceo,)),
        ("recognize_batch", "ok", (ceo,)),
        ("verify", "ok", (ceo,)),
        ("show_worker", "ok", (ceo,)),
        ("list_workers", "ok", ()),
        ("add_worker_photos", "enrolment_refused", (ceo,)),
        ("delete_worker", "ok", (ceo,)),
        ("show_worker", "worker_not_found", (ceo,)),
    ]
    said = {(one.request_id, one.purpose, one.source) for one in events}
    assert said == {("r-1", "front door", "127.0.0.1")}
    detail = events[0].detail
    assert detail["pictures"][0]["faces"][0]["worker"] == ceo
    assert detail.keys() >= {"model", "contract", "revision", "match_threshold", "threshold_from"}
    hashes = [one["picture"] for one in events[1].detail["pictures"]]
    assert hashes[0] == detail["pictures"][0]["picture"] != hashes[1]


def test_who_may_not_is_recorded_where_a_view_refuses(house: House, ceo: int) -> None:
    desk = house.holder("enrol")
    assert desk.add(ceo, Someone(ATTACKER), reseed=True).status_code == 403
    assert trail(house)[-1].outcome == "forbidden"


def test_whoever_is_shown_asked_about_or_refused_is_in_the_record(house: House, ceo: int) -> None:
    admin, door = house.holder("admin"), house.holder("recognize")
    near = admin.send("POST", "/recognize", file=encoded(Someone(ATTACKER))[0], candidates=3)
    shown = [each["worker"]["id"] for each in near.json["images"][0]["faces"][0]["candidates"]]
    assert ceo in shown
    nobody = base64.b64encode(picture()).decode()
    assert door.send("POST", "/verify", file=nobody, worker_id=ceo).status_code == 422
    assert door.send("GET", f"/workers/{ceo}").status_code == 403
    assert door.send("GET", "/consents/texts").status_code == 403
    twice = {"name": "Other", "files": encoded(Someone(CEO, 5))}
    assert admin.send("POST", "/workers", **twice).json["reasons"][0]["code"] == "enrolled_as_another"
    file = {"name": "Third", "files": encoded(Someone(CEO))}
    assert admin.send("POST", "/workers", **file).json["reasons"][0]["code"] == "photo_already_enrolled"
    assert trail(house)[-1].worker_ids == (ceo,), "whose photo it is, says the answer"
    assert [(one.what, one.outcome, one.worker_ids) for one in trail(house)[-5:-1]] == [
        ("recognize", "ok", tuple(sorted(shown))),
        ("verify", "no_face", (ceo,)),
        ("show_worker", "forbidden", (ceo,)),
        ("create_worker", "enrolment_refused", (ceo,)),
    ]
    assert trail(house)[-5].detail["pictures"][0]["faces"][0]["candidates"][0][0] == shown[0]


def test_a_purpose_is_one_of_those_that_are_known_where_any_are(house: House, ceo: int) -> None:
    app = house.service.app
    known = app.settings.audit.model_copy(update={"purposes": ("front door",)})
    app.settings = app.settings.model_copy(update={"audit": known})
    _, secret = app.keys.create("door", ["admin"])
    for purpose in ("front door", "Eva Lind", None):
        headers = {"X-API-Key": secret, "Host": "localhost", **({"X-Purpose": purpose} if purpose else {})}
        house.client.get("/api/v1/workers", headers=headers)
    assert [one.purpose for one in trail(house)[-3:]] == ["front door", "other", None]


def test_the_trail_holds_no_name_and_no_external_id(house: House, ceo: int) -> None:
    admin = house.holder("admin")
    admin.send("PATCH", f"/workers/{ceo}", name="Zenobia")
    admin.enrol("Zenobia", Someone(ATTACKER))
    admin.send("DELETE", f"/workers/{ceo}")
    trail(house)
    folder = house.service.app.loaded.audit_folder
    text = b"".join(path.read_bytes() for path in folder.iterdir())
    for word in (b"CEO", b"Zenobia", b"E-6", b"jpg", b"png"):
        assert word not in text


def test_where_nothing_can_be_recorded_nothing_is_done_if_the_settings_say_so(
    house: House, ceo: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise AuditUnavailable("The disk is full.")

    admin = house.holder("admin")
    monkeypatch.setattr(house.service.app.audit, "require", full)
    refused = admin.send("DELETE", f"/workers/{ceo}")
    assert (refused.status_code, refused.json["code"]) == (503, "audit_unavailable")
    assert admin.recognize(Someone(CEO, 9)).status_code == 503
    monkeypatch.undo()
    assert admin.named(Someone(CEO, 9)) == ceo
    monkeypatch.setattr(house.service.app.audit, "record", full)
    assert admin.recognize(Someone(CEO, 9)).status_code == 503, "no answer that was not recorded"


def test_what_is_not_recorded_is_of_nobody() -> None:
    assert {endpoint.name for endpoint in ENDPOINTS} > OF_NOBODY


def test_a_start_tells_what_is_set_and_no_text_of_it(house: House) -> None:
    house.service.app.record_settings()
    said = next(one for one in trail(house) if one.what == "settings").detail
    assert said["set"] == {"server.rate": 0.0}
    assert said["from"] == ["flag"]
