"""Places of labels: in the picture, on no face, on no other label."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from facevec.presentation.layout import Rect, place_labels, place_tags

AREA = Rect(0, 0, 800, 600)


@st.composite
def faces(draw: st.DrawFn) -> list[Rect]:
    found = []
    for _ in range(draw(st.integers(1, 12))):
        width, height = draw(st.integers(4, 300)), draw(st.integers(4, 300))
        left = draw(st.integers(0, 800 - width))
        top = draw(st.integers(0, 600 - height))
        found.append(Rect(left, top, left + width, top + height))
    return found


@given(faces(), st.integers(20, 300), st.integers(10, 90))
def test_labels_that_fit_cover_nothing(boxes: list[Rect], width: int, height: int) -> None:
    placement = place_labels(AREA, boxes, [(width, height)] * len(boxes), 4)
    if placement is None:
        return
    assert len(placement.places) == len(boxes)
    for place in placement.places:
        assert place.inside(AREA)
        assert (round(place.width), round(place.height)) == (width, height)
        assert not any(place.overlap(box) for box in boxes)
    assert not any(one.overlap(other) for one, other in combinations(placement.places, 2))


@given(faces())
def test_tags_stay_in_the_picture(boxes: list[Rect]) -> None:
    tags = place_tags(AREA, boxes, [(30, 20)] * len(boxes))
    assert len(tags) == len(boxes)
    assert all(tag.inside(AREA) for tag in tags)


def test_a_lone_face_has_its_label_below_and_in_the_middle() -> None:
    placement = place_labels(AREA, [Rect(350, 200, 450, 300)], [(200, 40)], 10)
    assert placement is not None
    assert placement.places == (Rect(300, 310, 500, 350),)


def test_at_the_border_the_label_moves_in() -> None:
    corner = Rect(700, 500, 800, 600)
    placement = place_labels(AREA, [corner], [(200, 40)], 10)
    assert placement is not None
    assert placement.places[0].inside(AREA)
    assert not placement.places[0].overlap(corner)


def test_a_label_stands_clear_of_its_neighbour_s_hair() -> None:
    below, above = Rect(340, 250, 460, 400), Rect(350, 60, 450, 190)
    placement = place_labels(AREA, [below, above], [(200, 60), (200, 60)], 5)
    assert placement is not None
    hair = below.grown(0, 60, 0)
    assert not placement.places[1].overlap(hair)


def test_a_face_that_fills_the_picture_has_no_room() -> None:
    assert place_labels(AREA, [AREA], [(200, 40)], 10) is None
