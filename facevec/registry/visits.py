"""Visits in SQL. In clear lie whose a visit is and its day; all else is encrypted where faces are."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, func, select, true

from facevec.decision.visits import are_one, day_of, joined, visit_of
from facevec.ports import Clock, utc_now
from facevec.registry import marks, rows
from facevec.registry.encryption import vault
from facevec.registry.engine import reading, writing
from facevec.registry.queries import portions, recognizable
from facevec.registry.state import take_turn
from facevec.registry.tables import VisitRow, WorkerRow
from facevec.types import Identification, Sighting, Visit, VisitsKept

_ROWS: Any = VisitRow.__table__  # rows that are not told as objects
_AT_ONCE = 1_000
_RECENT = 10
"""So many of a worker's newest visits of a day may be the one that a sighting belongs to."""

_NAME_BYTES = 16


class SqlVisits:
    """`ports.Visits` beside the workers, in the same database.

    pause: how long nobody may have been seen within one visit.
    """

    def __init__(self, engine: Engine, pause: timedelta, clock: Clock = utc_now) -> None:
        self._engine, self._pause, self._clock = engine, pause, clock

    def add(self, sightings: Sequence[Sighting]) -> int:
        with writing(self._engine) as connection:
            take_turn(connection)  # whoever is removed or withdraws comes before or after it
            agreeing = _agreeing(connection, sightings, self._clock())
            covered = [one for one in sightings if _covers(agreeing.get(one.worker_id), one)]
            for one in covered:
                self._add(connection, one)
            return len(covered)

    def list(
        self,
        worker_id: int | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        after_id: int = 0,
        limit: int | None = None,
    ) -> tuple[Visit, ...]:
        wanted: list[Visit] = []
        with reading(self._engine) as connection:
            for visit in _read(connection, _within(worker_id, since, until), after_id):
                if (since is None or visit.last_at >= since) and (until is None or visit.first_at < until):
                    wanted.append(visit)
                    if len(wanted) == limit:
                        break
        return tuple(wanted)

    def destroy(self, worker_id: int | None = None, *, before: datetime | None = None) -> int:
        of_days = true() if before is None else _ROWS.c.day <= before - timedelta(days=1)
        return self._destroy(and_(of_days, _within(worker_id, None, None)))

    def destroy_ahead(self) -> int:
        return self._destroy(self._ahead())

    def kept(self) -> VisitsKept:
        own = _ROWS.c
        figures = select(func.count(), func.count(own.worker_id.distinct()), func.min(own.day))
        agreed = and_(WorkerRow.consent_given_at.is_not(None), WorkerRow.consent_visits)
        of_unagreed = select(func.count()).join(WorkerRow, WorkerRow.id == own.worker_id).where(~agreed)
        with reading(self._engine) as connection:
            visits, workers, first_day = connection.execute(figures.select_from(_ROWS)).one()
            unagreed = connection.scalar(of_unagreed.select_from(_ROWS)) or 0
            ahead = connection.scalar(select(func.count()).select_from(_ROWS).where(self._ahead())) or 0
        return VisitsKept(visits, workers, unagreed, ahead, first_day)

    def _ahead(self) -> ColumnElement[bool]:
        """Of a day that has begun nowhere yet."""
        ahead: ColumnElement[bool] = _ROWS.c.day > self._clock() + timedelta(days=1)
        return ahead

    def _add(self, connection: Connection, sighting: Sighting) -> None:
        for visit in _newest(connection, sighting):
            if visit.place == sighting.place and are_one(visit, sighting, self._pause):
                row = _sealed(connection, joined(visit, sighting))
                before = {**row, "id": visit.id}
                rows.update_marked(connection, VisitRow, before, {"details": row["details"]})
                return
        visit = visit_of(sighting, secrets.token_hex(_NAME_BYTES))
        rows.insert_marked(connection, VisitRow, _sealed(connection, visit))

    def _destroy(self, chosen: ColumnElement[bool]) -> int:
        """Some in each transaction: others need not wait for all of them."""
        count = 0
        while True:
            with writing(self._engine) as connection:
                take_turn(connection)
                ids = connection.scalars(select(_ROWS.c.id).where(chosen).limit(_AT_ONCE)).all()
                connection.execute(delete(_ROWS).where(_ROWS.c.id.in_(ids)))
            count += len(ids)
            if len(ids) < _AT_ONCE:
                return count


def visits_of(connection: Connection, worker_id: int) -> Iterator[Visit]:
    """All of a worker, oldest first, but those that somebody changed and whose keys were destroyed."""
    return _read(connection, _ROWS.c.worker_id == worker_id, 0)


def _agreeing(connection: Connection, sightings: Sequence[Sighting], now: datetime) -> dict[int, Row[Any]]:
    """Those workers whose consent covers visits, and is in force now and as facevec wrote it."""
    may = and_(recognizable(now, consent_required=True), WorkerRow.consent_visits)
    agreeing: dict[int, Row[Any]] = {}
    for some in portions(sorted({one.worker_id for one in sightings})):
        chosen = select(*marks.columns(WorkerRow, WorkerRow.created_at)).where(WorkerRow.id.in_(some), may)
        found_rows = connection.execute(chosen).all()
        agreeing |= {row.id: row for row in found_rows if marks.holds(connection, WorkerRow, row)}
    return agreeing


def _covers(worker: Row[Any] | None, sighting: Sighting) -> bool:
    """Whether it is they, and they had agreed by then."""
    return (
        worker is not None
        and worker.created_at == sighting.enrolled_at
        and worker.consent_given_at <= sighting.first_at
        and (worker.consent_expires_at is None or worker.consent_expires_at > sighting.last_at)
    )


def _within(worker_id: int | None, since: datetime | None, until: datetime | None) -> ColumnElement[bool]:
    own = _ROWS.c
    conditions = [true()]
    if worker_id is not None:
        conditions.append(own.worker_id == worker_id)
    if since is not None:
        conditions.append(own.day >= day_of(since))
    if until is not None:
        conditions.append(own.day <= day_of(until))
    return and_(*conditions)


def _newest(connection: Connection, sighting: Sighting) -> tuple[Visit, ...]:
    own = _ROWS.c
    same_day = select(_ROWS).where(own.worker_id == sighting.worker_id, own.day == day_of(sighting.first_at))
    return _visits(connection, connection.execute(same_day.order_by(own.id.desc()).limit(_RECENT)).all())


def _read(connection: Connection, chosen: ColumnElement[bool], after_id: int) -> Iterator[Visit]:
    after = max(after_id, 0)
    while True:
        some = select(_ROWS).where(chosen, _ROWS.c.id > after).order_by(_ROWS.c.id).limit(_AT_ONCE)
        found_rows = connection.execute(some).all()
        yield from _visits(connection, found_rows)
        if len(found_rows) < _AT_ONCE:
            return
        after = found_rows[-1].id


def _visits(connection: Connection, found_rows: Sequence[Row[Any]]) -> tuple[Visit, ...]:
    authentic = marks.authentic(connection, VisitRow, found_rows)
    details = vault.opened(connection, VisitRow, authentic)
    pairs = zip(authentic, details, strict=True)
    return tuple(_visit(row, opened) for row, opened in pairs if opened is not None)


def _visit(row: Row[Any], details: bytes) -> Visit:
    said = json.loads(details)
    return Visit(
        id=row.id,
        name=said["visit"],
        worker_id=row.worker_id,
        place=said["place"],
        first_at=datetime.fromisoformat(said["first_at"]),
        last_at=datetime.fromisoformat(said["last_at"]),
        sightings=said["sightings"],
        identification=Identification(**said["identification"]),
    )


def _sealed(connection: Connection, visit: Visit) -> dict[str, Any]:
    """The columns of a visit, without its id and its mark."""
    by = visit.identification
    details = {
        "visit": visit.name,
        "place": visit.place,
        "first_at": visit.first_at.isoformat(),
        "last_at": visit.last_at.isoformat(),
        "sightings": visit.sightings,
        "identification": {
            "by": by.by,
            "request_id": by.request_id,
            "distance": by.distance,
            "contract": by.contract,
            "point": dict(by.point),
        },
    }
    row = {
        "worker_id": visit.worker_id,
        "day": day_of(visit.first_at),
        "details": json.dumps(details, ensure_ascii=False).encode(),
    }
    return vault.sealed(connection, VisitRow, row)
