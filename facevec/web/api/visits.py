"""When workers were seen who agreed to a record of it."""

from __future__ import annotations

from flask import Response

from facevec.presentation.answers.visits import VisitAnswer, VisitPage
from facevec.web import call
from facevec.web.api.cursors import cursor_of, last_of
from facevec.web.routes import Table, answer
from facevec.web.schemas import VisitsQuery
from facevec.web.service import Service

table = Table("Visits")


@table.add("GET", "/visits", scope="visits", query=VisitsQuery, answers={200: VisitPage}, problems=(404,))
def list_visits(service: Service, parameters: VisitsQuery) -> Response:
    """When workers were seen who agreed to a record of it, oldest first, in parts."""
    notes, app = call.current(), service.app
    if parameters.worker is not None:
        notes.worker_ids.add(parameters.worker)  # asked about, whatever comes of it
        app.registry.worker(parameters.worker)
    listed = app.visits.list(
        parameters.worker,
        since=parameters.since,
        until=parameters.until,
        after_id=last_of(parameters.cursor),
        limit=parameters.limit + 1,
    )
    shown = listed[: parameters.limit]
    notes.worker_ids.update(visit.worker_id for visit in shown)
    cursor = cursor_of(shown[-1].id) if len(listed) > parameters.limit else None
    scores = notes.may("scores")
    visits = tuple(VisitAnswer.of_visit(visit, scores=scores) for visit in shown)
    return answer(VisitPage(visits=visits, next_cursor=cursor))
