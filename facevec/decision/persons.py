"""When two who may do something are two people: as far as a program can tell from keys and users."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from facevec.types import Deed, Scope

LOCAL = "key:local"
"""This machine's own key, by which anybody who reads its file comes."""

USER = "user:"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who asks or decides.

    by: `key:ID` or `user:NAME` of the system. holder: who that is, as names of keys and users look.
    since: when the key was made; None for a user. scopes: of the key.
    """

    by: str
    holder: str
    since: datetime | None = None
    scopes: tuple[Scope, ...] = ("admin",)

    def may(self, scope: Scope) -> bool:
        """Whether the scope is theirs, or admin."""
        return not {"admin", scope}.isdisjoint(self.scopes)


def scope_of(deed: Deed) -> Scope:
    """What a key needs that asks for a deed, or decides about it."""
    return "enrol" if deed == "consent" else "admin"


def objection(first: Party, second: Party, at: datetime) -> str | None:
    """Why `second` is nobody else than `first` for what was begun `at` a moment; None where they are two.

    Who has keys of two names, made before, is two people to a program.
    """
    if first.by == second.by:
        return "It takes somebody else than who began it."
    if LOCAL in (first.by, second.by):
        return "This machine's own key is whoever uses the machine; use a key that was made for a person."
    if first.holder == second.holder:
        return "Keys and users whose names are or look the same are one person; name keys for who holds them."
    if any(party.since is not None and party.since >= at for party in (first, second)):
        return "A key that was made after it was begun is nobody else; it takes one that was there before."
    return None
