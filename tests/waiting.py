"""Waiting for what happens elsewhere: in another thread or process."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(condition: Callable[[], object], seconds: float = 120, *, pause: float = 0.01) -> None:
    """Until `condition` holds, which is asked again after each pause."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "what is waited for did not happen"
        time.sleep(pause)
