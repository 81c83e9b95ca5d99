"""The audit trail: chained, written by several processes; what is done to it without the key shows."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from filelock import FileLock

from facevec.audit import segments
from facevec.audit.segments import heads
from facevec.audit.trail import FileTrail, Manner
from facevec.audit.verify import Walk, verify
from facevec.errors import AuditUnavailable
from facevec.integrity import IntegrityKey
from facevec.types import AuditEvent, AuditRecord
from tests.clock import Clock
from tests.integrity import KEY

MANNER = Manner(segment_bytes=2_000, flush="second", when_full="refuse")
MANIPULATIONS = 60
"""In a run; a thousand were tried by hand."""

Keep = Callable[..., FileTrail]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "audit"


@pytest.fixture
def keep(folder: Path) -> Keep:
    def trail(manner: Manner = MANNER, clock: Clock | None = None) -> FileTrail:
        return FileTrail(folder, KEY, clock or Clock(), manner)

    return trail


def event(number: int, **more: object) -> AuditEvent:
    return AuditEvent("recognize", f"key:{number % 3}", worker_ids=(number,), **more)


def faults(folder: Path, key: IntegrityKey = KEY, **more: object) -> list[str]:
    return [one.sentence for one in verify(folder, key, **more)[1] if one.is_fault]


def records(folder: Path) -> Iterator[AuditRecord]:
    return iter(Walk(folder, KEY))


def written(folder: Path) -> list[int]:
    return sorted(one.event.worker_ids[0] for one in records(folder) if one.event.what == "recognize")


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


Rows = list[bytes]


def _flip(rows: Rows, place: int, draw: random.Random) -> None:
    row = bytearray(rows[place])
    row[draw.randrange(len(row) - 1)] ^= 1
    rows[place] = bytes(row)


def _swap(rows: Rows, place: int, draw: random.Random) -> None:
    other = draw.randrange(len(rows))
    rows[place], rows[other] = rows[other], rows[place]
    if place == other:
        rows.append(rows[place])


def _forge(rows: Rows, place: int, _draw: random.Random) -> None:
    fields = json.loads(rows[place]) | {"by": "user:eve"}
    rows[place] = json.dumps(fields, separators=(",", ":")).encode() + b"\n"


DEEDS: dict[str, Callable[[Rows, int, random.Random], object]] = {
    "flip": _flip,
    "drop": lambda rows, place, _: rows.pop(place),
    "cut": lambda rows, place, _: rows.__delitem__(slice(place, None)),
    "tear": lambda rows, place, _: rows.__setitem__(slice(place, None), [rows[place][:-1]]),
    "swap": _swap,
    "repeat": lambda rows, place, draw: rows.insert(place, draw.choice(rows)),
    "forge": _forge,
}


def manipulate(folder: Path, draw: random.Random) -> str:
    """Something that somebody without the key does to the folder."""
    paths = sorted(folder.glob("*.jsonl"))
    path = draw.choice(paths)
    rows = path.read_bytes().splitlines(keepends=True)
    place, kind = draw.randrange(len(rows)), draw.choice([*DEEDS, "head", "gone"])
    if kind == "gone":
        for suffix in (".jsonl", ".head"):
            paths[0].with_suffix(suffix).unlink()
    elif kind == "head":
        path.with_suffix(".head").write_text(f"{place:012d} {'0' * 64} {'0' * 64}\n", "ascii")
    else:
        DEEDS[kind](rows, place, draw)
        path.write_bytes(b"".join(rows))
    return f"{kind} {path.name} {place}"


@pytest.fixture
def kept(keep: Keep, folder: Path) -> Path:
    """A trail of three segments, whole."""
    trail = keep()
    for number in range(12):
        trail.record(event(number))
    trail.close()
    assert len(segments.ordinals(folder)) >= 2
    assert faults(folder) == []
    return folder


def test_every_manipulation_is_noticed(kept: Path, tmp_path: Path) -> None:
    draw = random.Random(15)
    for turn in range(MANIPULATIONS):
        copy = tmp_path / str(turn)
        shutil.copytree(kept, copy)
        deed = manipulate(copy, draw)
        assert faults(copy), deed
        shutil.rmtree(copy)


def test_another_key_vouches_for_nothing(kept: Path) -> None:
    assert faults(kept, IntegrityKey.passing())


def test_what_is_put_back_as_a_whole_shows_in_an_anchor_alone(keep: Keep, kept: Path, tmp_path: Path) -> None:
    before = tmp_path / "before"
    shutil.copytree(kept, before)
    anchor, command = tmp_path / "anchor", tmp_path / "command"
    manner = replace(MANNER, anchor_file=anchor, anchor_command=f"cat >> {command}")
    trail = keep(manner)
    trail.record(event(99))
    ends = trail.anchor()
    trail.close()
    assert anchor.read_text("ascii") == command.read_text("ascii")
    assert anchor.read_text("ascii").count("\n") == len(ends)
    assert faults(kept, anchors=ends) == []
    assert faults(before) == [], "as it once was, it holds in itself"
    assert faults(before, anchors=ends)


def test_an_anchor_that_cannot_be_told_is_an_error(keep: Keep, kept: Path) -> None:
    with pytest.raises(AuditUnavailable, match="anchor"):
        keep(replace(MANNER, anchor_command="exit 3")).anchor()


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


def fails(*_: object) -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_nobody_waits_for_the_anchor(keep: Keep, folder: Path, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    command = f"while ! test -e {go_on}; do sleep 0.05; done; cat >> {tmp_path / 'anchor'}"
    trail = keep(replace(MANNER, anchor_command=command, segment_bytes=600))
    began = time.monotonic()
    for number in range(6):
        trail.record(event(number))
    assert time.monotonic() - began < 5
    assert len(segments.ordinals(folder)) > 2
    go_on.touch()
    trail.close()
    assert len((tmp_path / "anchor").read_text("ascii").splitlines()) >= 2, "it is told all the same"


def test_a_flush_is_not_of_a_segment_that_was_let_go(
    keep: Keep, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its number may be that of another file by then."""
    trail = keep(replace(MANNER, flush="each"))
    let_go: list[int] = []

    def slowly(self: segments.Segment) -> None:
        if threading.current_thread() is writer:
            time.sleep(0.2)
        if self._file < 0:
            let_go.append(self.ordinal)

    writer = threading.Thread(target=trail.record, args=(event(1),))
    monkeypatch.setattr(segments.Segment, "sync", slowly)
    writer.start()
    while not written(folder):
        time.sleep(0.01)
    trail.close()
    writer.join()
    assert (let_go, written(folder)) == ([], [1])


def test_a_segment_that_cannot_be_opened_stops_nobody(keep: Keep, kept: Path) -> None:
    newest = segments.path_of(kept, max(segments.ordinals(kept)))
    newest.unlink()
    newest.mkdir()
    trail = keep()
    trail.require()
    trail.record(event(99))
    trail.close()
    assert written(kept)[-1] == 99
    assert [one for one in faults(kept) if "cannot be read" in one]


def test_what_fails_after_a_record_was_written_is_not_that_it_was_not(
    keep: Keep, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lenient = keep(replace(MANNER, when_full="continue", flush="each"))
    lenient.record(event(1))
    monkeypatch.setattr(segments.Segment, "_note_head", fails)
    monkeypatch.setattr(segments.Segment, "sync", fails)
    for number in range(2, 20):
        lenient.record(event(number))
    monkeypatch.undo()
    lenient.record(event(20))
    lenient.close()
    assert (written(folder), faults(folder)) == (list(range(1, 21)), [])
    assert not any("missed_before" in one.event.detail for one in records(folder))


def test_a_disk_that_takes_no_flush_is_told_and_stops_who_wants_all_recorded(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr("facevec.audit.trail.logger.error", lambda name, **_: logged.append(name))
    monkeypatch.setattr("facevec.audit.trail.FLUSH_SECONDS", 0.01)
    for manner in (MANNER, replace(MANNER, flush="each")):
        trail = keep(manner)
        trail.require()
        with monkeypatch.context() as patch:
            patch.setattr(segments.Segment, "sync", fails)
            if manner.flush == "each":
                with pytest.raises(AuditUnavailable):
                    trail.record(event(1))
            else:
                trail.record(event(1))
                time.sleep(0.2)
            with pytest.raises(AuditUnavailable, match="Input/output"):
                trail.require()
        assert logged == ["audit_not_on_disk"], "once"
        trail.require()
        trail.close()
        logged.clear()


def test_a_full_disk_gets_no_file_for_each_try(
    keep: Keep, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path("/proc/self/fd")
    opened = len([*own.iterdir()]) if own.is_dir() else 0
    lenient = keep(replace(MANNER, when_full="continue"))
    monkeypatch.setattr(segments.Segment, "_write", fails)
    for number in range(9):
        lenient.record(event(number))
    assert segments.ordinals(folder) == []
    monkeypatch.undo()
    lenient.record(event(10))
    lenient.close()
    assert (written(folder), faults(folder), segments.ordinals(folder)) == ([10], [], [1])
    assert not opened or len([*own.iterdir()]) <= opened


def test_a_line_that_facevec_did_not_write_is_read_as_such(kept: Path) -> None:
    path = segments.path_of(kept, 1)
    rows = path.read_bytes().splitlines(keepends=True)
    _forge(rows, 1, random.Random(0))
    rows[2:2] = [b"[" * 100_000 + b"\n", b'{"n":1,"at":"2026-01-01","what":5,"by":6,"mark":7}\n']
    path.write_bytes(b"".join(rows))
    read = [(one.number, one.is_authentic) for one in records(kept) if one.segment == 1]
    assert read[:2] == [(0, True), (1, False)]
    assert all(is_authentic for number, is_authentic in read[3:]), "what follows it is facevec's"


class FullDisk:
    """A disk on which nothing more can be written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        write = os.write

        def writing(descriptor: int, data: bytes) -> int:
            if self.is_full and len(data) > 150:
                write(descriptor, data[:20])
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(descriptor, data)

        monkeypatch.setattr(os, "write", writing)


def test_on_a_full_disk_the_setting_says_which_wins(
    keep: Keep, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(monkeypatch)
    strict, lenient = keep(), keep(replace(MANNER, when_full="continue"))
    for trail in (strict, lenient):
        trail.require()
        trail.record(event(1))
    disk.is_full = True
    strict._reserve.path.unlink()
    with pytest.raises(AuditUnavailable, match="make room"):
        strict.require()
    with pytest.raises(AuditUnavailable):
        strict.record(event(2))
    lenient.require()
    for number in (3, 4):
        lenient.record(event(number))
    disk.is_full = False
    for trail in (strict, lenient):
        trail.record(event(5))
    assert (written(folder), faults(folder)) == ([1, 1, 5, 5], [])
    missed = [
        one.event.detail["missed_before"] for one in records(folder) if "missed_before" in one.event.detail
    ]
    assert sorted(missed) == [1, 2]


def test_a_record_of_what_was_allowed_finds_room(
    keep: Keep, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = keep()
    trail.require()
    reserve, append = folder / "reserve", segments.Segment._write
    assert reserve.stat().st_size > 100_000

    def full_while_reserved(self: segments.Segment, line: bytes) -> None:
        if reserve.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        append(self, line)

    monkeypatch.setattr(segments.Segment, "_write", full_while_reserved)
    trail.record(event(7))
    assert written(folder) == [7]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("a file", "ascii")
    trail = FileTrail(tmp_path / "audit", KEY, Clock(), MANNER)
    with pytest.raises(AuditUnavailable, match="audit"):
        trail.require()
    FileTrail(tmp_path / "audit", KEY, Clock(), replace(MANNER, when_full="continue")).record(event(1))


def test_moments_are_those_of_the_clock(keep: Keep, folder: Path) -> None:
    clock = Clock()
    clock.ahead = timedelta(days=-900)
    keep(clock=clock).record(event(1))
    assert {one.at.year for one in records(folder)} == {
        (datetime.now(timezone.utc) - timedelta(days=900)).year
    }
