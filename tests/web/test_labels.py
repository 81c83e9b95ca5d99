"""Labels on a picture: placed by one layout, on the page as on the annotated file."""

from __future__ import annotations

from typing import Any

import pytest

from facevec.presentation.layout import Style, arrange
from facevec.presentation.rectangles import Rect
from facevec.web.schemas import MAX_LABELS
from tests.web.browsing import SCREENS, Page, labelled
from tests.web.pictures import crowd, portrait

FACES = (Rect(60, 60, 120, 140), Rect(260, 60, 320, 140), Rect(460, 60, 520, 140))
NAMES = ("Carlos Fernando de la Espriella Pachón", "Diego Andrés Molano Aponte", "Gustavo Bolívar Moreno")
CROWD = crowd((0, 1, 2, 5), (3, 4, 6, 7))


def request(*sizes: tuple[float, float], number: tuple[float, float] = (20, 16)) -> dict[str, Any]:
    """What the page sends for FACES on a picture of 580 by 200 pixels; each size is a style's."""
    boxes = [{side: getattr(face, side) for side in ("x_min", "y_min", "x_max", "y_max")} for face in FACES]
    styles = [[{"width": width, "height": height}] * len(FACES) for width, height in sizes]
    numbers = [{"width": number[0], "height": number[1]}] * len(FACES)
    return {"width": 580, "height": 200, "faces": boxes, "styles": styles, "numbers": numbers, "gap": 4}


def test_the_service_places_labels_as_the_annotated_picture_does(client, admin) -> None:
    answer = client.post("/api/v1/recognize/labels", headers=admin, json=request((150, 40), (90, 20)))
    assert answer.status_code == 200, answer.text
    styles = [Style([(150, 40)] * 3, 4, 0.0), Style([(90, 20)] * 3, 4, 0.0, 1.0)]
    expected = arrange(Rect(0, 0, 580, 200), FACES, styles, Style([(20, 16)] * 3, 4, 0.0))
    assert answer.json["style"] == expected.style == 0
    places = [(place["left"], place["top"]) for place in answer.json["places"]]
    assert places == [(place.x_min, place.y_min) for place in expected.places]
    assert answer.json["alone"] == answer.json["places"]


@pytest.mark.parametrize(
    ("sizes", "style"),
    [([(150, 40), (90, 20)], 0), ([(150, 90), (90, 20)], 1), ([(300, 90), (90, 90)], None)],
)
def test_what_has_no_room_is_written_more_briefly_and_at_last_as_a_number(
    client, admin, sizes, style
) -> None:
    answer = client.post("/api/v1/recognize/labels", headers=admin, json=request(*sizes))
    assert answer.json["style"] == style
    assert len(answer.json["alone"]) == len(FACES)


def test_nobody_without_a_key_has_labels_placed(client, admin) -> None:
    assert client.post("/api/v1/recognize/labels", json=request((90, 20))).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"numbers": []},
        {"styles": []},
        {"styles": [[]]},
        {"width": -1},
        {"faces": [{"x_min": 9, "y_min": 0, "x_max": 1, "y_max": 1}] * 3},
        {"faces": [{"x_min": 0, "y_min": 0, "x_max": 1, "y_max": 1}] * (MAX_LABELS + 1)},
    ],
    ids=str,
)
def test_what_does_not_fit_together_is_refused(client, admin, change: dict[str, Any]) -> None:
    answer = client.post("/api/v1/recognize/labels", headers=admin, json={**request((90, 20)), **change})
    assert (answer.status_code, answer.json["code"]) == (400, "input_invalid")


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("screen", SCREENS)
def test_on_the_page_no_label_lies_on_a_face_or_on_another(page: Page, screen: str, language: str) -> None:
    for who, name in enumerate(NAMES):
        page.enrol_by_api(name, portrait(who))
    assert len(labelled(page, CROWD, screen, language)) == 8


def test_a_face_that_is_pointed_at_or_chosen_has_its_label_in_full(page: Page) -> None:
    from selenium.webdriver import ActionChains

    page.enrol_by_api(NAMES[0], portrait(0))
    labelled(page, CROWD, "phone", "en")
    assert styles(page) == ["number"] * 8
    frames = page.all("#picture .frame")
    ActionChains(page.chrome).move_to_element(frames[2]).perform()
    assert styles(page) == ["number"] * 2 + ["full"] + ["number"] * 5
    frames[5].click()
    ActionChains(page.chrome).move_to_element(page.one("#result-title")).perform()
    assert styles(page) == ["number"] * 5 + ["full"] + ["number"] * 2
    page.calm(401)


def styles(page: Page) -> list[str | None]:
    return [tag.get_attribute("data-style") for tag in page.all("#picture .tag")]
