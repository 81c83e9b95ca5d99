"""A registry that does not answer is asked again: its server may be starting, or starting anew."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from facevec.errors import RegistryBusy, RegistryError
from facevec.events import Events

PAUSE_SECONDS = 1.0
PASSING = (RegistryError, RegistryBusy)
"""What may pass by itself; the kinds below them do not."""

Answer = TypeVar("Answer")

logger = Events()


def waited_for(asking: Callable[[], Answer], seconds: float, pause: float = PAUSE_SECONDS) -> Answer:
    """What `asking` returns, tried again for at most so many seconds while the registry does not answer.

    Raises RegistryError.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return asking()
        except RegistryError as error:
            if type(error) not in PASSING or time.monotonic() + pause > end:
                raise
            logger.warning("waiting_for_registry", code=error.code, reason=str(error))
        time.sleep(pause)
