"""What is started together with its database waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from facevec.errors import RegistryBusy, RegistryError

PAUSE_SECONDS = 1.0
PASSING = (RegistryError, RegistryBusy)
"""What may pass by itself; the kinds below them do not."""

Opened = TypeVar("Opened")

log = structlog.get_logger("facevec.web")


def waited_for(opening: Callable[[], Opened], seconds: float, pause: float = PAUSE_SECONDS) -> Opened:
    """What `opening` returns, tried again for at most so many seconds while the registry does not answer.

    Raises RegistryError.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return opening()
        except RegistryError as error:
            if type(error) not in PASSING or time.monotonic() + pause > end:
                raise
            log.warning("waiting_for_registry", code=error.code, reason=str(error))
        time.sleep(pause)
