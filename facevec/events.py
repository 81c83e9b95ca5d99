"""What happened, for whoever reads the log: told by structlog, which is imported when the first event is.

Most commands tell none, and importing it would take a fifth of the time that they do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

_pending: list[Callable[[], None]] = []
"""What sets structlog up, as long as it was not needed."""


class Events:
    """A logger of structlog's, got anew for each event, so that it is as structlog is set up by then."""

    def info(self, event: str, **fields: object) -> None:
        """Tell of what went as it should."""
        self._tell("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Tell of what did not, and was got over."""
        self._tell("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Tell of what somebody has to look at."""
        self._tell("error", event, fields)

    def _tell(self, level: str, event: str, fields: dict[str, object]) -> None:
        import structlog

        while _pending:
            _pending.pop()()
        getattr(structlog.get_logger(), level)(event, **fields)


def set_up_by(set_up: Callable[[], None]) -> None:
    """Let `set_up` set structlog up before the first event; now, where it was imported already."""
    _pending[:] = [set_up]
    if "structlog" in sys.modules:
        _pending.clear()
        set_up()
