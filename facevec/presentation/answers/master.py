"""The master key: which it is, what is wrapped under it, and what became of it."""

from __future__ import annotations

from facevec.presentation.answers.base import Answer, Moment


class MasterKeyKept(Answer):
    """A key in the file."""

    name: str
    made_at: Moment


class MasterStatus(Answer):
    """Which key it is, and what is wrapped under it.

    source: the setting. file, kept: where it is a file, with the keys before, the newest first. wrapped: how
    much under each name; nothing is encrypted where that is empty.
    """

    source: str
    before: str | None
    registry: str
    name: str | None
    file: str | None
    kept: tuple[MasterKeyKept, ...]
    wrapped: dict[str, int]


class MasterSaved(Answer):
    """A copy under a passphrase that was written, or put in `file`; changed: whether that was new."""

    file: str
    registry: str
    names: tuple[str, ...]
    changed: bool


class MasterRotated(Answer):
    """As `usecases.rotate.Rotation`."""

    name: str
    rewrapped: int
    finished: bool


class MasterForgotten(Answer):
    """Keys that were destroyed."""

    names: tuple[str, ...]
