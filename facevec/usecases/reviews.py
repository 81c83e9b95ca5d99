"""That nobody is named by a machine alone, where the settings want people to confirm it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from facevec.ports import Reviews
from facevec.types import Review, Status, Unconfirmed
from facevec.usecases.accounts import DIGITS, of_point
from facevec.usecases.recognize import Recognition, RecognizedImage
from facevec.usecases.visits import agreed_to_visits

Consequences = Callable[[Review], None]
"""All that follows from an identification once it counts."""


def no_consequences(_review: Review) -> None:
    """facevec answers, and does nothing by itself."""


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """What confirming takes. confirm: whether identifications wait for people."""

    reviews: Reviews
    confirm: bool
    consequences: Consequences = no_consequences

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

        picture: what stands for it in the audit trail. by: who asked. place: as of `Unconfirmed`. Raises
        RegistryError.
        """
        named = {number: face for number, face in enumerate(image.faces) if face.status is Status.IDENTIFIED}
        if not self.confirm or not named:
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
            for number, face in named.items()
            if face.worker is not None
        ]
        reviews = {one.identification.face: one for one in self.reviews.add(unconfirmed)}
        held = tuple(
            replace(
                face, status=Status.UNCONFIRMED, worker=None, review=reviews[number], candidate=face.worker
            )
            if number in reviews
            else face
            for number, face in enumerate(image.faces)
        )
        return replace(image, faces=held)

    def decide(self, review_id: int, by: str, *, confirmed: bool) -> Review:
        """Confirm or reject it; with the last who has to, it has its consequences.

        Raises ReviewNotFound, ReviewInvalid.
        """
        review = self.reviews.decide(review_id, by, confirmed=confirmed)
        if review.state == "confirmed":
            self.consequences(review)
        return review


def _held(face: Recognition, review: Review | None) -> Recognition:
    if review is None:
        return face
    return replace(face, status=Status.UNCONFIRMED, worker=None, review=review, candidate=face.worker)
