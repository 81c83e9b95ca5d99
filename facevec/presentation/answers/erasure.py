"""Receipts of what was destroyed, and what is left where."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, PlainSerializer

from facevec.presentation.answers.base import Answer, Moment
from facevec.types import Erased, PlaceState

_ToTheLetter = Annotated[AwareDatetime, PlainSerializer(datetime.isoformat, return_type=str)]
"""As the mark covers it."""


class AuditPlace(Answer):
    """Where a record stands in the audit trail."""

    segment: int
    number: int
    mark: str


class ReceiptAnswer(Answer):
    """A receipt: it names nobody, and its mark holds for as it is, to the last letter.

    what: `worker`, all of somebody, or `face`, all that they are told by. revision: of the registry, from
    which on nobody is told by it. destroyed: how much of each kind. identities: keyed hashes, as in the
    ledger of removals. traces: what finds it again, for who has the integrity key.
    """

    format: str
    id: str
    what: Erased
    erased_at: _ToTheLetter
    registry: str
    revision: int
    integrity_key: str
    destroyed: dict[str, int]
    identities: dict[str, str]
    traces: str
    audit: AuditPlace | None
    mark: str


class ReceiptEntry(Answer):
    """A receipt that is kept here."""

    id: str
    what: Erased
    erased_at: Moment
    destroyed: dict[str, int]


class ReceiptsAnswer(Answer):
    """All of them, oldest first."""

    receipts: tuple[ReceiptEntry, ...]


class PlaceAnswer(Answer):
    """What is left in a place. until: when it goes. is_fault: whether it should not be so."""

    place: str
    state: PlaceState
    sentence: str
    until: str | None
    is_fault: bool


class ErasureVerified(Answer):
    """verdict: `gone` where nothing was found, `still_there`, or `fault`: not as it should be."""

    receipt: str
    verdict: Literal["gone", "still_there", "fault"]
    places: tuple[PlaceAnswer, ...]
