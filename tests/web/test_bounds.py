"""How much a JSON document holds, told from its bytes."""

from __future__ import annotations

import json
import random

import pytest

from facevec.web import bounds
from facevec.web.bounds import require_bounded
from facevec.web.problems import Problem
from facevec.web.schemas import MAX_LABELS, MAX_STYLES

LETTERS = 'ab"\\,:{}[] \n\u00e9'


def refusal(document: bytes) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        require_bounded(document, {"file", "files"})
    return refused.value.status, refused.value.detail


@pytest.mark.parametrize("indent", [None, 2])
def test_texts_are_told_from_what_is_around_them(indent: int | None) -> None:
    chance = random.Random(2)
    for _ in range(200):
        texts = ["".join(chance.choices(LETTERS, k=chance.randrange(8))) for _ in range(6)]
        document = json.dumps({"k": [texts[0], {texts[1]: texts[2]}], "l": texts[3:]}, indent=indent).encode()
        spans = list(bounds._texts(document))
        assert [json.loads(document[start:end]) for start, end, _ in spans] == [
            "k",
            *texts[:3],
            "l",
            *texts[3:],
        ]
        assert [depth for _, _, depth in spans] == [1, 2, 3, 3, 1, 2, 2, 2]


def test_pictures_do_not_count_wherever_they_stand() -> None:
    picture = "a" * 2 * bounds.MAX_BYTES
    for document in ({"file": picture}, {"emotion": True, "files": [picture, picture], "candidates": 1}):
        require_bounded(json.dumps(document).encode(), {"file", "files"})
        require_bounded(json.dumps(document, indent=4).encode(), {"file", "files"})


@pytest.mark.parametrize(
    "document",
    [
        {"name": "a" * bounds.MAX_BYTES, "file": ""},
        {"file": "", "name": "a" * bounds.MAX_BYTES},
        {"files": [], "a" * bounds.MAX_BYTES: "file"},
        ["file", "a" * bounds.MAX_BYTES],
        list(range(bounds.MAX_MARKS + 1)),
        {str(number): 0 for number in range(bounds.MAX_MARKS)},
    ],
)
def test_anything_else_counts(document: object) -> None:
    assert refusal(json.dumps(document).encode())[0] == 413


def test_a_field_comes_once() -> None:
    assert refusal(b'{"file": "", "file" : ""}') == (400, "file came twice; send it once.")
    require_bounded(b'{"a": {"file": ""}, "file": {"file": "", "a": ""}}')


def test_the_largest_request_for_labels_is_taken() -> None:
    sizes = [{"width": 123.456789012345, "height": 123.456789012345}] * MAX_LABELS
    faces = [dict.fromkeys(("x_min", "y_min", "x_max", "y_max"), 12345.678901234567)] * MAX_LABELS
    document = {"width": 1, "height": 1, "faces": faces, "styles": [sizes] * MAX_STYLES, "numbers": sizes}
    require_bounded(json.dumps(document, indent=4).encode())
