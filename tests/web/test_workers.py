from __future__ import annotations

import base64
from urllib.parse import urljoin

import structlog
from filelock import FileLock

from facevec.gallery import generations
from tests.toy import SCALE, turned
from tests.web.pictures import nobody, portrait

WORKERS = "/api/v1/workers"


def test_a_photo_that_did_not_lie_as_it_should_is_told(post) -> None:
    answer = post("/workers", name="Ann", files=[portrait(0, 1), turned(portrait(0, 2), 270)])
    assert answer.json["turned"] == [{"source": "shot1.png", "degrees": 270}]
    more = post(f"/workers/{answer.json['worker']['id']}/photos", files=[turned(portrait(0, 3), 180)])
    assert more.json["turned"] == [{"source": "shot0.png", "degrees": 180}]


def test_a_worker_is_created_shown_renamed_and_removed(client, admin, post) -> None:
    created = post("/workers", name="Ann", external_id="E-1", files=[portrait(0, 1), portrait(0, 2)])
    assert created.status_code == 201
    assert created.json["accepted"] == ["shot0.png", "shot1.png"]
    place = urljoin(WORKERS, created.headers["Location"])
    shown = client.get(place, headers=admin)
    assert (shown.json["name"], shown.json["photo_count"], len(shown.json["photos"])) == ("Ann", 2, 2)
    renamed = client.patch(place, headers=admin, json={"name": "Anna"})
    assert (renamed.status_code, renamed.json["name"]) == (200, "Anna")
    assert client.delete(place, headers=admin).status_code == 204
    assert client.get(place, headers=admin).status_code == 404
    assert post("/recognize", file=portrait(0)).json["images"][0]["faces"][0]["worker"] is None


def test_the_same_external_id_again_adds_what_is_new(post) -> None:
    first = post("/workers", name="Ann", external_id="E-1", files=[portrait(0, 1)])
    again = post("/workers", name="ANN", external_id="e-1", files=[portrait(0, 1), portrait(0, 2)])
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["worker"]["id"] == first.json["worker"]["id"]
    assert again.json["accepted"] == ["shot1.png"]
    assert [refusal["code"] for refusal in again.json["refused"]] == ["photo_already_enrolled"]
    whole = post("/workers", name="Ann", external_id="E-1", files=[portrait(0, 1), portrait(0, 2)])
    assert (whole.status_code, whole.json["accepted"]) == (200, [])
    other = post("/workers", name="Bob", external_id="E-1", files=[portrait(1, 1)])
    assert (other.status_code, other.json["code"]) == (409, "worker_exists")


def test_a_photo_of_another_worker_is_no_repetition(post) -> None:
    for who, name in enumerate(("Ann", "Bob")):
        post("/workers", name=name, external_id=f"E-{who}", files=[portrait(who, 1)])
    answer = post("/workers", name="Bob", external_id="E-1", files=[portrait(0, 1)])
    assert (answer.status_code, answer.json["code"]) == (409, "photo_already_enrolled")


def test_an_enrolment_that_is_refused_says_why_for_each_photo_and_changes_nothing(
    client, admin, post
) -> None:
    answer = post("/workers", name="Nobody", files=[nobody(), b"broken"])
    assert (answer.status_code, answer.json["code"]) == (422, "enrolment_refused")
    assert [(r["source"], r["code"]) for r in answer.json["reasons"]] == [
        ("shot0.png", "no_face"),
        ("shot1.png", "not_an_image"),
    ]
    assert client.get("/api/v1/workers", headers=admin).json == {"workers": [], "next_cursor": None}


def test_photos_that_disagree_are_all_refused(client, admin, post) -> None:
    answer = post("/workers", name="Ann", files=[portrait(0, 1), portrait(1, 1)])
    assert (answer.status_code, answer.json["code"]) == (422, "enrolment_refused")
    assert [(r["source"], r["code"]) for r in answer.json["reasons"]] == [
        ("shot0.png", "not_the_same_person"),
        ("shot1.png", "not_the_same_person"),
    ]
    assert "not the one on shot1.png" in answer.json["reasons"][0]["reason"]
    assert client.get("/api/v1/workers", headers=admin).json["workers"] == []


def test_the_face_of_another_worker_is_refused(post) -> None:
    post("/workers", name="Ann", files=[portrait(0, 1)])
    answer = post("/workers", name="Thief", files=[portrait(0, 2)])
    assert answer.status_code == 422
    assert answer.json["reasons"][0]["code"] == "enrolled_as_another"


def test_a_look_alike_is_enrolled_when_an_admin_says_so(client, admin, key, service, post) -> None:
    ann = post("/workers", name="Ann", files=[portrait(0, 1)]).json["worker"]["id"]
    (refused,) = post("/workers", name="Zoe", files=[portrait(0, 2)]).json["reasons"]
    assert (refused["worker_id"], refused["distance"] < SCALE.other_person) == (ann, True)
    assert f"worker {ann} (Ann)" in refused["reason"]
    created = post("/workers", name="Zoe", distinct_from=str(ann), files=[portrait(0, 2)])
    assert created.status_code == 201
    (pair,) = created.json["worker"]["distinct_from"]
    by = next(one.id for one in service.app.keys.list() if one.revoked_at is None)
    assert (pair["worker_id"], pair["name"], pair["decided_by"]) == (ann, "Ann", f"key:{by}")
    zoe = created.json["worker"]["id"]
    shown = client.get(f"/api/v1/workers/{ann}", headers=admin).json
    assert [other["worker_id"] for other in shown["distinct_from"]] == [zoe]
    more = {"files": [base64.b64encode(portrait(0, 3)).decode()]}
    later = client.post(f"/api/v1/workers/{zoe}/photos", headers=key("enrol"), json=more)
    assert (later.status_code, later.json["refused"]) == (200, [])
    (face,) = post("/recognize", file=portrait(0, 4)).json["images"][0]["faces"]
    assert (face["status"], face["worker"]) == ("ambiguous", None)


def test_only_an_admin_says_that_two_are_two(client, key, post) -> None:
    """It takes from a worker that they are named, as removing them does."""
    ann = post("/workers", name="Ann", files=[portrait(0, 1)]).json["worker"]["id"]
    photos = [base64.b64encode(portrait(0, 2)).decode()]
    for path, body in (("/workers", {"name": "Zoe"}), (f"/workers/{ann}/photos", {})):
        sent = {**body, "files": photos, "distinct_from": [ann]}
        answer = client.post(f"/api/v1{path}", headers=key("enrol", "recognize"), json=sent)
        assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
        assert "scope admin" in answer.json["detail"]
    none = {"name": "Ben", "files": [base64.b64encode(portrait(1, 2)).decode()], "distinct_from": []}
    assert client.post("/api/v1/workers", headers=key("enrol"), json=none).status_code == 201


def test_whom_somebody_is_not_must_be_enrolled(client, admin, post) -> None:
    ann = post("/workers", name="Ann", files=[portrait(0, 1)]).json["worker"]["id"]
    for distinct_from, status, code in (
        (4711, 404, "worker_not_found"),
        ("Ann", 400, "input_invalid"),
        (0, 400, "input_invalid"),
    ):
        answer = post("/workers", name="Zoe", distinct_from=str(distinct_from), files=[portrait(1, 1)])
        assert (answer.status_code, answer.json["code"]) == (status, code)
    themselves = post(f"/workers/{ann}/photos", distinct_from=str(ann), files=[portrait(0, 2)])
    assert (themselves.status_code, themselves.json["code"]) == (400, "worker_invalid")


def test_a_name_twice_is_a_conflict(post) -> None:
    post("/workers", name="Ann", files=[portrait(0, 1)])
    answer = post("/workers", name="Ann", files=[portrait(1, 1)])
    assert (answer.status_code, answer.json["code"]) == (409, "worker_exists")


def test_consent_is_kept_and_under_one_that_is_over_nobody_is_enrolled(client, admin, post) -> None:
    consent = '{"text_version": "2026-01", "given_at": "2026-01-31T09:00:00Z"}'
    created = post("/workers", name="Ann", consent=consent, files=[portrait(0, 1)])
    assert created.json["worker"]["consent"] == {
        "text_version": "2026-01", "given_at": "2026-01-31T09:00:00+00:00", "expires_at": None,
        "emotion": False, "photos": False, "visits": False,
    }  # fmt: skip
    encoded = [base64.b64encode(portrait(1, 1)).decode()]
    past = {"text_version": "1", "given_at": "2020-01-01T00:00:00Z", "expires_at": "2021-01-01T00:00:00Z"}
    body = {"name": "Bob", "consent": past, "files": encoded}
    refused = client.post("/api/v1/workers", headers=admin, json=body)
    assert (refused.status_code, refused.json["code"]) == (422, "consent_refused")
    assert post("/recognize", file=portrait(1)).json["images"][0]["faces"][0]["worker"] is None


def test_a_day_without_a_time_is_the_end_of_that_day(client, admin, post) -> None:
    consent = '{"text_version": "1", "given_at": "2026-01-31T09:00:00Z", "expires_at": "2090-01-31"}'
    created = post("/workers", name="Ann", consent=consent, files=[portrait(0, 1)])
    assert created.json["worker"]["consent"]["expires_at"] == "2090-01-31T23:59:59+00:00"


def test_photos_are_added_and_removed(client, admin, post) -> None:
    ann = post("/workers", name="Ann", files=[portrait(0, 1)]).json["worker"]["id"]
    assert post(f"/workers/{ann}/photos", files=[portrait(0, 2)]).status_code == 200
    repeated = post(f"/workers/{ann}/photos", files=[portrait(0, 2)])
    assert (repeated.status_code, repeated.json["code"]) == (409, "photo_already_enrolled")
    stranger = post(f"/workers/{ann}/photos", files=[portrait(4, 2)])
    assert (stranger.status_code, stranger.json["reasons"][0]["code"]) == (422, "not_the_same_person")
    photos = client.get(f"/api/v1/workers/{ann}", headers=admin).json["photos"]
    gone = f"/api/v1/workers/{ann}/photos/{photos[0]['id']}"
    assert client.delete(gone, headers=admin).status_code == 204
    for nowhere in (gone, f"/api/v1/workers/{2**63}/photos/1"):
        assert client.delete(nowhere, headers=admin).status_code == 404
    assert client.get(f"/api/v1/workers/{ann}", headers=admin).json["photo_count"] == 1


def test_a_removal_while_the_index_is_rebuilt_is_a_removal(client, admin, post, service, monkeypatch) -> None:
    """The registry forgot them at once; whoever swaps deletes the index's files, and the log says so."""
    monkeypatch.setattr(service.app.generations, "_swap_wait", 0.1)
    place = urljoin(
        WORKERS, post("/workers", name="Ann", files=[portrait(0, 1), portrait(0, 2)]).headers["Location"]
    )
    photo = client.get(place, headers=admin).json["photos"][0]["id"]
    index = service.app.loaded.index_folder
    (index / "0-0011223344556677").mkdir(parents=True)
    with FileLock(index / generations.SWAP_LOCK), structlog.testing.capture_logs() as logs:
        photo_gone = client.delete(f"{place}/photos/{photo}", headers=admin)
        gone = client.delete(place, headers=admin)
    assert [(answer.status_code, answer.data) for answer in (photo_gone, gone)] == [(204, b"")] * 2
    warnings = [line for line in logs if line["event"] == "index_not_yet_cleaned"]
    assert [line["request_id"] for line in warnings] == [
        answer.headers["X-Request-Id"] for answer in (photo_gone, gone)
    ]
    assert client.get(place, headers=admin).status_code == 404
    assert post("/recognize", file=portrait(0)).json["images"][0]["faces"][0]["worker"] is None


def test_the_list_comes_in_parts_that_hold_everybody_once(client, admin, post) -> None:
    ids = [
        post("/workers", name=f"W{who}", files=[portrait(who, 1)]).json["worker"]["id"] for who in range(5)
    ]
    seen, cursor = [], ""
    while True:
        query = f"?limit=2&cursor={cursor}" if cursor else "?limit=2"
        page = client.get(f"/api/v1/workers{query}", headers=admin).json
        seen += [worker["id"] for worker in page["workers"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ids


def test_a_list_that_did_not_change_is_not_sent_again(client, admin, post) -> None:
    first = client.get("/api/v1/workers", headers=admin)
    conditional = {**admin, "If-None-Match": first.headers["ETag"]}
    unchanged = client.get("/api/v1/workers", headers=conditional)
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    post("/workers", name="Ann", files=[portrait(0, 1)])
    assert client.get("/api/v1/workers", headers=conditional).status_code == 200


def test_a_change_that_was_not_seen_is_not_overwritten(client, admin, post) -> None:
    place = urljoin(WORKERS, post("/workers", name="Ann", files=[portrait(0, 1)]).headers["Location"])
    tag = client.get(place, headers=admin).headers["ETag"]
    stale = {**admin, "If-Match": tag}
    assert client.patch(place, headers=stale, json={"name": "Anna"}).status_code == 200
    refused = client.patch(place, headers=stale, json={"name": "Anne"})
    assert (refused.status_code, refused.json["code"]) == (412, "worker_changed")
    assert client.delete(place, headers=stale).status_code == 412


def test_index_and_models_tell_what_is_in_use(client, admin, post) -> None:
    post("/workers", name="Ann", files=[portrait(0, 1)])
    index = client.get("/api/v1/index", headers=admin).json
    assert index["live_revision"] == index["registry_revision"]
    assert (index["workers"], index["templates"], index["model"]) == (1, 1, "toy")
    models = client.get("/api/v1/models", headers=admin).json
    assert [model["name"] for model in models["models"] if model["in_use"]] == []  # no catalogue has the toy
    assert "casia-webface" in [model["name"] for model in models["models"]]
    assert models["contract"] == index["contract"]
    assert str(client.application.extensions["facevec"].app.loaded.models) not in str(models)
