"""A network several times, for as many threads that call it at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from queue import LifoQueue

from facevec.vision.engines.base import Bytes, Network, Tensor


class SideBySide:
    """Copies of one network. Each runs one call at a time; who finds none at rest waits."""

    def __init__(self, copies: Sequence[Network]) -> None:
        self._at_rest: LifoQueue[Network] = LifoQueue()  # what ran last is still in the cache
        for copy in copies:
            self._at_rest.put(copy)

    def run(self, batch: Tensor | Bytes) -> tuple[Tensor, ...]:
        copy = self._at_rest.get()
        try:
            return copy.run(batch)
        finally:
            self._at_rest.put(copy)
