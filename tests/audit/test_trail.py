"""The audit trail: chained, written by several processes, and read as it was written."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from filelock import FileLock

from facevec.audit import segments
from facevec.audit.trail import FileTrail
from facevec.audit.verify import verify
from tests.audit.trails import MANNER, Keep, event, faults, records, written
from tests.clock import Clock
from tests.integrity import KEY


def test_records_are_read_as_they_were_written_over_several_segments(keep: Keep, folder: Path) -> None:
    trail = keep()
    detail = {"model": "m", "faces": [{"status": "identified", "worker": 7, "distance": 0.25}], "word": "é\n"}
    events = [event(number, source="10.0.0.7", request_id="r", detail=detail) for number in range(20)]
    for each in events:
        trail.record(each)
    trail.close()
    assert [one.event for one in records(folder) if one.event.what == "recognize"] == events
    assert len(segments.ordinals(folder)) > 1
    assert verify(folder, KEY)[1] == []
    assert not {path.stat().st_mode & 0o077 for path in folder.iterdir()} - {0}


def test_a_process_goes_on_where_another_stopped(keep: Keep, folder: Path) -> None:
    for number in range(3):
        trail = keep()
        trail.record(event(number))
        trail.close()
    assert segments.ordinals(folder) == [1]
    both = keep(), keep()
    for number in (3, 4):
        both[number % 2].record(event(number))
    assert segments.ordinals(folder) == [1, 2], "nobody waits for another"
    assert (written(folder), faults(folder)) == ([0, 1, 2, 3, 4], [])


def test_many_threads_lose_nothing(keep: Keep, folder: Path) -> None:
    trail = keep(replace(MANNER, flush="each"))
    threads = [
        threading.Thread(target=lambda first=first: [trail.record(event(first + n)) for n in range(20)])
        for first in range(0, 80, 20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trail.close()
    assert (written(folder), faults(folder)) == (list(range(80)), [])


def test_a_segment_whose_process_died_before_its_first_record_is_no_fault(keep: Keep, folder: Path) -> None:
    """Its end is noted before it holds anything, and the segments that follow tell of that."""
    folder.mkdir()
    empty = segments.Segment(folder, KEY, 1, FileLock(folder / "none.lock"))
    segments.path_of(folder, 1).touch()
    segments.path_of(folder, 1).with_suffix(".head").write_bytes(empty.end())
    trail = keep()
    for number in range(40):
        trail.record(event(number))
    trail.close()
    assert (written(folder), faults(folder)) == (list(range(40)), [])


def _write_for_ever(folder: Path, answered: Path) -> None:
    trail = FileTrail(folder, KEY, Clock(), replace(MANNER, segment_bytes=20_000))
    with answered.open("a", encoding="ascii", buffering=1) as out:
        for number in range(1_000_000):
            trail.record(event(number))
            out.write(f"{number}\n")


@pytest.mark.slow
def test_a_process_that_is_killed_loses_nothing_that_it_had_answered(folder: Path, tmp_path: Path) -> None:
    forking = multiprocessing.get_context("fork")
    for run in range(5):
        answered = tmp_path / f"answered-{run}"
        process = forking.Process(target=_write_for_ever, args=(folder, answered))
        process.start()
        while not (answered.exists() and answered.stat().st_size > 200):
            time.sleep(0.01)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    promised = sum(len((tmp_path / f"answered-{run}").read_text("ascii").splitlines()) for run in range(5))
    assert len(written(folder)) >= promised
    assert faults(folder) == []


def test_moments_are_those_of_the_clock(keep: Keep, folder: Path) -> None:
    clock = Clock()
    clock.ahead = timedelta(days=-900)
    keep(clock=clock).record(event(1))
    assert {one.at.year for one in records(folder)} == {
        (datetime.now(timezone.utc) - timedelta(days=900)).year
    }
