"""What stands in the log beside the line of each request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from facevec.errors import RebuildRunning
from facevec.types import DistinctFrom, Enrolment
from facevec.web import call

log = structlog.get_logger("facevec.web")


def warn_of_look_alikes(enrolment: Enrolment, distinct_from: DistinctFrom | None) -> None:
    """Somebody decided that two people who look alike are two."""
    if distinct_from and enrolment.accepted and enrolment.worker:
        others = ", ".join(map(str, distinct_from.worker_ids))
        warn(
            "look_alike_decided",
            enrolment.worker.id,
            f"By order of an admin key they are not worker {others}.",
        )


def warn(event: str, worker_id: int, reason: str) -> None:
    """What changes who somebody is stands in the log, without saying who."""
    notes = call.current()
    key = notes.key.id if notes.key else None
    log.warning(event, request_id=notes.request_id, key=key, worker_id=worker_id, reason=reason)


@contextmanager
def index_cleaned_later() -> Iterator[None]:
    """A removal is done although another process holds the index; asked for again, it deletes the files."""
    try:
        yield
    except RebuildRunning:
        log.warning(
            "index_not_yet_cleaned",
            request_id=call.current().request_id,
            reason="Another process holds the index, whose files may still hold the removed face; remove the "
            "same again, or run `facevec index rebuild`.",
        )
