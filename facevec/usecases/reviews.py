"""That nobody is named by a machine alone, where the settings want people to confirm it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from facevec.ports import ActiveWorkers, Reviews
from facevec.types import Review, Status, Unconfirmed, Worker
from facevec.usecases.accounts import DIGITS, of_point
from facevec.usecases.recognize import Recognition, RecognizedImage
from facevec.usecases.visits import agreed_to_visits


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """What confirming takes.

    confirm: whether identifications wait for people. consequences: all that follows from one once it counts.
    """

    reviews: Reviews
    confirm: bool
    consequences: Callable[[Review], None]

    def hold_back(
        self,
        image: RecognizedImage,
        picture: str,
        contract: str,
        by: str,
        *,
        request_id: str | None = None,
        place: str | None = None,
    ) -> RecognizedImage:
        """`image` in which nobody is named, but waits to be confirmed; as it is where nobody has to be.

        Whoever is not to be recognised any more by then, say removed meanwhile, is unknown. picture: what
        stands for it in the audit trail. by: who asked. place: as of `Unconfirmed`. Raises RegistryError.
        """
        if not self.confirm:
            return image
        unconfirmed = [
            Unconfirmed(
                worker_id=face.worker.id,
                face=number,
                picture=picture,
                distance=round(face.distance or 0.0, DIGITS),
                contract=contract,
                revision=image.index_revision,
                point=of_point(image.point),
                asked_by=by,
                request_id=request_id,
                place=place if agreed_to_visits(face.worker) else None,
            )
            for number, face in enumerate(image.faces)
            if face.status is Status.IDENTIFIED and face.worker is not None
        ]
        if not unconfirmed:
            return image
        reviews = {one.identification.face: one for one in self.reviews.add(unconfirmed)}
        held = tuple(_held(face, reviews.get(number)) for number, face in enumerate(image.faces))
        return replace(image, faces=held)

    def decide(self, review_id: int, by: str, *, confirmed: bool) -> Review:
        """Confirm or reject it; with the last who has to, it has its consequences.

        Raises ReviewNotFound, ReviewInvalid.
        """
        review = self.reviews.decide(review_id, by, confirmed=confirmed)
        if review.state == "confirmed":
            self.consequences(review)
        return review


def pending(reviews: Reviews, workers: ActiveWorkers) -> list[tuple[Review, Worker]]:
    """Those that wait, oldest first, each with whom it may be; none of who is not to be recognised now."""
    waiting = reviews.pending()
    active = workers.workers([one.identification.worker_id for one in waiting])
    return [
        (one, active[one.identification.worker_id])
        for one in waiting
        if one.identification.worker_id in active
    ]


def _held(face: Recognition, review: Review | None) -> Recognition:
    if review is None:
        return _unknown(face) if face.status is Status.IDENTIFIED else face
    return replace(face, status=Status.UNCONFIRMED, worker=None, review=review, candidate=face.worker)


def _unknown(face: Recognition) -> Recognition:
    """`face` as if the worker whose it is had not been enrolled; how near others are nobody looked up."""
    return replace(
        face,
        status=Status.UNKNOWN,
        worker=None,
        distance=None,
        margin=None,
        emotion=None,
        candidates=tuple(match for match in face.candidates if match.worker != face.worker),
    )
