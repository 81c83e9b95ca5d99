"""Places of labels: in the picture, on no face, on no other label."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from facevec.presentation.layout import Style, arrange, place_alone, place_labels, place_tags
from facevec.presentation.rectangles import Rect
from tests.rectangles import inside, share

AREA = Rect(0, 0, 800, 600)


@st.composite
def faces(draw: st.DrawFn) -> list[Rect]:
    boxes = []
    for _ in range(draw(st.integers(1, 12))):
        width, height = draw(st.integers(4, 300)), draw(st.integers(4, 300))
        left = draw(st.integers(0, 800 - width))
        top = draw(st.integers(0, 600 - height))
        boxes.append(Rect(left, top, left + width, top + height))
    return boxes


@given(faces(), st.integers(20, 300), st.integers(10, 90))
def test_labels_that_fit_cover_nothing(boxes: list[Rect], width: int, height: int) -> None:
    placement = place_labels(AREA, boxes, [(width, height)] * len(boxes), 4)
    if placement is None:
        return
    assert len(placement.places) == len(boxes)
    for place in placement.places:
        assert inside(place, AREA)
        assert (round(place.width), round(place.height)) == (width, height)
        assert not any(share(place, box) for box in boxes)
    assert not any(share(one, other) for one, other in combinations(placement.places, 2))


@given(faces())
def test_tags_stay_in_the_picture(boxes: list[Rect]) -> None:
    tags = place_tags(AREA, boxes, [(30, 20)] * len(boxes))
    assert len(tags) == len(boxes)
    assert all(inside(tag, AREA) for tag in tags)


def test_a_lone_face_has_its_label_below_and_in_the_middle() -> None:
    placement = place_labels(AREA, [Rect(350, 200, 450, 300)], [(200, 40)], 10)
    assert placement is not None
    assert placement.places == (Rect(300, 310, 500, 350),)


def test_at_the_border_the_label_moves_in() -> None:
    corner = Rect(700, 500, 800, 600)
    placement = place_labels(AREA, [corner], [(200, 40)], 10)
    assert placement is not None
    assert inside(placement.places[0], AREA)
    assert not share(placement.places[0], corner)


def test_a_label_stands_clear_of_its_neighbour_s_hair() -> None:
    below, above = Rect(340, 250, 460, 400), Rect(350, 60, 450, 190)
    placement = place_labels(AREA, [below, above], [(200, 60), (200, 60)], 5)
    assert placement is not None
    hair = below.grown(0, 60, 0)
    assert not share(placement.places[1], hair)


def test_a_face_that_fills_the_picture_has_no_room() -> None:
    assert place_labels(AREA, [AREA], [(200, 40)], 10) is None


@given(faces(), st.integers(20, 300), st.integers(10, 90))
def test_a_label_alone_stays_in_the_picture_and_off_faces_where_it_can(
    boxes: list[Rect], width: int, height: int
) -> None:
    alone = place_alone(AREA, boxes, [(width, height)] * len(boxes), 4)
    assert all(inside(place, AREA) for place in alone)
    together = place_labels(AREA, boxes, [(width, height)] * len(boxes), 4)
    if together is not None:
        assert not any(share(place, box) for place in alone for box in boxes)


@given(faces(), st.integers(20, 300), st.integers(10, 90))
def test_the_fullest_style_that_stands_well_is_taken_and_numbers_when_none_does(
    boxes: list[Rect], width: int, height: int
) -> None:
    labels = [Style([(side, height)] * len(boxes), 4, 5.0) for side in (width, width / 2)]
    numbers = Style([(20, 16)] * len(boxes), 2, 0.0)
    arrangement = arrange(AREA, boxes, labels, numbers)
    inner = AREA.grown(-5, -5, -5)
    fitting = [place_labels(inner, boxes, style.sizes, 4) for style in labels]
    best = min((placement.discomfort for placement in fitting if placement), default=None)
    if best is None:
        assert arrangement.style is None
        assert arrangement.places == place_tags(AREA, boxes, numbers.sizes, 2)
    else:
        chosen = fitting[arrangement.style or 0]
        assert chosen is not None
        assert (chosen.discomfort, chosen.places) == (best, arrangement.places)


def test_a_brief_style_must_stand_better_by_what_speaks_against_it() -> None:
    face = Rect(350, 200, 450, 300)
    full, brief = Style([(200, 40)], 10, 0.0), Style([(100, 20)], 10, 0.0, discomfort=0.5)
    assert arrange(AREA, [face], [full, brief], brief).style == 0
    hair_all_around = [face, Rect(350, 330, 450, 440), Rect(350, 40, 450, 150)]
    sizes = [Style([size] * 3, 5, 0.0, against) for size, against in (((200, 24), 0.0), ((40, 10), 0.5))]
    assert arrange(AREA, hair_all_around, sizes, sizes[1]).style == 1


def test_numbers_stand_off_every_face_where_any_place_is_left() -> None:
    rows = [Rect(x, y, x + 60, y + 80) for y in range(20, 500, 100) for x in range(30, 760, 70)]
    tags = place_tags(AREA, rows, [(22, 16)] * len(rows), 1)
    assert not any(share(tag, face) for tag in tags for face in rows)
    assert not any(share(one, other) for one, other in combinations(tags, 2))


def test_a_number_without_a_place_covers_its_own_face_sooner_than_another() -> None:
    own, other = Rect(0, 0, 400, 600), Rect(400, 0, 800, 600)
    tags = place_tags(AREA, [own, other], [(30, 20)] * 2)
    assert inside(tags[0], own)
    assert inside(tags[1], other)


def test_a_picture_without_faces_has_no_labels() -> None:
    nothing = Style([], 4, 0.0)
    assert arrange(AREA, [], [nothing], nothing).places == ()
    assert place_alone(AREA, [], [], 4) == ()
