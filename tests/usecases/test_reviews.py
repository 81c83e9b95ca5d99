"""Who is in a picture is named by people, and only as long as they are enrolled."""

from __future__ import annotations

from facevec.registry.reviews import SqlReviews
from facevec.types import Status
from facevec.usecases.remove import remove_worker
from facevec.usecases.reviews import ReviewDesk
from tests.toy import Someone, ToyEmbedder, picture
from tests.usecases.conftest import ANA, BEN, STRANGER, Office
from tests.usecases.test_recognize import enrol


def test_whoever_is_removed_before_their_review_is_written_is_nobody_and_the_others_wait(
    office: Office,
) -> None:
    ana, ben = enrol(office, "Ana", ANA), enrol(office, "Ben", BEN)
    desk = ReviewDesk(SqlReviews(office.engine), confirm=True, consequences=lambda _: None)
    image = office.recognize(
        picture(Someone(ANA, 9, size=200), Someone(STRANGER, 9, size=150), Someone(BEN, 9, size=100)),
        candidates=2,
    )
    assert [face.worker for face in image.faces] == [ana, None, ben]
    remove_worker(office.desk.registry, office.generations, ana.id)
    gone, stranger, waiting = desk.hold_back(image, "hash", ToyEmbedder.contract, "key:1").faces
    assert (gone.status, gone.worker, gone.candidate, gone.review) == (Status.UNKNOWN, None, None, None)
    assert (gone.distance, gone.margin, gone.emotion) == (None, None, None)
    assert [match.worker for match in gone.candidates] == [ben]
    assert stranger == image.faces[1]
    assert (waiting.status, waiting.worker, waiting.candidate) == (Status.UNCONFIRMED, None, ben)
    assert waiting.review is not None
    assert waiting.review.identification.face == 2
