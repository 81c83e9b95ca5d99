"""Threads that share the work on a picture, where it falls into parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


class Hands:
    """`count` threads, which all callers share; with one alone, who calls does the work."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._threads = ThreadPoolExecutor(count, "hands") if count > 1 else None

    def each(self, work: Callable[[Part], Result], parts: Iterable[Part]) -> list[Result]:
        """`work` on each of `parts`, begun in their order; what it raises is raised here."""
        return list(self._threads.map(work, parts) if self._threads else map(work, parts))
