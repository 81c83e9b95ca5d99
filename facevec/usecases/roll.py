"""Reading the gallery from the registry: everybody's reference, some workers at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.decision.vectors import fuse
from facevec.errors import NotAuthentic, RegistryError, RegistryReplaced
from facevec.ports import ChangeSource
from facevec.types import NO_VECTORS, Page, Position, SetAside, Templates, Terms, Vectors

ATTEMPTS = 3
"""So often it is begun anew when the registry is replaced while it is read."""


@dataclass(frozen=True, slots=True, eq=False)
class Roll:
    """Everybody's reference where the registry stood at `position`, of those who may not be recognised, too.

    worker_ids: (n,) int64, ascending. references: (n, dimension) float32, unit length. templates_each: (n,)
    int64, of how many templates each was made. set_aside: as in `Page`.
    """

    position: Position
    worker_ids: npt.NDArray[np.int64]
    references: Vectors
    templates_each: npt.NDArray[np.int64]
    terms: Terms
    set_aside: SetAside


def call_roll(registry: ChangeSource, contract: str) -> Roll:
    """All of the gallery. No transaction is longer than a page: whoever writes does not wait.

    Raises RegistryError; RegistryReplaced where the registry is replaced again and again meanwhile;
    NotAuthentic where there are templates and none is as facevec wrote it.
    """
    for attempt in range(ATTEMPTS):
        try:
            roll = caught_up(registry, contract, _read(registry, contract))
        except RegistryReplaced:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            if len(roll.set_aside) and not len(roll.worker_ids):
                raise NotAuthentic(
                    f"None of the {len(roll.set_aside)} templates was written under the integrity key here. "
                    "Put back the key that belongs to this registry; where it is lost, look at who is "
                    "enrolled and run `facevec integrity adopt`."
                )
            return roll
    raise AssertionError  # the last attempt returns or raises


def caught_up(registry: ChangeSource, contract: str, roll: Roll) -> Roll:
    """`roll` with what changed since. Raises RegistryError, RegistryReplaced."""
    position, changed = registry.changed_since(roll.position)
    if not changed:
        return roll
    page = registry.page_of(contract, changed, position)
    kept = ~np.isin(roll.worker_ids, changed)
    worker_ids, references, templates_each = _fused(page)
    references = _joined([roll.references[kept], references])
    worker_ids = np.concatenate([roll.worker_ids[kept], worker_ids])
    order = np.argsort(worker_ids)
    anew = set(changed)
    set_aside = tuple(each for each in roll.set_aside if each[0] not in anew)
    return Roll(
        position,
        worker_ids[order],
        references[order],
        np.concatenate([roll.templates_each[kept], templates_each])[order],
        roll.terms.replaced(changed, page.terms),
        set_aside + page.set_aside,
    )


def _read(registry: ChangeSource, contract: str) -> Roll:
    """Page after page; who changes meanwhile may have been read before or after."""
    start = position = registry.state().position
    pages: list[Page] = []
    after = 0
    while len((page := registry.next_page(contract, after, position)).worker_ids):
        if np.diff(page.worker_ids, prepend=after).min() <= 0:
            raise RegistryError(
                "The database no longer lists workers by their ids; run `facevec db check`, and restore it "
                "from a backup."
            )
        pages.append(page)
        after, position = int(page.worker_ids[-1]), page.position
    parts = [_fused(page) for page in pages] or [_fused(page)]
    ids, references, counts = zip(*parts, strict=True)
    ends, ended = [page.terms.worker_ids for page in pages], [page.terms.ends for page in pages]
    empty = np.empty(0, np.int64)
    return Roll(
        start,
        np.concatenate(ids),
        _joined(references),
        np.concatenate(counts),
        Terms(np.concatenate([empty, *ends]), np.concatenate([empty, *ended])),
        tuple(each for page in pages for each in page.set_aside),
    )


def _fused(page: Page) -> tuple[npt.NDArray[np.int64], Vectors, npt.NDArray[np.int64]]:
    templates: Templates = page.templates
    worker_ids, references = fuse(templates)
    _, counts = np.unique(templates.worker_ids, return_counts=True)
    return worker_ids, references, counts.astype(np.int64)


def _joined(parts: tuple[Vectors, ...] | list[Vectors]) -> Vectors:
    """Raises RegistryError for references that differ in length."""
    some = [part for part in parts if len(part)]
    if not some:
        return NO_VECTORS
    if len({part.shape[1] for part in some}) > 1:
        raise RegistryError("Templates of one contract differ in length; restore the database from a backup.")
    return np.concatenate(some)
