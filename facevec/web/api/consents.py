"""What people agreed to: recording it, taking it back, and the texts."""

from __future__ import annotations

from flask import Response

from facevec.presentation.answers.consents import ConsentEntriesAnswer, ConsentTextAnswer, ConsentTextsAnswer
from facevec.presentation.answers.workers import WorkerAnswer
from facevec.types import Consent
from facevec.usecases import approvals
from facevec.usecases.consent import record_consent
from facevec.web import call
from facevec.web.api.erasures import proved
from facevec.web.api.events import index_cleaned_later
from facevec.web.routes import Table, answer
from facevec.web.schemas import ConsentGiven, NewConsentText, NoQuery
from facevec.web.service import Service
from facevec.web.two_people import require_second

table = Table("Consents")


@table.add(
    "PUT",
    "/workers/<int:worker_id>/consent",
    scope="enrol",
    json=ConsentGiven,
    answers={200: WorkerAnswer},
    problems=(404, 422),
)
def record_worker_consent(service: Service, parameters: ConsentGiven, worker_id: int) -> Response:
    """Record what a worker agreed to, in place of the consent before; after a withdrawal with `admin`."""
    app, consent = service.app, agreed(service, parameters)
    newest = app.registry.newest_consent(worker_id)
    require_second(service, approvals.consenting(worker_id, consent, newest, app.clock()))
    worker = record_consent(
        app.registry,
        worker_id,
        consent,
        app.settings.consent.policy(),
        app.clock(),
        deliberate=call.current().may("admin"),
    )
    return answer(WorkerAnswer.of(worker))


@table.add(
    "DELETE",
    "/workers/<int:worker_id>/consent",
    scope="admin",
    answers={200: WorkerAnswer},
    erases=True,
    problems=(404,),
)
def withdraw_worker_consent(service: Service, _parameters: NoQuery, worker_id: int) -> Response:
    """End a worker's consent now, and destroy what they are told by; the ledger keeps both."""
    app = service.app
    require_second(service, approvals.withdrawal(worker_id))
    receipt = None
    with index_cleaned_later():
        _, receipt = app.erasures.withdraw(app.copies, worker_id, call.by())
    return proved(answer(WorkerAnswer.of(app.registry.worker(worker_id))), receipt)


@table.add(
    "GET",
    "/workers/<int:worker_id>/consents",
    scope="enrol",
    answers={200: ConsentEntriesAnswer},
    problems=(404,),
)
def list_worker_consents(service: Service, _parameters: NoQuery, worker_id: int) -> Response:
    """What the ledger says of a worker, oldest first; also of one who was removed."""
    entries = service.app.consent_records.entries(worker_id)
    if not entries:
        service.app.registry.worker(worker_id)
    return answer(ConsentEntriesAnswer.of_entries(entries))


@table.add("GET", "/consents/texts", scope="enrol", answers={200: ConsentTextsAnswer})
def list_consent_texts(service: Service, _parameters: NoQuery) -> Response:
    """Every text that people agree to, oldest first."""
    texts = service.app.consent_records.texts()
    return answer(ConsentTextsAnswer(texts=tuple(ConsentTextAnswer.of(text) for text in texts)))


@table.add(
    "POST",
    "/consents/texts",
    scope="admin",
    json=NewConsentText,
    answers={200: ConsentTextAnswer},
    problems=(422,),
)
def add_consent_text(service: Service, parameters: NewConsentText) -> Response:
    """Keep a text under a version; it never changes, and from then on a consent names one of them."""
    text = service.app.consent_records.add_text(parameters.version, parameters.text, call.by())
    return answer(ConsentTextAnswer.of(text))


def agreed(service: Service, sent: ConsentGiven) -> Consent:
    """The consent that a client sent, as its key records it."""
    return Consent(
        text_version=sent.text_version,
        given_at=sent.given_at or service.app.clock(),
        expires_at=sent.expires_at,
        emotion=sent.emotion,
        photos=sent.photos,
        visits=sent.visits,
        recorded_by=call.by(),
    )
