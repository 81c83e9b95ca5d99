"""Issue 11, 15: being enrolled under a name that looks like somebody else's."""

from __future__ import annotations

import pytest

from tests.attack.conftest import ATTACKER, House, encoded
from tests.toy import Someone

MINE = Someone(ATTACKER)


@pytest.mark.parametrize(
    "name",
    [
        "\u0421\u0415\u041e",  # Cyrillic
        "\u0421EO",  # one letter of it
        "\uff23\uff25\uff2f",  # full width
        "\U0001d402\U0001d404\U0001d40e",  # mathematical bold
        "CE0",
        "c\u0435o",
        "C\u0395\u039f",  # Greek
    ],
)
def test_a_name_that_looks_like_another_is_refused(house: House, ceo: int, name: str) -> None:
    refused = house.holder("enrol").enrol(name, MINE)
    assert (refused.status_code, refused.json["code"]) == (409, "worker_exists")
    assert f"the name of worker {ceo}" in refused.json["detail"]
    with_id = house.holder("enrol").enrol(name, MINE, external_id="E-66")
    assert with_id.status_code == 409, "an external id is no way round"


@pytest.mark.parametrize(
    "name", ["CEO\u200b", "C\u200dEO", "\u202eOEC", "CEO\u3164", "C\u00adEO", "\u2066CEO"]
)
def test_a_name_that_hides_something_is_refused(house: House, ceo: int, name: str) -> None:
    refused = house.holder("enrol").enrol(name, MINE, external_id="E-66")
    assert refused.status_code == 400
    assert "name" in refused.json["detail"]


def test_a_rename_is_no_way_round(house: House, ceo: int) -> None:
    admin = house.holder("admin")
    mine = admin.enrol("Nobody", MINE).json["worker"]["id"]
    refused = admin.send("PATCH", f"/workers/{mine}", name="\u0421EO")
    assert (refused.status_code, refused.json["code"]) == (409, "worker_exists")


def test_two_people_who_are_called_so_take_a_decision(house: House, ceo: int) -> None:
    admin = house.holder("admin")
    corner = admin.enrol("John Corner", Someone(70)).json["worker"]["id"]
    assert admin.enrol("John Comer", Someone(71)).status_code == 409
    said = {"name": "John Comer", "distinct_from": [corner]}
    files = {"files": [*encoded(Someone(71))]}
    assert house.holder("enrol").send("POST", "/workers", **said, **files).status_code == 403
    answer = admin.send("POST", "/workers", **said, **files)
    assert answer.status_code == 201, answer.text
    assert [one["worker_id"] for one in answer.json["worker"]["distinct_from"]] == [corner]
