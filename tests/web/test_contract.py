"""Every answer that the document promises, of every route and with every status, is what its model says.

The document is made from the route table; a route or a status without a sample here fails.
"""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from facevec.ports import utc_now
from facevec.presentation.answers.base import Answer
from facevec.types import Finding, NightReport, Scope, StepReport, Unconfirmed
from facevec.usecases.approvals import emptying
from facevec.web import openapi
from facevec.web.api import ENDPOINTS
from facevec.web.limits import RateLimiter
from facevec.web.problems import MEDIA_TYPE
from facevec.web.service import Readiness, Service
from tests.web.pictures import group, nobody, portrait

NONE = 4711
"""The id of no worker and no photo."""

CONSENT = {"text_version": "1", "given_at": "2026-01-31T09:00:00Z", "expires_at": None, "emotion": True}
NUMBERS = count()
APPROVE, CONFIRM = {"decision": "approve"}, {"decision": "confirm"}
TEXT = {"version": "of the test", "text": "You may recognise me."}


@dataclass(frozen=True)
class Promise:
    """One status of one operation, and the content that the document promises for it."""

    name: str
    method: str
    path: str
    status: int
    content: Mapping[str, Any]
    takes_a_body: bool

    def __str__(self) -> str:
        return f"{self.name}-{self.status}"


def promises() -> Iterator[Promise]:
    for path, methods in openapi.document()["paths"].items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                yield Promise(
                    operation["operationId"],
                    method.upper(),
                    path,
                    int(status),
                    response.get("content", {}),
                    "requestBody" in operation,
                )


class Caller:
    """Calls operations as somebody who may do everything; enrols Ann and Bob when they are first needed."""

    def __init__(self, client: FlaskClient, service: Service, promise: Promise) -> None:
        self.client, self.service, self.promise = client, service, promise
        self.admin = self.key("admin")

    def key(self, scope: Scope) -> dict[str, str]:
        return {"X-API-Key": self.service.app.keys.create("test", [scope])[1]}

    @cached_property
    def ann(self) -> int:
        return self._enrol(name="Ann", external_id="E-1", consent=CONSENT, files=[encoded(portrait(0, 1))])

    @cached_property
    def bob(self) -> int:
        return self._enrol(name="Bob", files=[encoded(portrait(1, 1))])

    def send(
        self,
        worker: int = NONE,
        photo: int = NONE,
        receipt: int = NONE,
        decision: int = NONE,
        headers: Mapping[str, str] | None = None,
        key: Mapping[str, str] | None = None,
        **options: Any,
    ) -> TestResponse:
        """The promise's own operation; its body, if any, is in `options`, as Flask's client takes them."""
        path = self.promise.path.format(
            worker_id=worker, photo_id=photo, receipt_id=receipt, approval_id=decision, review_id=decision
        )
        headers = {**(self.admin if key is None else key), **(headers or {})}
        return self.client.open(path, method=self.promise.method, headers=headers, **options)

    def approval(self, by: str = "user:anna") -> int:
        """Somebody asked for something, each time for something else."""
        return self.service.app.approvals.ask("empty", emptying(self.ann, next(NUMBERS)), by).id

    def review(self) -> int:
        """Ann was recognised, and waits to be confirmed."""
        seen = Unconfirmed(self.ann, 0, "", 0.5, "", 1, {"match_threshold": 0.6}, "key:door")
        return self.service.app.reviews.add([seen])[0].id

    def photo(self) -> int:
        photos = self.service.app.registry.photos(self.ann)
        return photos[0].id

    def _enrol(self, **body: object) -> int:
        response = self.client.post("/api/v1/workers", headers=self.admin, json=body)
        assert response.status_code == 201, response.text
        worker_id: int = response.json["worker"]["id"]
        return worker_id


def encoded(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


Sample = Callable[[Caller, pytest.MonkeyPatch], TestResponse]


def after_a_night(caller: Caller, _: pytest.MonkeyPatch) -> TestResponse:
    step = StepReport("same_face", 0.1, {"pairs": 1, "model": "toy"}, (Finding((caller.ann, caller.bob)),), 1)
    caller.service.app.night_reports.keep(NightReport("here, process 1", utc_now(), utc_now(), (step,)))
    return caller.send()


def after_a_removal(caller: Caller, _: pytest.MonkeyPatch) -> TestResponse:
    removal = caller.client.delete(f"/api/v1/workers/{caller.ann}", headers=caller.admin)
    return caller.send(receipt=int(removal.headers["X-Erasure-Receipt"]))


def of_a_changed_receipt(caller: Caller, _: pytest.MonkeyPatch) -> TestResponse:
    removal = caller.client.delete(f"/api/v1/workers/{caller.ann}", headers=caller.admin)
    receipt = int(removal.headers["X-Erasure-Receipt"])
    file = caller.service.app.loaded.home / "receipts" / f"{receipt}.json"
    file.write_text(file.read_text().replace('"revision": ', '"revision": 1'))
    return caller.send(receipt=receipt)


def decided(json: Mapping[str, str] | None = None, *, twice: bool = False) -> Sample:
    """What waits for people is decided, or shown; twice: it was decided before."""

    def send(caller: Caller, _: pytest.MonkeyPatch) -> TestResponse:
        waiting = caller.approval() if "approval" in caller.promise.name else caller.review()
        body = {} if json is None else {"json": json}
        if twice:
            caller.send(decision=waiting, **body)
        return caller.send(decision=waiting, **body)

    return send


def withdrawn(caller: Caller, _: pytest.MonkeyPatch) -> TestResponse:
    return caller.send(decision=caller.approval(f"key:{caller.admin['X-API-Key'][3:11]}"))


def without_scope(caller: Caller, _: pytest.MonkeyPatch) -> TestResponse:
    (scopes,) = (endpoint.scopes for endpoint in ENDPOINTS if endpoint.name == caller.promise.name)
    other: Scope = "enrol" if "recognize" in scopes else "recognize"
    return caller.send(key=caller.key(other))


def too_slow(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> TestResponse:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            time.sleep(0.1)
            return super().read(size)

    monkeypatch.setattr(caller.client.application.wsgi_app, "_seconds", 0.01)
    return caller.send(input_stream=Slow(b"{}"), content_type="application/json")


def too_large(caller: Caller, _: pytest.MonkeyPatch) -> TestResponse:
    length = {"CONTENT_LENGTH": str(caller.service.server.max_body_bytes + 1)}
    return caller.send(json={}, environ_overrides=length)


def rate_limited(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> TestResponse:
    monkeypatch.setattr(caller.service, "limiter", RateLimiter(rate=1, burst=0))
    return caller.send()


def starting(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> TestResponse:
    monkeypatch.setattr(caller.service, "readiness", Readiness(caller.service.app))
    return caller.send()


def unchanged(caller: Caller, _: pytest.MonkeyPatch) -> TestResponse:
    tag = caller.send(caller.ann).headers["ETag"]
    return caller.send(caller.ann, headers={"If-None-Match": tag})


def of_nobody(caller: Caller, _: pytest.MonkeyPatch) -> TestResponse:
    body = {"PATCH": {"name": "Zoe"}, "PUT": CONSENT}.get(
        caller.promise.method, {"files": [encoded(portrait(0, 2))]}
    )
    return caller.send(NONE, **({"json": body} if caller.promise.takes_a_body else {}))


def changed_since(caller: Caller, _: pytest.MonkeyPatch) -> TestResponse:
    return caller.send(caller.ann, headers={"If-Match": '"earlier"'}, json={"name": "Zoe"})


ANY: Mapping[int, Sample] = {
    304: unchanged,
    400: lambda caller, _: caller.send(query_string={"nonsense": "1"}),
    401: lambda caller, _: caller.send(key={}),
    403: without_scope,
    404: of_nobody,
    408: too_slow,
    412: changed_since,
    413: too_large,
    415: lambda caller, _: caller.send(data="words", content_type="text/plain"),
    429: rate_limited,
    503: starting,
}
"""How an operation is brought to answer with a status."""


def sent(*enrolled: str, worker: str | None = None, **options: Any) -> Sample:
    """What the operation answers while those are enrolled, on the one of them who is `worker`."""

    def send(caller: Caller, _: pytest.MonkeyPatch) -> TestResponse:
        ids = {name: getattr(caller, name) for name in enrolled}
        return caller.send(ids.get(worker, NONE), **options)

    return send


GROUP, ANN, ANN_AGAIN, BOB, CY, NOBODY = map(
    encoded, (group(0, 3, 1), portrait(0, 1), portrait(0, 2), portrait(1, 1), portrait(2, 1), nobody())
)
BROKEN = encoded(b"no picture")


def labels(width: int) -> dict[str, object]:
    """One face in the middle of a picture of 100 by 100 pixels, with a label so wide."""
    size, face = {"width": width, "height": 9}, {"x_min": 40, "y_min": 40, "x_max": 60, "y_max": 60}
    return {"width": 100, "height": 100, "faces": [face], "styles": [[size]], "numbers": [size]}


OWN: Mapping[tuple[str, int], tuple[Sample, ...]] = {
    ("recognize", 200): (
        sent("ann", "bob", json={"file": GROUP, "candidates": 2}),
        sent(json={"file": ANN, "emotion": False}),
        sent(json={"file": NOBODY}),
        sent(json={"file": ANN}, headers={"Accept": "image/jpeg"}),
    ),
    ("recognize_annotated", 200): (sent(json={"file": ANN}),),
    ("recognize_batch", 200): (sent(json={"files": [ANN, BROKEN]}), sent(json={"files": [BROKEN]})),
    ("place_labels", 200): (sent(json=labels(30)), sent(json=labels(300))),
    ("verify", 200): (
        sent(json={"file": ANN, "other": BOB}),
        lambda caller, _: caller.send(json={"file": ANN, "worker_id": caller.ann}),
    ),
    ("verify", 404): (sent(json={"file": ANN, "worker_id": NONE}),),
    ("verify", 422): (sent(json={"file": NOBODY, "other": ANN}),),
    ("list_workers", 200): (sent(), sent("ann", "bob", query_string={"limit": 1})),
    ("create_worker", 201): (sent(json={"name": "Cy", "consent": CONSENT, "files": [CY, NOBODY]}),),
    ("create_worker", 200): (
        sent("ann", json={"name": "Ann", "external_id": "E-1", "files": [ANN, ANN_AGAIN]}),
    ),
    ("create_worker", 404): (sent(json={"name": "Cy", "files": [CY], "distinct_from": [NONE]}),),
    ("create_worker", 409): (sent("ann", json={"name": "Ann", "files": [CY]}),),
    ("create_worker", 422): (sent(json={"name": "Cy", "files": [NOBODY]}),),
    ("show_worker", 200): (sent("ann", worker="ann"), sent("bob", worker="bob")),
    ("change_worker", 200): (sent("ann", worker="ann", json={"name": "Zoe"}),),
    ("change_worker", 409): (sent("ann", "bob", worker="ann", json={"name": "Bob"}),),
    ("delete_worker", 204): (sent("ann", worker="ann"),),
    ("add_worker_photos", 200): (sent("ann", worker="ann", json={"files": [ANN_AGAIN, NOBODY]}),),
    ("add_worker_photos", 409): (sent("ann", worker="ann", json={"files": [ANN]}),),
    ("add_worker_photos", 422): (sent("ann", worker="ann", json={"files": [NOBODY]}),),
    ("record_worker_consent", 200): (sent("bob", worker="bob", json=CONSENT),),
    ("record_worker_consent", 422): (
        sent("ann", worker="ann", json={**CONSENT, "given_at": "2020-01-01T00:00:00Z"}),
    ),
    ("withdraw_worker_consent", 200): (sent("ann", worker="ann"),),
    ("list_worker_consents", 200): (sent("ann", worker="ann"), sent("bob", worker="bob")),
    ("list_consent_texts", 200): (sent(),),
    ("add_consent_text", 200): (sent(json=TEXT),),
    ("add_consent_text", 422): (sent(json={**TEXT, "text": " "}),),
    ("delete_photo", 204): (lambda caller, _: caller.send(caller.ann, caller.photo()),),
    ("show_erasure", 200): (after_a_removal,),
    ("show_erasure", 404): (sent(),),
    ("show_erasure", 422): (of_a_changed_receipt,),
    ("list_approvals", 200): (sent(), decided()),
    ("decide_approval", 200): (decided(APPROVE), decided({"decision": "refuse"})),
    ("decide_approval", 404): (sent(json=APPROVE),),
    ("decide_approval", 409): (decided(APPROVE, twice=True),),
    ("withdraw_approval", 204): (withdrawn,),
    ("withdraw_approval", 404): (sent(),),
    ("withdraw_approval", 409): (decided(),),
    ("list_reviews", 200): (sent(), decided()),
    ("show_review", 200): (decided(),),
    ("decide_review", 200): (decided(CONFIRM), decided({"decision": "reject"})),
    ("decide_review", 404): (sent(json=CONFIRM),),
    ("decide_review", 409): (decided(CONFIRM, twice=True),),
    ("list_visits", 200): (sent(), sent("ann")),
    ("list_visits", 404): (sent(query_string={"worker": NONE}),),
    ("show_index", 200): (sent(), sent("ann")),
    ("show_night", 200): (sent(), after_a_night),
    ("show_models", 200): (sent(),),
    ("healthz", 200): (sent(),),
    ("readyz", 200): (sent(),),
}
"""How one operation is brought to answer with what only it answers."""


def samples(promise: Promise) -> tuple[Sample, ...]:
    own = OWN.get((promise.name, promise.status))
    if own is None and promise.status in ANY:
        return (ANY[promise.status],)
    assert own, f"no sample here brings {promise.name} to answer {promise.status}; add one to OWN"
    return own


def require_kept(promise: Promise, response: TestResponse) -> None:
    """The status, the type and the shape that were promised: no field more or less, in the models' order."""
    assert response.status_code == promise.status, response.text
    if not promise.content:
        assert not response.data
        return
    assert response.content_type in promise.content
    schema = promise.content[response.content_type].get("schema")
    if schema is None:
        assert response.data.startswith(b"\xff\xd8"), "no JPEG"
        return
    answer = models()[schema["$ref"].rpartition("/")[2]].model_validate_json(response.data, strict=True)
    assert json.dumps(answer.document()) == response.text
    if response.content_type == MEDIA_TYPE:
        assert response.json["status"] == promise.status


def models(root: type[Answer] = Answer) -> dict[str, type[Answer]]:
    """Every answer by its name."""
    kinds = {root.__name__: root}
    for kind in root.__subclasses__():
        kinds.update(models(kind))
    return kinds


@pytest.mark.parametrize("promise", list(promises()), ids=str)
def test_what_is_promised_is_kept(
    client: FlaskClient,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    promise: Promise,
) -> None:
    caller = Caller(client, service, promise)
    for sample in samples(promise):
        with monkeypatch.context() as patch:
            require_kept(promise, sample(caller, patch))


def test_every_sample_is_of_something_promised() -> None:
    promised = {(promise.name, promise.status) for promise in promises()}
    assert promised >= set(OWN)
    assert {status for _, status in promised} >= set(ANY)
