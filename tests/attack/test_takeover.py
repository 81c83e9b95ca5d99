"""Issue 11, 1: with a key to enrol, turning a worker into somebody else photo by photo."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog

from tests.attack.conftest import ATTACKER, CEO, Attacker, House, blend
from tests.toy import Someone

MINE = [Someone(ATTACKER, look) for look in range(2)]


@pytest.fixture
def attacker(house: House) -> Attacker:
    return house.holder("enrol", "recognize")


def require_untouched(house: House, ceo: int) -> None:
    """The worker is still recognised, and the attacker is nobody."""
    knowing = house.holder("recognize")
    assert knowing.named(Someone(CEO, 9)) == ceo
    assert [knowing.named(someone) for someone in (*MINE, Someone(ATTACKER, 9))] == [None] * 3


def test_removing_every_photo_and_adding_ones_own(house: House, ceo: int, attacker: Attacker) -> None:
    answers = [attacker.remove_photo(ceo, photo) for photo in attacker.photos(ceo)]
    refusals = [answer for answer in answers if answer.status_code == 403]
    assert refusals
    assert {answer.json["code"] for answer in refusals} == {"identity_sealed"}
    assert "scope admin" in refusals[0].json["detail"]
    assert attacker.photos(ceo)
    refused = attacker.add(ceo, *MINE)
    assert refused.status_code == 422
    require_untouched(house, ceo)


def test_two_removals_at_once_leave_a_photo(house: House, ceo: int, attacker: Attacker) -> None:
    photos = attacker.photos(ceo)
    with ThreadPoolExecutor(len(photos)) as pool:
        clients = [Attacker(house.client.application.test_client(), attacker.headers) for _ in photos]
        list(pool.map(lambda client, photo: client.remove_photo(ceo, photo), clients, photos))
    assert attacker.photos(ceo)
    require_untouched(house, ceo)


@pytest.mark.parametrize("way", ["photos", "same external id"])
def test_a_worker_whom_an_admin_emptied_is_not_taken(
    house: House, ceo: int, attacker: Attacker, way: str
) -> None:
    admin = house.holder("admin")
    with structlog.testing.capture_logs() as logs:
        for photo in admin.photos(ceo):
            assert admin.remove_photo(ceo, photo).status_code == 204
    assert [line["worker_id"] for line in logs if line["event"] == "identity_emptied"] == [ceo]
    refused = attacker.add(ceo, *MINE) if way == "photos" else attacker.enrol("CEO", *MINE, external_id="E-6")
    assert refused.status_code == 422
    assert {reason["code"] for reason in refused.json["reasons"]} == {"identity_sealed"}
    assert attacker.named(MINE[0]) is None
    assert admin.add(ceo, Someone(CEO, 4), Someone(CEO, 5), reseed=True).status_code == 200
    require_untouched(house, ceo)


@pytest.mark.slow
@pytest.mark.parametrize("looks", [1, 2, 3])
def test_step_by_step_over_blended_pictures(house: House, looks: int, attacker: Attacker) -> None:
    """Each step is near enough to what is enrolled by then; what was enrolled first is removed on the way."""
    first = [Someone(CEO, look) for look in range(looks)]
    worker: int = house.holder("admin").enrol("CEO", *first).json["worker"]["id"]
    originals = attacker.photos(worker)
    for percent in range(10, 101, 10):
        for look in range(3):
            attacker.add(worker, Someone(blend(CEO, ATTACKER, percent), look))
        for photo in originals:
            attacker.remove_photo(worker, photo)
        for photo in attacker.photos(worker)[:-3]:
            attacker.remove_photo(worker, photo)
    require_untouched(house, worker)


def test_drowning_the_first_photos_in_blended_ones(house: House, ceo: int, attacker: Attacker) -> None:
    for look in range(12):
        attacker.add(ceo, *(Someone(blend(CEO, ATTACKER, 50), 10 * look + more) for more in range(3)))
    require_untouched(house, ceo)


@pytest.mark.parametrize("percent", [40, 50, 60])
def test_no_second_worker_hides_a_face_among_pictures_blended_with_ones_own(
    house: House, ceo: int, attacker: Attacker, percent: int
) -> None:
    """At 60 % the mean of the three is nobody's whom the service knows, and they pass for one person."""
    hidden = [Someone(CEO, 9), *(Someone(blend(CEO, ATTACKER, percent), look) for look in range(2))]
    answer = attacker.enrol("Nobody", *hidden)
    assert answer.status_code == 422, answer.text
    assert {one["worker_id"] for one in answer.json["reasons"] if "worker_id" in one} == {ceo}
    require_untouched(house, ceo)


def test_the_order_to_reseed_needs_admin(house: House, ceo: int, attacker: Attacker) -> None:
    refused = attacker.add(ceo, *MINE, reseed=True)
    assert (refused.status_code, refused.json["code"]) == (403, "forbidden")
    require_untouched(house, ceo)


def test_taking_the_name_needs_admin(house: House, ceo: int, attacker: Attacker) -> None:
    mine: int = attacker.enrol("Nobody", *MINE).json["worker"]["id"]
    for worker, name in ((ceo, "Former CEO"), (mine, "CEO")):
        assert attacker.send("PATCH", f"/workers/{worker}", name=name).status_code == 403
    assert house.holder("admin").send("PATCH", f"/workers/{mine}", name="Somebody").status_code == 200


def test_an_admin_says_anew_who_a_worker_is_and_it_is_told(house: House, ceo: int) -> None:
    admin, aged = house.holder("admin"), [Someone(blend(CEO, 99, 60), look) for look in range(2)]
    assert admin.add(ceo, *aged).status_code == 422
    with structlog.testing.capture_logs() as logs:
        answer = admin.add(ceo, *aged, reseed=True)
    assert answer.status_code == 200, answer.text
    assert answer.json["reseeded"] is True
    (line,) = (line for line in logs if line["event"] == "identity_reseeded")
    assert (line["log_level"], line["worker_id"]) == ("warning", ceo)
    assert "CEO" not in str(line)
    enrolling = house.holder("enrol")
    for photo in admin.photos(ceo)[:3]:
        assert admin.remove_photo(ceo, photo).status_code == 204
    added = enrolling.add(ceo, Someone(blend(CEO, 99, 60), 5))
    assert (added.status_code, added.json["reseeded"]) == (200, False)


def test_the_seal_goes_with_the_worker(house: House, ceo: int) -> None:
    assert house.service.app.registry.seal(ceo) is not None
    assert house.holder("admin").send("DELETE", f"/workers/{ceo}").status_code == 204
    assert house.service.app.registry.seal(ceo) is None
