"""Keys of the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Scope = Literal["recognize", "scores", "enrol", "visits", "review", "admin"]
"""What a key may do; admin includes the others."""

SCOPES: Mapping[Scope, str] = {
    "recognize": "pictures",
    "scores": "exact distances in their answers",
    "enrol": "add and look at workers",
    "visits": "when workers were seen",
    "review": "confirm who was recognised",
    "admin": "everything, renaming and removing workers included",
}
"""What each lets a key do, in words."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the service as it may be listed. The secret itself is stored nowhere.

    id: the part of the key that is no secret. expires_at: None is never.
    last_used_at: to the hour, None until it is first used.
    """

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def may(self, *scopes: Scope) -> bool:
        """Whether it has one of `scopes`, or admin."""
        return not {"admin", *scopes}.isdisjoint(self.scopes)

    def valid_at(self, moment: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or moment < self.expires_at)


@dataclass(frozen=True, slots=True)
class Claim:
    """That a picture shows a worker. key_id: of the caller's key; caller: where from, as a pseudonym."""

    worker_id: int
    key_id: str
    caller: str
