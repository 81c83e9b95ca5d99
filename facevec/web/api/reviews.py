"""Identifications that people confirm or reject."""

from __future__ import annotations

from flask import Response

from facevec.errors import no_review
from facevec.presentation.answers.reviews import ReviewAnswer, ReviewsAnswer
from facevec.types import Review
from facevec.usecases.reviews import pending
from facevec.web import call
from facevec.web.routes import Table, answer
from facevec.web.schemas import NoQuery, WhatSomebodySees
from facevec.web.service import Service

table = Table("Reviews")


@table.add("GET", "/reviews", scope="review", answers={200: ReviewsAnswer})
def list_reviews(service: Service, _parameters: NoQuery) -> Response:
    """Identifications that wait for somebody to confirm them, oldest first."""
    notes, waiting = call.current(), pending(service.app.reviews, service.app.registry)
    notes.worker_ids.update(worker.id for _, worker in waiting)
    scores = notes.may("scores")
    shown = tuple(ReviewAnswer.of_review(review, worker, scores=scores) for review, worker in waiting)
    return answer(ReviewsAnswer(reviews=shown))


@table.add(
    "GET",
    "/reviews/<int:review_id>",
    scope="recognize",
    or_scope="review",
    answers={200: ReviewAnswer},
    problems=(404,),
)
def show_review(service: Service, _parameters: NoQuery, review_id: int) -> Response:
    """What people said of an identification: for the key that asked for it, and for those who decide."""
    review = service.app.reviews.review(review_id)
    if review.identification.asked_by != call.by() and not call.current().may("review"):
        raise no_review(review_id)
    return _answered(service, review)


@table.add(
    "POST",
    "/reviews/<int:review_id>",
    scope="review",
    json=WhatSomebodySees,
    answers={200: ReviewAnswer},
    problems=(404, 409),
)
def decide_review(service: Service, parameters: WhatSomebodySees, review_id: int) -> Response:
    """Confirm that it is the worker, or reject it."""
    call.current().detail.update(review=review_id)  # also where it is refused
    confirmed = parameters.decision == "confirm"
    review = service.app.review_desk.decide(review_id, call.by(), confirmed=confirmed)
    call.current().detail.update(state=review.state)
    return _answered(service, review)


def _answered(service: Service, review: Review) -> Response:
    worker = service.app.registry.worker(review.identification.worker_id)
    call.current().worker_ids.add(worker.id)
    return answer(ReviewAnswer.of_review(review, worker, scores=call.current().may("scores")))
