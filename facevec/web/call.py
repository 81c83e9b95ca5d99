"""What is noted about the request in hand: for its log line and the metrics, never a name or a picture."""

from __future__ import annotations

import re
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import g, has_request_context

from facevec.types import ApiKey, Scope
from facevec.usecases.accounts import Account, of_recognition
from facevec.usecases.recognize import RecognizedImage

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PURPOSE = re.compile(r"[A-Za-z0-9 ._:/-]{1,100}")


@dataclass(slots=True)
class Call:
    """Notes on one request. key: what it came with; stages: seconds in each; outcomes: faces a status.

    wrong_key: it came with one that is not valid; locked_out: and with that its address was locked out.
    purpose: what the caller says it is for. worker_ids, detail: what the audit trail is told; images,
    contract: and of what was recognised. place: where whom it shows are seen, None where they are not.
    """

    request_id: str
    started: float = field(default_factory=time.perf_counter)
    stages: dict[str, float] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    faces: int | None = None
    index_revision: int | None = None
    key: ApiKey | None = None
    code: str | None = None
    wrong_key: bool = False
    locked_out: bool = False
    purpose: str | None = None
    worker_ids: set[int] = field(default_factory=set)
    detail: dict[str, Any] = field(default_factory=dict)
    images: list[tuple[str, RecognizedImage]] = field(default_factory=list)
    contract: str = ""
    place: str | None = None

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def may(self, *scopes: Scope) -> bool:
        """Whether the key that the request came with has one of `scopes`; without a key it has none."""
        return self.key is not None and self.key.may(*scopes)

    def note(self, account: Account) -> None:
        """Whom it is about and what decided, for the audit trail."""
        workers, detail = account
        self.worker_ids.update(workers)
        self.detail.update(detail)

    def account(self) -> Account:
        """All that the audit trail is told: once, when everything is noted."""
        self.note(of_recognition(self.images, self.contract))
        return tuple(sorted(self.worker_ids)), self.detail

    def note_recognition(self, image: RecognizedImage, picture: str, contract: str) -> None:
        """Count the faces of a picture and what became of them; picture: what stands for it."""
        self.images.append((picture, image))
        self.contract = contract
        self.faces = (self.faces or 0) + len(image.faces)
        self.outcomes.update(face.status.value for face in image.faces)
        self.index_revision = image.index_revision


def begin(given_id: str | None, purpose: str | None = None) -> Call:
    """Start the notes; a request id that the client gave is kept if it is a plain word, a purpose if it is
    plain text."""
    usable = given_id is not None and _REQUEST_ID.fullmatch(given_id)
    call = Call(given_id if given_id and usable else uuid.uuid4().hex)
    call.purpose = purpose if purpose and _PURPOSE.fullmatch(purpose) else None
    g.call = call
    return call


def current() -> Call:
    """The notes on the request in hand."""
    call: Call = g.call
    return call


def by() -> str:
    """Who sent the request in hand, as what they do is recorded."""
    key = current().key
    return f"key:{key.id}" if key else "key:none"


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Time a stage of the request in hand; outside of one, nothing is noted."""
    started = time.perf_counter()
    try:
        yield
    finally:
        if has_request_context() and "call" in g:
            stages = current().stages
            stages[name] = stages.get(name, 0.0) + time.perf_counter() - started
