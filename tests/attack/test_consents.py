"""Issue 15: what somebody with a key can do about the consents of others, and what is done without one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tests.attack.conftest import ATTACKER, CEO, Attacker, House, encoded
from tests.clock import Clock
from tests.toy import Someone

NOW = datetime.now(timezone.utc)


def days_ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


def agreed(days: float | None = None, text: str = "v1", **more: object) -> dict[str, object]:
    return {"text_version": text, **({} if days is None else {"given_at": days_ago(days)}), **more}


def record(who: Attacker, worker: int, consent: dict[str, object]) -> tuple[int, str | None]:
    answer = who.send("PUT", f"/workers/{worker}/consent", **consent)
    return answer.status_code, answer.json.get("code")


def enrolled(who: Attacker, **more: object) -> tuple[int, str | None]:
    files = encoded(Someone(ATTACKER))
    answer = who.send("POST", "/workers", name="Eva", external_id="E-9", files=files, **more)
    return answer.status_code, answer.json.get("code")


def ledger(house: House, worker: int) -> list[tuple[str, str]]:
    entries = house.holder("enrol").send("GET", f"/workers/{worker}/consents").json["entries"]
    return [(each["kind"], each["text_version"]) for each in entries]


@pytest.mark.parametrize("days", [31, -1])
def test_no_key_records_a_consent_given_long_ago_or_not_yet(house: House, ceo: int, days: int) -> None:
    for scope in ("enrol", "admin"):
        who = house.holder(scope)
        assert record(who, ceo, agreed(days)) == (422, "consent_refused")
        assert enrolled(who, consent=agreed(days)) == (422, "consent_refused")
    assert ledger(house, ceo) == []
    assert record(house.holder("enrol"), ceo, agreed(29)) == (200, None)


def test_a_key_does_with_consents_what_its_scope_says(house: House, ceo: int) -> None:
    knowing, desk = house.holder("recognize", "scores"), house.holder("enrol")
    assert record(knowing, ceo, agreed())[0] == 403
    assert knowing.send("GET", f"/workers/{ceo}/consents").status_code == 403
    assert record(desk, ceo, agreed()) == (200, None)
    assert desk.send("DELETE", f"/workers/{ceo}/consent").status_code == 403
    assert desk.send("POST", "/consents/texts", version="v1", text="Anything.").status_code == 403
    assert ledger(house, ceo) == [("recorded", "v1")]


def test_an_older_consent_takes_the_place_of_none(house: House, ceo: int) -> None:
    desk = house.holder("enrol")
    assert record(desk, ceo, agreed(2)) == (200, None)
    assert record(desk, ceo, agreed(5, emotion=True)) == (422, "consent_refused")
    assert ledger(house, ceo) == [("recorded", "v1")]


def test_a_withdrawal_is_undone_by_an_admin_with_a_newer_consent_only(house: House, ceo: int) -> None:
    desk, admin, knowing = house.holder("enrol"), house.holder("admin"), house.holder("recognize")
    assert record(desk, ceo, agreed(9)) == (200, None)
    withdrawn = admin.send("DELETE", f"/workers/{ceo}/consent")
    assert (withdrawn.status_code, withdrawn.json["photo_count"]) == (200, 0)
    assert knowing.named(Someone(CEO, 9)) is None
    again = {"name": "CEO", "external_id": "E-6", "files": encoded(Someone(CEO, 4)), "consent": agreed()}
    assert desk.send("POST", "/workers", **again).json["code"] == "consent_refused"
    assert record(desk, ceo, agreed()) == (422, "consent_refused")
    assert record(admin, ceo, agreed(3)) == (422, "consent_refused"), "given before the withdrawal"
    assert record(admin, ceo, agreed()) == (200, None)
    assert knowing.named(Someone(CEO, 9)) is None, "of the face nothing is left"
    mine = desk.add(ceo, Someone(ATTACKER))
    assert mine.json["reasons"][0]["code"] == "identity_sealed", "nobody becomes the worker by coming first"
    assert admin.add(ceo, Someone(CEO, 4), reseed=True).status_code == 200
    assert knowing.named(Someone(CEO, 9)) == ceo
    assert [kind for kind, _ in ledger(house, ceo)] == ["recorded", "withdrawn", "recorded"]


def test_no_consent_is_ended_by_one_that_is_over_or_nearly(house: House, ceo: int) -> None:
    def until(days: float) -> dict[str, object]:
        return agreed(0.02 if days < 0 else None, expires_at=days_ago(-days))

    desk, admin, knowing = house.holder("enrol"), house.holder("admin"), house.holder("recognize")
    for days in (-0.01, 0.1, 29):
        assert record(desk, ceo, until(days)) == (422, "consent_refused"), "of whom no consent is recorded"
    assert record(desk, ceo, until(90)) == (200, None)
    for days in (-0.01, 0.1, 29):
        assert record(desk, ceo, until(days)) == (422, "consent_refused")
    again = {"name": "CEO", "external_id": "E-6", "files": encoded(Someone(CEO, 4)), "consent": until(1)}
    assert desk.send("POST", "/workers", **again).json["code"] == "consent_refused"
    assert knowing.named(Someone(CEO, 9)) == ceo
    assert record(desk, ceo, until(40)) == (200, None), "a shorter one is seen for a month"
    assert record(admin, ceo, until(-0.01)) == (422, "consent_refused"), "that is a withdrawal"
    assert record(admin, ceo, until(1)) == (200, None)


def test_a_withdrawal_leaves_no_file_of_the_index_that_holds_the_face(house: House, ceo: int) -> None:
    app = house.service.app
    record(house.holder("enrol"), ceo, agreed())
    app.gallery.rebuild()
    before = {path for path in app.loaded.index_folder.rglob("*") if path.is_file()}
    assert house.holder("admin").send("DELETE", f"/workers/{ceo}/consent").status_code == 200
    after = {path for path in app.loaded.index_folder.rglob("*") if path.is_file()}
    assert not {path for path in before & after if path.suffix in (".npy", ".npz", ".bin", ".faiss")}


def test_a_second_consent_sent_with_the_external_id_is_recorded_once(house: House) -> None:
    desk = house.holder("enrol")
    assert enrolled(desk) == (201, None)
    worker = house.service.app.registry.find_worker("external:E-9").id
    for consent, entries in (
        (agreed(), 1),
        (agreed(), 1),
        (agreed(text="v2"), 2),
        (agreed(text="v2", emotion=True), 3),
        (agreed(text="v2", emotion=True), 3),
    ):
        assert enrolled(desk, consent=consent) == (200, None)
        assert len(ledger(house, worker)) == entries
    consent = house.service.app.registry.worker(worker).consent
    assert (consent.text_version, consent.emotion) == ("v2", True)


def test_where_a_consent_is_required_nobody_is_enrolled_or_recognized_without_one(
    house: House, ceo: int, clock: Clock
) -> None:
    app = house.service.app
    consent = app.settings.consent.model_copy(update={"required": True})
    app.settings = app.settings.model_copy(update={"consent": consent})
    desk, knowing = house.holder("enrol"), house.holder("recognize")
    assert enrolled(desk) == (422, "consent_missing")
    assert enrolled(desk, consent=agreed(expires_at=(NOW + timedelta(days=9)).isoformat())) == (201, None)
    worker = app.registry.find_worker("external:E-9").id
    assert knowing.named(Someone(ATTACKER, 9)) == worker
    clock.ahead = timedelta(days=10)
    assert knowing.named(Someone(ATTACKER, 9)) is None
    clock.ahead = timedelta(days=-10)
    assert knowing.named(Someone(ATTACKER, 9)) is None, "by this clock it has not begun"


def test_no_photo_is_kept_of_who_agreed_to_something_else(house: House) -> None:
    app = house.service.app
    enrolment = app.settings.enrolment.model_copy(update={"keep_photos": True})
    app.settings = app.settings.model_copy(update={"enrolment": enrolment})
    desk = house.holder("enrol")
    for name, who, consent in (("A", 1, agreed()), ("B", 2, agreed(photos=True))):
        files = encoded(Someone(who))
        assert desk.send("POST", "/workers", name=name, files=files, consent=consent).status_code == 201
    kept = [app.registry.photos(worker.id)[0].has_pixels for worker in app.registry.list_workers()]
    assert kept == [False, True]
