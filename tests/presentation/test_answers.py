"""The JSON that everyone answers with."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta, timezone

import numpy as np
import pytest
from pydantic import ValidationError

from facevec.errors import NotAnImage
from facevec.presentation.answers.base import LEFT_OUT
from facevec.presentation.answers.problems import ErrorFound, ProblemAnswer, Reason
from facevec.presentation.answers.recognition import (
    FaceDecided,
    FaceFound,
    FileRecognized,
    FilesRecognized,
    ImageFailed,
    ImageRecognized,
    RecognitionAnswer,
)
from facevec.presentation.answers.thresholds import CalibrationAnswer
from facevec.presentation.answers.workers import EnrolmentAnswer, PhotoAnswer, WorkerAnswer, WorkerDetails
from facevec.types import Box, Calibration, Enrolment, Estimate, Match, Photo, Quality, Refusal, Status
from tests.presentation.faces import WHEN, circumstances, image, recognition, worker

PHOTO = Photo(1, 7, "ab", "ada.jpg", Quality(1, 2, 3, 4, 5, 6.00004), WHEN, False)


def test_a_face_is_told_in_full_and_rounded() -> None:
    document = FaceDecided.of_recognition(recognition(Box(1.26, 2, 3, 4)), emotions=True).document()
    assert document == {
        "box": {"x_min": 1.3, "y_min": 2.0, "x_max": 3.0, "y_max": 4.0},
        "detection_score": 0.9877,
        "status": "identified",
        "worker": {"id": 7, "name": "Ada Lovelace", "external_id": "E7"},
        "distance": 0.6543,
        "margin": 0.5,
        "emotion": {
            "top": "happiness",
            "scores": {
                "neutral": 0.05, "happiness": 0.7, "surprise": 0.05, "sadness": 0.05,
                "anger": 0.05, "disgust": 0.05, "fear": 0.05,
            },
        },
    }  # fmt: skip
    assert list(document)[-1] == "emotion"


def test_the_service_tells_candidates_and_the_command_line_does_not() -> None:
    face = replace(recognition(Box(0, 0, 9, 9)), candidates=(Match(worker(), 0.123456),))
    (answer,) = ImageRecognized.of_image("a", image(10, 20, face)).document()["faces"]
    (printed,) = FileRecognized.of_image("a", image(10, 20, face)).document()["faces"]
    assert answer.pop("candidates") == [
        {"worker": {"id": 7, "name": "Ada Lovelace", "external_id": "E7"}, "distance": 0.1235}
    ]
    assert answer == printed


def test_a_stranger_without_emotion_holds_nulls_not_gaps() -> None:
    stranger = recognition(Box(0, 0, 1, 1), Status.UNKNOWN)
    stranger = type(stranger)(stranger.face, Status.UNKNOWN, None, None, None, None)
    answer = FaceFound.of_recognition(stranger, emotions=True).document()
    assert (answer["worker"], answer["distance"], answer["margin"], answer["emotion"]) == (None,) * 4


@pytest.mark.parametrize("kind", [FileRecognized, ImageRecognized])
def test_where_emotions_are_switched_off_nothing_speaks_of_them(kind: type[FileRecognized]) -> None:
    off = replace(image(10, 20, recognition(Box(0, 0, 9, 9))), emotions=False)
    assert "emotion" not in json.dumps(kind.of_image("a", off).document())


def test_an_answer_keeps_the_order_of_the_pictures() -> None:
    empty = image(10, 20)
    images = [ImageFailed.of_error("a", NotAnImage("No.")), FileRecognized.of_image("b", empty)]
    assert json.dumps(FilesRecognized.of(empty, images=images).document()) == json.dumps(
        {
            "images": [
                {"path": "a", "error": {"code": "not_an_image", "message": "No."}},
                {
                    "path": "b",
                    "width": 10,
                    "height": 20,
                    "turned": 0,
                    "faces": [],
                    "faces_detected": 0,
                    "match_threshold": 0.95,
                    "index_revision": 12,
                },
            ],
            "model": "casia-webface",
            "match_threshold": 0.95,
            "detection_threshold": 0.9,
            "index_revision": 12,
        }
    )


def test_without_a_usable_picture_the_answer_says_what_would_have_decided() -> None:
    failed = ImageFailed.of_error(None, NotAnImage("No."))
    answer = RecognitionAnswer.of(circumstances(), images=[failed]).document()
    assert answer == RecognitionAnswer.of(image(1, 1), images=[failed]).document()


def test_numbers_of_numpy_become_plain_ones() -> None:
    box = Box(np.float32(1.5), np.float32(2), np.float32(3), np.float32(4))  # type: ignore[arg-type]
    json.dumps(FaceFound.of_recognition(recognition(box), emotions=True).document())


def test_enrolments_and_photos() -> None:
    photo = PhotoAnswer.of(PHOTO).document()
    assert photo["created_at"] == "2026-01-02T03:04:05+00:00"
    assert photo["quality"] == {
        "size": 1.0, "sharpness": 2.0, "brightness": 3.0, "contrast": 4.0, "yaw": 5.0, "roll": 6.0,
    }  # fmt: skip
    enrolment = Enrolment("Ada", worker(), ("a.jpg",), (Refusal("b.jpg", "no_face", "None."),))
    answer = EnrolmentAnswer.of(enrolment).document()
    assert answer["accepted"] == ["a.jpg"]
    assert answer["refused"] == [{"source": "b.jpg", "code": "no_face", "reason": "None."}]
    assert answer["worker"]["consent"] == {
        "text_version": "2026-01", "given_at": "2026-01-02T03:04:05+00:00", "expires_at": None,
        "emotion": False,
        "photos": False,
        "visits": False,
    }  # fmt: skip


def test_details_are_the_worker_and_then_the_photos() -> None:
    answer = WorkerDetails.of(worker(), photos=[PHOTO]).document()
    photos = answer.pop("photos")
    assert answer == WorkerAnswer.of(worker()).document()
    assert photos == [PhotoAnswer.of(PHOTO).document()]


def test_moments_are_told_to_the_second_in_their_own_time_zone() -> None:
    there = WHEN.astimezone(timezone(timedelta(hours=2))).replace(microsecond=999_999)
    answer = WorkerAnswer.of(replace(worker(), created_at=there)).document()
    assert answer["created_at"] == "2026-01-02T05:04:05+02:00"


def test_a_moment_without_a_time_zone_is_told_to_nobody() -> None:
    with pytest.raises(ValidationError, match="created_at"):
        WorkerAnswer.of(replace(worker(), created_at=WHEN.replace(tzinfo=None)))


def test_a_calibration_says_whether_its_people_are_enough() -> None:
    calibration = Calibration(
        model="m", contract="c", match_threshold=0.123456789, min_margin=0.05, target_fpir=0.01,
        source="strangers", workers=2, fpir=Estimate(0.01, 0.0, 0.03), non_mated_searches=400,
        non_mated_people=300, fnir=None, mated_searches=0, created_at=WHEN,
    )  # fmt: skip
    answer = CalibrationAnswer.of_calibration(calibration).document()
    assert (answer["match_threshold"], answer["fnir"]) == (0.123457, None)
    assert (answer["enough_people"], answer["people_needed"]) == (True, 300)
    fewer = CalibrationAnswer.of_calibration(replace(calibration, non_mated_people=299)).document()
    assert fewer["enough_people"] is False


def test_what_may_be_left_out_is_left_out_unless_it_was_set() -> None:
    problem = {"type": "t", "title": "T", "status": 400, "detail": "D", "code": "c", "request_id": "r"}
    assert ProblemAnswer.of(None, **problem, reasons=LEFT_OUT).document() == problem
    reasons = [Reason(source="s", code="c", reason="r")]
    assert ProblemAnswer.of(None, **problem, reasons=reasons).document()["reasons"] == [
        {"source": "s", "code": "c", "reason": "r"}
    ]


def test_nothing_but_what_is_described_can_be_answered() -> None:
    with pytest.raises(ValidationError, match="embedding"):
        WorkerAnswer.of(worker(), embedding=[0.1])
    with pytest.raises(ValidationError, match="message"):
        ErrorFound.of(NotAnImage("No."))
