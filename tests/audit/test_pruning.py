"""Old records go, and the trail says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from facevec.audit import segments
from facevec.audit.segments import heads
from facevec.errors import AuditUnavailable
from tests.audit.trails import MANNER, Keep, event, fails, faults, written
from tests.clock import Clock
from tests.integrity import KEY


def test_old_segments_go_and_the_trail_says_so(keep: Keep, kept: Path) -> None:
    clock = Clock()
    clock.ahead = timedelta(days=40)
    trail = keep(clock=clock)
    trail.record(event(99))
    ends = heads(kept, KEY)
    count = len(segments.ordinals(kept))
    assert trail.prune(60) == 0
    gone = trail.prune(30)
    assert 0 < gone < count
    trail.record(event(100))
    trail.close()
    assert faults(kept, anchors=ends) == []
    assert written(kept)[-2:] == [99, 100]


@pytest.mark.parametrize(
    "end",
    [
        lambda rows: rows[:-1],
        lambda rows: [*rows, b'{"n":'],
        lambda rows: [*rows, rows[-1]],
        lambda rows: [*rows[:-2], rows[-1]],
        lambda rows: [*rows[:-1], rows[-1].replace(b"closed", b"opened")],
        lambda _: [],
    ],
)
def test_a_segment_that_does_not_end_as_it_was_closed_stays_however_old(
    keep: Keep, kept: Path, end: Callable[[list[bytes]], list[bytes]]
) -> None:
    path = segments.path_of(kept, segments.ordinals(kept)[0])
    path.write_bytes(b"".join(end(path.read_bytes().splitlines(keepends=True))))
    clock = Clock()
    clock.ahead = timedelta(days=40)
    trail = keep(clock=clock)
    trail.record(event(99))
    trail.prune(30)
    trail.close()
    assert path.exists()


def test_what_was_pruned_stays_known_when_the_record_of_it_is_pruned(keep: Keep, kept: Path) -> None:
    clock = Clock()
    every = list(heads(kept, KEY))
    for days in (40, 80, 120):
        clock.ahead = timedelta(days=days)
        trail = keep(clock=clock)
        assert trail.prune(30) > 0
        for number in range(12):
            trail.record(event(number))
        every += heads(kept, KEY)
        trail.close()
    assert faults(kept, anchors=every) == []
    newest = max(segments.ordinals(kept))
    clock.ahead = timedelta(days=999)
    keep(clock=clock).prune(1)
    assert max(segments.ordinals(kept)) >= newest, "a number that was given is not given again"


def test_nothing_is_pruned_before_it_is_on_the_disk_that_it_was(
    keep: Keep, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    clock.ahead = timedelta(days=40)
    there = segments.ordinals(kept)
    for broken in ("append", "sync"):
        trail = keep(replace(MANNER, when_full="continue"), clock)
        trail.record(event(1))
        with monkeypatch.context() as patch:
            patch.setattr(segments.Segment, broken, fails)
            with pytest.raises(AuditUnavailable):
                trail.prune(30)
        trail.close()
        assert set(there) <= set(segments.ordinals(kept))


def test_where_old_records_go_a_segment_is_closed_in_time(keep: Keep, folder: Path) -> None:
    clock = Clock()
    manner = replace(MANNER, segment_bytes=10**9, segment_age=timedelta(days=1))
    idle, lost = keep(manner, clock), keep(manner, clock)
    for trail in (idle, lost):
        trail.record(event(1))
    lost.close()  # nobody goes on with it
    clock.ahead = timedelta(days=1, minutes=1)
    deadline = time.monotonic() + 10
    while idle._segment is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert idle._segment is None, "also where nothing more is recorded"
    clock.ahead = timedelta(days=9)
    night = keep(manner, clock)
    assert (night.prune(5), night.prune(5)) == (1, 0), "what nobody closed is closed now"
    clock.ahead = timedelta(days=16)
    assert night.prune(5) > 0
    assert written(folder) == faults(folder) == []
