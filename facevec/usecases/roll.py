"""Reading the gallery from the registry: everybody's reference, some workers at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from facevec.decision.vectors import fuse
from facevec.errors import NotAuthentic, RegistryError, RegistryReplaced
from facevec.ports import ChangeSource, RowSink
from facevec.types import Page, Position, SetAside, Terms, Vectors

ATTEMPTS = 3
"""So often it is begun anew when the registry is replaced while it is read."""


CHANGED_AT_ONCE = 5_000
"""Workers whose changes are read in one transaction."""

Sink = TypeVar("Sink", bound=RowSink)


@dataclass(frozen=True, slots=True, eq=False)
class Roll:
    """Who has a reference where the registry stood at `position`, those who may not be recognised, too.

    worker_ids: (n,) int64, ascending. templates_each: (n,) int64, of how many templates the reference of each
    was made. set_aside: as in `Page`.
    """

    position: Position
    worker_ids: npt.NDArray[np.int64]
    templates_each: npt.NDArray[np.int64]
    terms: Terms
    set_aside: SetAside


class Uncollected:
    """Takes references for those who only want to know whose there are."""

    def put(self, worker_ids: npt.NDArray[np.int64], references: Vectors) -> None:
        pass

    def remove(self, worker_ids: npt.NDArray[np.int64]) -> None:
        pass


def call_roll(registry: ChangeSource, contract: str, empty: Callable[[], Sink]) -> tuple[Roll, Sink]:
    """All of the gallery, page after page. Whoever writes waits for no more than one.

    empty: makes what takes the references, anew for each attempt.

    Raises RegistryError; RegistryReplaced where the registry is replaced again and again meanwhile;
    NotAuthentic where there are templates and none is as facevec wrote it.
    """
    for attempt in range(ATTEMPTS):
        sink = empty()
        try:
            roll = caught_up(registry, contract, _read(registry, contract, sink), sink)
        except RegistryReplaced:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            require_some(roll.set_aside, kept=len(roll.worker_ids))
            return roll, sink
    raise AssertionError  # the last attempt returns or raises


def require_some(set_aside: SetAside, *, kept: int) -> None:
    """Raises NotAuthentic where there are templates and none is as facevec wrote it. kept: how many are."""
    if set_aside and not kept:
        raise NotAuthentic(
            f"None of the {len(set_aside)} templates was written under the integrity key here, or can be "
            "decrypted: `facevec doctor` says which. Put back the key that belongs to this registry; where "
            "it is the integrity key and lost, look at who is enrolled and run `facevec integrity adopt`."
        )


def caught_up(registry: ChangeSource, contract: str, roll: Roll, sink: RowSink) -> Roll:
    """`roll`, and what its references are in, with what changed since.

    Raises RegistryError, RegistryReplaced.
    """
    position, changed = registry.changed_since(roll.position)
    if not changed:
        return roll
    sink.remove(np.array(changed, np.int64))
    anew = _together(
        position, [_taken(page, sink) for page in pages_of(registry, contract, changed, position)]
    )
    gone = set(changed)
    kept = ~np.isin(roll.worker_ids, changed)
    worker_ids = np.concatenate([roll.worker_ids[kept], anew.worker_ids])
    order = np.argsort(worker_ids)
    return Roll(
        position,
        worker_ids[order],
        np.concatenate([roll.templates_each[kept], anew.templates_each])[order],
        roll.terms.replaced(changed, anew.terms),
        tuple(each for each in roll.set_aside if each[0] not in gone) + anew.set_aside,
    )


def every_page(registry: ChangeSource, contract: str, since: Position | None = None) -> Iterator[Page]:
    """All of the gallery, some workers in each transaction; who changes meanwhile may have been read before
    or after. The last page may have nobody, and templates that were set aside. since: None is from now on.

    Raises as `ChangeSource.next_page`, and RegistryError where pages do not follow each other.
    """
    after, since = 0, since or registry.state().position
    while True:
        page = registry.next_page(contract, after, since)
        require_ascending(page.worker_ids, after)
        if len(page.worker_ids) or page.set_aside:
            yield page
        if not len(page.worker_ids):
            return
        after, since = int(page.worker_ids[-1]), page.position


def require_ascending(worker_ids: npt.NDArray[np.int64], after: int) -> None:
    """Raises RegistryError where a page goes back: whoever read on would never come to an end."""
    if len(worker_ids) and np.diff(worker_ids, prepend=after).min() <= 0:
        raise RegistryError(
            "The database no longer lists workers by their ids; run `facevec db check`, and restore it from "
            "a backup."
        )


def pages_of(
    registry: ChangeSource, contract: str, worker_ids: Sequence[int], since: Position
) -> Iterator[Page]:
    """Those of `worker_ids` that are enrolled, some in each transaction; who changes meanwhile may have been
    read before or after.

    Raises as `ChangeSource.page_of`.
    """
    for start in range(0, len(worker_ids), CHANGED_AT_ONCE):
        yield registry.page_of(contract, worker_ids[start : start + CHANGED_AT_ONCE], since)


def _read(registry: ChangeSource, contract: str, sink: RowSink) -> Roll:
    start = registry.state().position
    return _together(start, [_taken(page, sink) for page in every_page(registry, contract, start)])


def _taken(page: Page, sink: RowSink) -> Roll:
    """What a page says, its references handed on."""
    worker_ids, references = fuse(page.templates)
    if len(worker_ids):
        sink.put(worker_ids, references)
    _, counts = np.unique(page.templates.worker_ids, return_counts=True)
    return Roll(page.position, worker_ids, counts.astype(np.int64), page.terms, page.set_aside)


def _together(position: Position, parts: Sequence[Roll]) -> Roll:
    none = np.empty(0, np.int64)
    return Roll(
        position,
        np.concatenate([none, *(part.worker_ids for part in parts)]),
        np.concatenate([none, *(part.templates_each for part in parts)]),
        Terms.together([part.terms for part in parts]),
        tuple(each for part in parts for each in part.set_aside),
    )
