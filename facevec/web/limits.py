"""Refusing early instead of answering late: places at the networks, calls of a key, pictures of a call."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from facevec.web.problems import Problem, bad_request, too_many, try_later

REMEMBERED = 10_000
"""Callers whose rate is remembered; the one longest silent is forgotten first."""


class Gate:
    """So many requests at the networks at once, and a short queue before them."""

    def __init__(self, places: int, queue: int, patience: float) -> None:
        self._places = places
        self._queue = queue
        self._patience = patience
        self._changed = threading.Condition()
        self._busy = 0
        self._waiting = 0

    def refuse_if_full(self) -> None:
        """Before a body is read: raises Problem 503 when there is no room even to wait."""
        with self._changed:
            self._refuse_if_full()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place for the block; wait for one if need be. Raises Problem 503."""
        with self._changed:
            self._refuse_if_full()
            self._waiting += 1
            try:
                free = self._changed.wait_for(lambda: self._busy < self._places, self._patience)
            finally:
                self._waiting -= 1
            if not free:
                raise _overloaded()
            self._busy += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify()

    def _refuse_if_full(self) -> None:
        if self._busy + self._waiting >= self._places + self._queue:
            raise _overloaded()


class RateLimiter:
    """A token bucket a caller: `burst` requests at once, `rate` a second on average; rate 0 is no limit."""

    def __init__(
        self,
        rate: float,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        remembered: int = REMEMBERED,
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._remembered = remembered
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Count one request. Raises Problem 429 with when the next one will do."""
        if not self._rate:
            return
        with self._lock:
            now = self._clock()
            tokens, then = self._buckets.pop(caller, (float(self._burst), now))
            tokens = min(self._burst, tokens + (now - then) * self._rate)
            allowed = tokens >= 1
            self._buckets[caller] = (tokens - 1 if allowed else tokens, now)
            if len(self._buckets) > self._remembered:
                self._buckets.popitem(last=False)
        if not allowed:
            wait = math.ceil((1 - tokens) / self._rate)
            raise too_many(
                "rate_limited",
                f"Too many requests with this key (server.rate is {self._rate:g} a second); "
                f"try again in {wait} s.",
                wait,
            )


def ending(seconds: float, clock: Callable[[], float] = time.monotonic) -> Callable[[], bool]:
    """Says whether so many seconds are over, counted from now."""
    end = clock() + seconds
    return lambda: clock() >= end


def require_few(pictures: Sequence[object], most: int) -> None:
    """Raises Problem 400 when one request holds more pictures than the settings allow."""
    if len(pictures) > most:
        raise bad_request(
            f"{len(pictures)} pictures came at once and at most {most} are accepted (server.max_files); "
            "send fewer at a time.",
            "too_many_files",
        )


def _overloaded() -> Problem:
    return try_later(
        "overloaded",
        "The service is busy with as many pictures as it takes at a time (server.concurrency, server.queue); "
        "try again in a moment.",
    )
