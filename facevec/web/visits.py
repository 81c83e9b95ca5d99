"""That the workers whom a request identified were seen."""

from __future__ import annotations

from facevec.usecases.visits import sightings_of
from facevec.web import call
from facevec.web.service import Service


def record_visits(service: Service) -> None:
    """Have it recorded of those who agreed, where the settings say so; called once all else is recorded."""
    app, notes = service.app, call.current()
    if notes.place is None:
        return
    at = app.clock()
    for _, image in notes.images:
        app.visit_queue.note(
            sightings_of(
                image,
                at=at,
                place=notes.place,
                by=call.by(),
                request_id=notes.request_id,
                contract=notes.contract,
            )
        )
