"""The client. `python -m docs.client` writes `aio` from this file, with async and await."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any, Literal, TypeVar

import httpx

from . import answers
from .access import address, authorization
from .bounds import UNPACKED, limited
from .errors import NotUnderstood
from .patience import Patience
from .reading import MISSHAPEN, Answer, read, receipt_in
from .requests import PREFIX, Consent, Picture, Request, conditions, moment

A = TypeVar("A", bound=Answer)

WORKERS = PREFIX + "/workers"
TEXTS = PREFIX + "/consents/texts"
APPROVALS = PREFIX + "/approvals"
REVIEWS = PREFIX + "/reviews"
Verdict = Literal["confirm", "reject"]
JPEG = "image/jpeg"


class Client:
    """Calls the service at `url`. Methods and their parameters are called as the API calls them.

    key: of the service; `key_from` reads it from the environment or a file. verify: False checks no
    certificate, a context checks against other authorities; SSL_CERT_FILE does so too. timeout: seconds for
    each connection, and for each stretch of silence. retries: how often a call is made again after a 429,
    502, 503, 504 or silence, if it only reads, or comes to the same however often it is made, or was refused
    before anything was done. patience: seconds of waiting for all tries of one call; where the service asks
    for more, its refusal is raised at once. transport: of httpx, in place of the network.

    Raises ValueError where `url` or `key` is none. Every method raises Problem, Unreachable and
    NotUnderstood; OSError where a picture cannot be read.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        verify: ssl.SSLContext | bool = True,
        timeout: float = 60.0,
        retries: int = 3,
        patience: float = 60.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = httpx.Client(
            base_url=address(url),
            headers={**UNPACKED, **authorization(key)},
            event_hooks={"response": [limited]},
            verify=verify,
            timeout=timeout,
            transport=transport,
        )
        self._retries = retries
        self._patience = patience
        self._sleep = sleep

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def recognize(
        self,
        file: Picture,
        *,
        max_faces: int | None = None,
        candidates: int = 0,
        emotion: bool = True,
        place: str | None = None,
        visit: bool = True,
    ) -> answers.RecognitionAnswer:
        """Name everyone in a picture. max_faces: only the largest so many. candidates: also the nearest.
        place, visit: where whom it shows are, and whether they are there now."""
        options = {
            "max_faces": max_faces,
            "candidates": candidates,
            "emotion": emotion,
            "place": place,
            "visit": visit,
        }
        request = Request("POST", PREFIX + "/recognize", True, fields=options, pictures=[("file", file)])
        return self._answer(answers.RecognitionAnswer, request)

    def recognize_annotated(
        self,
        file: Picture,
        *,
        max_faces: int | None = None,
        candidates: int = 0,
        emotion: bool = True,
        place: str | None = None,
        visit: bool = True,
    ) -> bytes:
        """The picture with everyone framed and named, as JPEG."""
        options = {
            "max_faces": max_faces,
            "candidates": candidates,
            "emotion": emotion,
            "place": place,
            "visit": visit,
        }
        path = PREFIX + "/recognize/annotated"
        response = self._send(Request("POST", path, True, fields=options, pictures=[("file", file)]))
        if response.headers.get("Content-Type") != JPEG:
            raise NotUnderstood(f"{response.url} did not answer with a picture; is this its address?")
        return response.content

    def recognize_batch(
        self,
        files: Sequence[Picture],
        *,
        max_faces: int | None = None,
        candidates: int = 0,
        emotion: bool = True,
        place: str | None = None,
        visit: bool = True,
    ) -> answers.RecognitionAnswer:
        """Name everyone in several pictures; one that cannot be used does not spoil the others."""
        options = {
            "max_faces": max_faces,
            "candidates": candidates,
            "emotion": emotion,
            "place": place,
            "visit": visit,
        }
        path = PREFIX + "/recognize/batch"
        pictures = [("files", file) for file in files]
        return self._answer(
            answers.RecognitionAnswer, Request("POST", path, True, fields=options, pictures=pictures)
        )

    def place_labels(
        self,
        width: float,
        height: float,
        faces: Sequence[Mapping[str, float]],
        styles: Sequence[Sequence[Mapping[str, float]]],
        numbers: Sequence[Mapping[str, float]],
        *,
        gap: float = 4.0,
    ) -> answers.LabelsAnswer:
        """Where labels go on a picture as you show it; see `LabelsJson` in the API's description."""
        shown = {"width": width, "height": height, "faces": faces, "styles": styles, "numbers": numbers}
        document = {**shown, "gap": gap}
        return self._answer(
            answers.LabelsAnswer, Request("POST", PREFIX + "/recognize/labels", True, document=document)
        )

    def verify(
        self, file: Picture, *, other: Picture | None = None, worker_id: int | None = None
    ) -> answers.VerificationAnswer:
        """Whether a picture shows the same person as `other`, or the worker `worker_id`."""
        pictures = [("file", file), *([] if other is None else [("other", other)])]
        # A claim about a worker counts when it fails, so what may have been counted is not sent again.
        request = Request(
            "POST",
            PREFIX + "/verify",
            worker_id is None,
            fields={"worker_id": worker_id},
            pictures=pictures,
        )
        return self._answer(answers.VerificationAnswer, request)

    def list_workers(self, *, limit: int = 50, cursor: str | None = None) -> answers.WorkerPage:
        """Workers by ascending id, in parts; `workers` goes through all of them."""
        request = Request("GET", WORKERS, True, query={"limit": limit, "cursor": cursor})
        return self._answer(answers.WorkerPage, request)

    def workers(self) -> Iterator[answers.WorkerAnswer]:
        """Every worker, by ascending id."""
        cursor: str | None = None
        while True:
            page = self.list_workers(limit=200, cursor=cursor)
            for worker in page.workers:
                yield worker
            if page.next_cursor is None:
                return
            if page.next_cursor == cursor:
                raise NotUnderstood("The service's list of workers leads back to itself.")
            cursor = page.next_cursor

    def create_worker(
        self,
        name: str,
        files: Sequence[Picture],
        *,
        external_id: str | None = None,
        consent: Consent | None = None,
        distinct_from: Sequence[int] = (),
    ) -> answers.EnrolmentAnswer:
        """Enrol a worker; the same external id and name again adds the photos that are new."""
        fields = {
            "name": name,
            "external_id": external_id,
            "consent": consent,
            "distinct_from": list(distinct_from),
        }
        pictures = [("files", file) for file in files]
        request = Request("POST", WORKERS, external_id is not None, fields=fields, pictures=pictures)
        return self._answer(answers.EnrolmentAnswer, request)

    def show_worker(self, worker_id: int) -> answers.WorkerDetails:
        """A worker with their photos; `etag` for a change that nobody else came before."""
        return self._answer(answers.WorkerDetails, Request("GET", f"{WORKERS}/{worker_id}", True))

    def change_worker(
        self, worker_id: int, name: str, *, if_match: str | None = None
    ) -> answers.WorkerAnswer:
        """Rename a worker. if_match: the `etag` of what you read, which refuses when it was changed since."""
        request = Request(
            "PATCH",
            f"{WORKERS}/{worker_id}",
            if_match is None,
            document={"name": name},
            headers=conditions(if_match),
        )
        return self._answer(answers.WorkerAnswer, request)

    def record_worker_consent(
        self,
        worker_id: int,
        text_version: str,
        *,
        given_at: datetime | None = None,
        expires_at: datetime | date | None = None,
        emotion: bool = False,
        photos: bool = False,
        visits: bool = False,
    ) -> answers.WorkerAnswer:
        """Record what a worker agreed to, in place of the consent before; after a withdrawal with `admin`."""
        consent = Consent(text_version, given_at, expires_at, emotion, photos, visits)
        request = Request("PUT", f"{WORKERS}/{worker_id}/consent", False, document=consent.document)
        return self._answer(answers.WorkerAnswer, request)

    def withdraw_worker_consent(self, worker_id: int) -> answers.WorkerAnswer:
        """End a worker's consent now, and destroy what they are told by, which `receipt` proves."""
        request = Request("DELETE", f"{WORKERS}/{worker_id}/consent", True)
        return self._answer(answers.WorkerAnswer, request)

    def list_worker_consents(self, worker_id: int) -> answers.ConsentEntriesAnswer:
        """What the ledger says of a worker, oldest first; also of one who was removed."""
        request = Request("GET", f"{WORKERS}/{worker_id}/consents", True)
        return self._answer(answers.ConsentEntriesAnswer, request)

    def list_visits(
        self,
        *,
        worker: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> answers.VisitPage:
        """When workers were seen who agreed to a record of it, oldest first; `visits` goes through all."""
        moments = {"since": moment(since), "until": moment(until)}
        query = {"worker": worker, **moments, "limit": limit, "cursor": cursor}
        return self._answer(answers.VisitPage, Request("GET", PREFIX + "/visits", True, query=query))

    def visits(
        self, worker: int | None = None, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[answers.VisitAnswer]:
        """Every visit, oldest first."""
        cursor: str | None = None
        while True:
            page = self.list_visits(worker=worker, since=since, until=until, limit=200, cursor=cursor)
            for visit in page.visits:
                yield visit
            if page.next_cursor is None:
                return
            if page.next_cursor == cursor:
                raise NotUnderstood("The service's list of visits leads back to itself.")
            cursor = page.next_cursor

    def show_erasure(self, receipt_id: int) -> answers.ReceiptAnswer:
        """The receipt that a call was answered with; it names nobody."""
        request = Request("GET", f"{PREFIX}/erasures/{receipt_id}", True)
        return self._answer(answers.ReceiptAnswer, request)

    def list_approvals(self) -> answers.ApprovalsAnswer:
        """What waits for a second person, of that which this key may ask for."""
        return self._answer(answers.ApprovalsAnswer, Request("GET", APPROVALS, True))

    def decide_approval(
        self, approval_id: int, decision: Literal["approve", "refuse"]
    ) -> answers.ApprovalAnswer:
        """Approve what somebody else asked for, who then does it again; or refuse it."""
        request = Request("POST", f"{APPROVALS}/{approval_id}", False, document={"decision": decision})
        return self._answer(answers.ApprovalAnswer, request)

    def withdraw_approval(self, approval_id: int) -> None:
        """Take back what this key asked for."""
        self._send(Request("DELETE", f"{APPROVALS}/{approval_id}", True))

    def list_reviews(self) -> answers.ReviewsAnswer:
        """Identifications that wait for somebody to confirm them, oldest first."""
        return self._answer(answers.ReviewsAnswer, Request("GET", REVIEWS, True))

    def show_review(self, review_id: int) -> answers.ReviewAnswer:
        """What people said of an identification: for the key that asked for it, and for those who decide."""
        return self._answer(answers.ReviewAnswer, Request("GET", f"{REVIEWS}/{review_id}", True))

    def decide_review(self, review_id: int, decision: Verdict) -> answers.ReviewAnswer:
        """Confirm that it is the worker, or reject it."""
        request = Request("POST", f"{REVIEWS}/{review_id}", False, document={"decision": decision})
        return self._answer(answers.ReviewAnswer, request)

    def list_consent_texts(self) -> answers.ConsentTextsAnswer:
        """Every text that people agree to, oldest first."""
        return self._answer(answers.ConsentTextsAnswer, Request("GET", TEXTS, True))

    def add_consent_text(self, version: str, text: str) -> answers.ConsentTextAnswer:
        """Keep a text under a version; it never changes, and from then on a consent names one of them."""
        request = Request("POST", TEXTS, True, document={"version": version, "text": text})
        return self._answer(answers.ConsentTextAnswer, request)

    def delete_worker(self, worker_id: int, *, if_match: str | None = None) -> int | None:
        """Let a worker go: from here on nothing names them; which receipt proves it. if_match: as in
        `change_worker`."""
        request = Request("DELETE", f"{WORKERS}/{worker_id}", True, headers=conditions(if_match))
        return receipt_in(self._send(request))

    def add_worker_photos(
        self,
        worker_id: int,
        files: Sequence[Picture],
        *,
        reseed: bool = False,
        distinct_from: Sequence[int] = (),
    ) -> answers.EnrolmentAnswer:
        """Add photos to a worker; those that will not do are refused one by one."""
        fields = {"reseed": reseed, "distinct_from": list(distinct_from)}
        pictures = [("files", file) for file in files]
        request = Request("POST", f"{WORKERS}/{worker_id}/photos", False, fields=fields, pictures=pictures)
        return self._answer(answers.EnrolmentAnswer, request)

    def delete_photo(self, worker_id: int, photo_id: int) -> int | None:
        """Remove one photo of a worker; which receipt proves it."""
        request = Request("DELETE", f"{WORKERS}/{worker_id}/photos/{photo_id}", True)
        return receipt_in(self._send(request))

    def show_index(self) -> answers.IndexAnswer:
        """The registry, the view of it that is searched, and the index on disk."""
        return self._answer(answers.IndexAnswer, Request("GET", PREFIX + "/index", True))

    def show_night(self) -> answers.LastNight:
        """What the last nightly job came to, and whom it is about."""
        return self._answer(answers.LastNight, Request("GET", PREFIX + "/night", True))

    def show_models(self) -> answers.ModelsAnswer:
        """The catalogue of models: what is here, and what is in use."""
        return self._answer(answers.ModelsAnswer, Request("GET", PREFIX + "/models", True))

    def healthz(self) -> answers.Health:
        """Whether the process answers."""
        return self._answer(answers.Health, Request("GET", "/healthz", True))

    def readyz(self) -> answers.Readiness:
        """Whether a recognition would succeed now."""
        return self._answer(answers.Readiness, Request("GET", "/readyz", True))

    def _answer(self, kind: type[A], request: Request) -> A:
        response = self._send(request)
        try:
            document: Any = response.json()
            return read(kind, document, response.headers.get("ETag"), receipt_in(response))
        except MISSHAPEN as error:
            raise NotUnderstood(f"{response.url} answered what facevec does not: {error}") from error

    def _send(self, request: Request) -> httpx.Response:
        patience = Patience(request, self._retries, self._patience)
        while True:
            try:
                with request.parts() as parts:
                    response = self._http.request(
                        request.method,
                        request.path,
                        params=request.parameters,
                        data=request.form,
                        files=parts,
                        json=request.document,
                        headers=request.headers,
                    )
            except httpx.DecodingError as error:
                raise NotUnderstood(f"What the service answered cannot be unpacked: {error}") from error
            except httpx.TransportError as error:
                wait = patience.after_silence(error)
            else:
                seconds = patience.after_answer(response)
                if seconds is None:
                    return response
                wait = seconds
            self._sleep(wait)
