"""Logging to stderr: readable on a terminal, JSON lines elsewhere.

An event may hold ids, counts, codes and milliseconds; never a name, a picture or a vector.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Literal, TextIO

import structlog

from facevec.events import set_up_by
from facevec.presentation.plain import printable
from facevec.streams import steady

Format = Literal["auto", "console", "json"]


def configure(level: str = "warning", style: Format = "auto", stream: TextIO | None = None) -> None:
    """Send events of at least `level` to `stream` (stderr); "auto" is JSON lines unless it is a terminal."""
    set_up_by(partial(_configure, level, style, stream))


def _configure(level: str, style: Format, stream: TextIO | None) -> None:
    stream = steady(sys.stderr if stream is None else stream)
    console = style == "console" or (style == "auto" and stream.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(),
            # Local variables hold pictures and vectors.
            exception_formatter=structlog.dev.plain_traceback,
        )
        if console
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([_printable] if console else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )


def _printable(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """What an event quotes neither begins a line of its own nor moves the cursor."""
    return {key: printable(value) if isinstance(value, str) else value for key, value in event.items()}
