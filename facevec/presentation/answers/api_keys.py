"""The keys of the service."""

from __future__ import annotations

from facevec.presentation.answers.base import Answer, Moment
from facevec.types import Scope


class KeyAnswer(Answer):
    """A key of the service, without the secret."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    revoked_at: Moment | None


class NewKey(KeyAnswer):
    """A key and its secret, which is shown this once."""

    key: str


class KeysAnswer(Answer):
    """Every key that was ever made."""

    keys: tuple[KeyAnswer, ...]


class LocalKeyAnswer(Answer):
    """The file with this machine's own key."""

    path: str


class LinkAnswer(Answer):
    """A link that opens the page once, within so many minutes."""

    link: str
    minutes: int
