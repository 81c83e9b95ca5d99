"""What those are banded of scores who could climb by them, where a model's distances leave doubt."""

from __future__ import annotations

from dataclasses import replace

from facevec.types import Status
from facevec.usecases.enrol import enrol_worker
from facevec.usecases.scores import image_in_bands
from tests.toy import Someone, photo, picture
from tests.usecases.conftest import ANA, Office


def in_bands(office: Office, doubt: float):
    doubtful = replace(office, point=replace(office.point, scale=replace(office.point.scale, doubt=doubt)))
    image = doubtful.recognize(picture(Someone(ANA, 9, unlike=1.1)))
    return image.faces[0].distance, image_in_bands(image)


def test_a_face_in_doubt_is_said_to_be_as_far_as_doubt_reaches_and_no_nearer(office: Office):
    enrol_worker(office.desk, "Ana", [photo(f"ana{look}", Someone(ANA, look)) for look in (1, 2)])
    exact, banded = in_bands(office, 1.3)
    (face,) = banded.faces
    assert banded.match_threshold < exact < 1.3
    assert (face.status, face.distance) == (Status.AMBIGUOUS, 1.3)
    assert banded.bands.distance == (banded.match_threshold, 1.3, 2.0)
    _, banded = in_bands(office, banded.match_threshold)
    assert (banded.faces[0].status, banded.faces[0].distance) == (Status.UNKNOWN, 2.0)
    assert banded.bands.distance == (banded.match_threshold, 2.0)
