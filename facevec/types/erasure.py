"""What a removal destroyed, as it can be proved afterwards without naming anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from facevec.types.audit import AuditHead

Erased = Literal["worker", "face", "photos"]
"""`worker`: all of somebody. `face`: all that they are told by; their name stays. `photos`: some of theirs,
with what was computed from them."""

PlaceState = Literal["nothing", "there", "unknown"]

RECEIPT_IDS = 2**53
"""As many as every language counts exactly."""


@dataclass(frozen=True, slots=True)
class Belongings:
    """All that is kept of somebody, before it is destroyed.

    identities: keyed hashes, as in the ledger of removals, each with its kind. contents: what could be found
    again wherever bytes lie, each with its kind. counts: how much of each kind.
    """

    identities: Mapping[str, str]
    contents: tuple[tuple[str, bytes], ...] = field(repr=False)
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Receipt:
    """That something was destroyed; nobody is named, and only who has the integrity key learns more.

    id: a random number. revision: of the registry, from which on nobody is told by it. destroyed: how much of
    each kind. traces: keyed hashes of the contents, encrypted. audit: where the trail records it, if at all.
    """

    id: str
    what: Erased
    erased_at: datetime
    registry: str
    revision: int
    integrity_key: str
    destroyed: Mapping[str, int]
    identities: Mapping[str, str]
    traces: str = field(repr=False)
    audit: AuditHead | None


def is_receipt_id(text: str) -> bool:
    """Whether a receipt could be called so."""
    return text.isascii() and text.isdigit() and len(text) <= len(str(RECEIPT_IDS))


@dataclass(frozen=True, slots=True)
class PlaceChecked:
    """What is left in a place. is_fault: whether it should not be so. until: when it goes, in words."""

    place: str
    state: PlaceState
    sentence: str
    until: str | None = None
    is_fault: bool = False
