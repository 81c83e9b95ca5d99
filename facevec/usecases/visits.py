"""Recording when somebody was seen, behind the back of whoever is answered."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from facevec.decision.visits import are_one, day_of, together
from facevec.errors import FacevecError
from facevec.events import Events
from facevec.ports import ActiveWorkers, Visits
from facevec.types import Identification, Review, Sighting, Status, Worker
from facevec.usecases.accounts import DIGITS, of_point
from facevec.usecases.recognize import RecognizedImage

EACH = 3.0
"""Seconds from one writing to the next: so much a process that is killed loses."""

GOING_ON = 60.0
"""Seconds between two writings of a visit that goes on: each encrypts it anew, under another key."""

MOST = 2_000
"""So many sightings wait at most, where nothing can be written."""

AT_ONCE = 50
"""So many are written in one transaction, for which others wait."""

_Key = tuple[int, datetime, str, datetime]

logger = Events()


def sightings_of(
    image: RecognizedImage, *, at: datetime, place: str, by: str, request_id: str, contract: str
) -> tuple[Sighting, ...]:
    """Of the workers who were identified and agreed to a record of it; of nobody else anything."""
    point = of_point(image.point)

    def identification(distance: float | None) -> Identification:
        return Identification(by, request_id, round(distance or 0.0, DIGITS), contract, point)

    return tuple(
        _sighting(face.worker, at, place, identification(face.distance))
        for face in image.faces
        if face.status is Status.IDENTIFIED and face.worker is not None and agreed_to_visits(face.worker)
    )


def sightings_confirmed(review: Review, workers: ActiveWorkers) -> tuple[Sighting, ...]:
    """Of whom people confirmed that it was they, as `sightings_of`, at the moment that they were seen."""
    said = review.identification
    worker = workers.workers([said.worker_id]).get(said.worker_id)
    if said.place is None or worker is None or not agreed_to_visits(worker):
        return ()
    first = Identification(said.asked_by, said.request_id or "", said.distance, said.contract, said.point)
    return (_sighting(worker, review.asked_at, said.place, first),)


def agreed_to_visits(worker: Worker) -> bool:
    """Whether it may be recorded when they are seen."""
    return worker.consent is not None and worker.consent.visits


def _sighting(worker: Worker, at: datetime, place: str, identification: Identification) -> Sighting:
    """The one place where an identification becomes a visit."""
    return Sighting(worker.id, worker.created_at, place, at, at, identification)


class VisitQueue:
    """Sightings that wait to be written, by a thread that is started with the first.

    pause: as of the visits. Safe to share between threads, never across a fork.
    """

    def __init__(self, visits: Visits, pause: timedelta, each: float = EACH) -> None:
        self._visits, self._pause, self._each = visits, pause, each
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._waiting: dict[_Key, list[Sighting]] = {}
        self._written: dict[_Key, float] = {}
        self._count = 0
        self._left_out = 0
        self._fails = False
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def note(self, sightings: Sequence[Sighting]) -> None:
        """Have them written before long; never raises, and waits for nothing."""
        if not sightings:
            return
        with self._lock:
            for sighting in sightings:
                self._take(sighting)
            if self._thread is None:
                self._stop = threading.Event()
                self._thread = threading.Thread(
                    target=self._run, args=(self._stop,), name="facevec-visits", daemon=True
                )
                self._thread.start()

    def flush(self) -> None:
        """Write what waits; what cannot be written goes on waiting, which is logged once."""
        with self._writing:  # whoever comes meanwhile finds all of it written
            self._flush(before=math.inf)

    def _flush(self, before: float) -> None:
        """before: of visits that were written before that moment, and of new ones."""
        with self._lock:
            self._written = {key: at for key, at in self._written.items() if at >= before}
            due = [key for key in self._waiting if key not in self._written]
            self._written |= dict.fromkeys(due, time.monotonic())
            waiting = [one for key in due for one in self._waiting.pop(key)]
            self._count -= len(waiting)
            left_out, self._left_out = self._left_out, 0
        if left_out:
            logger.error("visits_left_out", count=left_out, reason="too many wait to be written")
        while waiting:
            try:
                self._visits.add(waiting[:AT_ONCE])
            except FacevecError as error:
                self._keep(waiting, error)
                return
            self._fails = False
            del waiting[:AT_ONCE]

    def close(self) -> None:
        """Write what waits, and begin again with the next."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stop.set()
        if thread is not None:
            thread.join()
            self.flush()

    def _keep(self, waiting: Sequence[Sighting], error: FacevecError) -> None:
        if not self._fails:
            logger.error("visits_not_written", code=error.code, reason=str(error))
        self._fails = True
        with self._lock:
            self._written = {}  # tried again with the next
            for sighting in waiting:
                self._take(sighting)

    def _take(self, sighting: Sighting) -> None:
        day = day_of(sighting.first_at)
        key = (sighting.worker_id, sighting.enrolled_at, sighting.place, day)
        those = self._waiting.setdefault(key, [])
        if those and are_one(those[-1], sighting, self._pause):
            those[-1] = together(those[-1], sighting)
        elif self._count < MOST:
            those.append(sighting)
            self._count += 1
        else:
            self._left_out += 1

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(self._each):
            try:
                with self._writing:
                    self._flush(before=time.monotonic() - GOING_ON)
            except Exception as error:  # noqa: BLE001  # the thread must live to try again
                logger.error("visits_broken", error=type(error).__name__)  # noqa: TRY400  # no values, which are personal
