"""Which worker a key from the command line means: an id, an external id or a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from facevec.errors import WorkerAmbiguous, WorkerNotFound
from facevec.registry.names import comparable

_ID = re.compile(r"[1-9][0-9]{0,17}")
"""As facevec writes one; any database holds what has so many digits."""


@dataclass(frozen=True, slots=True)
class Designation:
    """What `key` says of whom it means: they have this id, or external id, or name; of None it says nothing.

    external_id: as `names.comparable` has it. name: in the sense of `names.canonical_name`.
    """

    key: str
    worker_id: int | None = None
    external_id: str | None = None
    name: str | None = None

    def only(
        self, numbered: Iterable[int], called: Iterable[int], any_number: Callable[[], bool], *, certain: bool
    ) -> int:
        """The one worker whom it means, of those of this id and those of this external id or name.

        any_number: whether any worker has a number as name or external id, where a bare number is no
        `certain` id. Raises WorkerNotFound, WorkerAmbiguous.
        """
        ids, others = {*numbered}, {*called}
        if certain and self.name is not None and ids and not others and any_number():
            raise WorkerAmbiguous(
                f"{self.key!r} may be an id or what somebody is called, because workers have numbers as "
                f"names or external ids: say id:{self.name}, external:{self.name} or name:{self.name}."
            )
        meant = sorted(ids | others)
        if len(meant) > 1:
            several = ", ".join(f"id:{worker_id}" for worker_id in meant)
            raise WorkerAmbiguous(f"{self.key!r} may be any of several workers: say which by {several}.")
        if not meant:
            raise WorkerNotFound(
                f"No worker has the id, external id or name {self.key!r}; `facevec worker list` shows who is "
                "enrolled."
            )
        return meant[0]


def designation(key: str) -> Designation:
    """What `key` says: `id:7`, `external:E-7` and `name:Ana` one thing each, anything else all it may be.

    What follows `id:` and is no id as facevec writes it, as in `id:07`, belongs to what somebody is called.
    """
    text = comparable(key)
    kind, colon, rest = text.partition(":")
    if colon and kind == "external":
        return Designation(key, external_id=comparable(rest))
    if colon and kind == "name":
        return Designation(key, name=rest)
    if colon and kind == "id" and (worker_id := _id(rest.strip())):
        return Designation(key, worker_id)
    return Designation(key, _id(text), text, text)


def _id(text: str) -> int | None:
    return int(text) if _ID.fullmatch(text) else None
