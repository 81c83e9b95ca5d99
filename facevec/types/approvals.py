"""What takes two people, and what became of an asking for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Deed = Literal[
    "remove", "rename", "reseed", "empty", "withdraw", "distinct", "consent", "export", "threshold", "key"
]
"""What may be made to take two people. `empty`: removing what says who a worker is; `distinct`: saying that
somebody who looks like a worker is somebody else; `key`: making a key of the service."""

ApprovalState = Literal["waiting", "approved", "refused"]


@dataclass(frozen=True, slots=True)
class Asking:
    """A deed as somebody wants to do it.

    deeds: what it is; where only some of that take two people, it is asked for as the first of those. shown:
    what it consists of, for whoever approves it, and nothing personal; hidden: the rest, such as a name or
    photos, of which nothing but a keyed hash is kept.
    """

    deeds: tuple[Deed, ...]
    worker_id: int | None = None
    shown: Mapping[str, str] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """An asking that was noted.

    whole: whether `content` says all of it; otherwise whoever approves has to send the same. ends_at: then it
    is forgotten. asked_by, decided_by: `key:ID` or `user:NAME`.
    """

    id: int
    deed: Deed
    worker_id: int | None
    content: Mapping[str, str]
    whole: bool
    asked_by: str
    asked_at: datetime
    ends_at: datetime
    state: ApprovalState = "waiting"
    decided_by: str | None = None
    decided_at: datetime | None = None
