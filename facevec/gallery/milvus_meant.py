"""What the rows in Milvus should be, as the registry has it."""

from __future__ import annotations

import numpy as np

from facevec.decision.vectors import fuse
from facevec.gallery.milvus_collection import ALWAYS, Rows
from facevec.types import Page

LAST = 2**63 - 1
"""As large as any id or revision."""


class Meant:
    """What the rows of a page's workers should be."""

    def __init__(self, page: Page | None) -> None:
        self.revision = LAST if page is None else page.position.revision
        self.worker_ids, self.references = np.empty(0, np.int64), np.empty((0, 0), np.float32)
        self.ends: dict[int, int] = {}
        if page is not None:
            self.worker_ids, self.references = fuse(page.templates)
            self.ends = ends_of(page)
        self._places = {int(worker_id): place for place, worker_id in enumerate(self.worker_ids)}

    def allows(self, rows: Rows, place: int) -> bool:
        worker_id = int(rows.worker_ids[place])
        own = self._places.get(worker_id)
        return (
            own is not None
            and int(rows.ends[place]) == self.ends.get(worker_id, ALWAYS)
            and np.array_equal(rows.references[place], self.references[own])
        )


def ends_of(page: Page) -> dict[int, int]:
    """Until when those of its workers may be recognised who have such an end."""
    return dict(zip(page.terms.worker_ids.tolist(), page.terms.ends.tolist(), strict=True))
