"""The JSON that everyone answers with."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from facevec.presentation import payload
from facevec.types import Box, Enrolment, Photo, Quality, Refusal, Status
from tests.presentation.faces import WHEN, image, recognition, worker


def test_a_face_is_told_in_full_and_rounded() -> None:
    told = payload.face(recognition(Box(1.26, 2, 3, 4)))
    assert told | {"emotion": None} == {
        "box": {"x_min": 1.3, "y_min": 2.0, "x_max": 3.0, "y_max": 4.0},
        "detection_score": 0.9877,
        "status": "identified",
        "worker": {"id": 7, "name": "Ada Lovelace", "external_id": "E7"},
        "distance": 0.6543,
        "margin": 0.5,
        "emotion": None,
    }
    assert told["emotion"] == {
        "top": "happiness",
        "scores": {
            "neutral": 0.05, "happiness": 0.7, "surprise": 0.05, "sadness": 0.05,
            "anger": 0.05, "disgust": 0.05, "fear": 0.05,
        },
    }  # fmt: skip


def test_a_stranger_without_emotion_holds_nulls_not_gaps() -> None:
    stranger = recognition(Box(0, 0, 1, 1), Status.UNKNOWN)
    told = payload.face(type(stranger)(stranger.face, Status.UNKNOWN, None, None, None, None))
    assert (told["worker"], told["distance"], told["margin"], told["emotion"]) == (None,) * 4


def test_where_emotions_are_switched_off_nothing_speaks_of_them() -> None:
    off = replace(image(10, 20, recognition(Box(0, 0, 9, 9))), emotions=False)
    assert "emotion" not in json.dumps(payload.image("a", off))


def test_an_answer_keeps_the_order_of_the_pictures() -> None:
    empty = image(10, 20)
    images = [payload.failed_image("a", "not_an_image", "No."), payload.image("b", empty)]
    answer = payload.answer(images, [empty])
    assert answer == {
        "images": [
            {"path": "a", "error": {"code": "not_an_image", "message": "No."}},
            {"path": "b", "width": 10, "height": 20, "faces": []},
        ],
        "model": "casia-webface",
        "match_threshold": 0.95,
        "detection_threshold": 0.9,
        "index_revision": 12,
    }


def test_numbers_of_numpy_become_plain_ones() -> None:
    box = Box(np.float32(1.5), np.float32(2), np.float32(3), np.float32(4))  # type: ignore[arg-type]
    json.dumps(payload.face(recognition(box)))


def test_enrolments_and_photos() -> None:
    photo = Photo(1, 7, "ab", "ada.jpg", Quality(1, 2, 3, 4, 5, 6), WHEN, False)
    assert payload.photo(photo)["created_at"] == "2026-01-02T03:04:05+00:00"
    done = Enrolment("Ada", worker(), ("a.jpg",), (Refusal("b.jpg", "no_face", "None."),))
    told = payload.enrolment(done)
    assert told["accepted"] == ["a.jpg"]
    assert told["refused"] == [{"source": "b.jpg", "code": "no_face", "reason": "None."}]
    assert payload.worker(worker())["consent"] == {
        "text_version": "2026-01", "given_at": "2026-01-02T03:04:05+00:00", "expires_at": None,
        "emotion": False,
    }  # fmt: skip
