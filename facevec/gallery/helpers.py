"""Threads that help a search while nobody else needs their core, and one beside all searches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from facevec.machine import processors

Result = TypeVar("Result")


class Helpers:
    """One search may take every core; of many at once each has its own, and none waits for another.

    Threads start when they are first needed: a process that forks before it searches loses none.
    """

    def __init__(self, cores: int) -> None:
        self._cores = cores
        self._idle = threading.Semaphore(cores)
        self._pool = ThreadPoolExecutor(max_workers=cores, thread_name_prefix="gallery")

    def shared(self, work: Callable[[slice], Result], size: int, *, worth_it: bool) -> list[Result]:
        """What `work` gives for each part of `size` rows; where it is worth it, as many as cores are idle."""
        taken = int(self._idle.acquire(blocking=False))
        parts = 1
        while worth_it and parts < self._cores and self._idle.acquire(blocking=False):
            taken, parts = taken + 1, parts + 1
        try:
            bounds = [size * part // parts for part in range(parts + 1)]
            first, *others = map(slice, bounds[:-1], bounds[1:])
            helping = [self._pool.submit(work, part) for part in others]
            return [work(first), *(each.result() for each in helping)]
        finally:
            for _ in range(taken):
                self._idle.release()


class Beside:
    """One thing that is done while searches go on, in a thread called `name`, never twice at once."""

    def __init__(self, name: str) -> None:
        self._name, self._under_way = name, threading.Lock()

    def start(self, work: Callable[[], None]) -> None:
        """Begin it, unless it is under way. What goes wrong is for `work` to tell."""
        if self._under_way.acquire(blocking=False):
            try:
                threading.Thread(target=self._run, args=(work,), name=self._name, daemon=True).start()
            except RuntimeError:  # no thread to be had: later, then
                self._under_way.release()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            self._under_way.release()


HELPERS = Helpers(processors())
"""Of this process: all its galleries share the cores."""
