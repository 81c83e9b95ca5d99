"""The consent ledger, and the texts that people agree to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from facevec.presentation.answers.base import Answer, Moment
from facevec.types import LedgerEntry

if TYPE_CHECKING:
    from typing_extensions import Self

Purpose = Literal["identification", "emotion", "photos", "visits"]


class ConsentEntry(Answer):
    """An entry of the ledger. kind: `before` there was a ledger; `expired`, what was kept under it was
    destroyed after its end; `removed`, the worker was. recorded_by: `user:NAME`, `key:ID` or `facevec`."""

    number: int
    worker_id: int
    kind: Literal["before", "recorded", "withdrawn", "expired", "removed"]
    text_version: str
    text_sha256: str | None
    given_at: Moment
    expires_at: Moment | None
    purposes: tuple[Purpose, ...]
    recorded_by: str
    recorded_at: Moment


class ConsentEntriesAnswer(Answer):
    """What the ledger says of a worker, oldest first."""

    entries: tuple[ConsentEntry, ...]

    @classmethod
    def of_entries(cls, entries: Sequence[LedgerEntry]) -> Self:
        return cls(entries=tuple(ConsentEntry.of(each) for each in entries))


class ConsentTextAnswer(Answer):
    """A text that people agree to. sha256: of its UTF-8 bytes."""

    version: str
    text: str
    sha256: str
    added_by: str
    added_at: Moment


class ConsentTextsAnswer(Answer):
    """Every text, oldest first."""

    texts: tuple[ConsentTextAnswer, ...]


class LedgerVerified(Answer):
    """Whether the ledger is whole: how many entries, and what is wrong with it."""

    entries: int
    faults: tuple[str, ...]
