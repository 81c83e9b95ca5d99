"""Disks that are full or fail, anchors that are slow: what was recorded is, and what was not is told."""

from __future__ import annotations

import errno
import os
import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from facevec.audit import segments
from facevec.audit.trail import FileTrail
from facevec.errors import AuditUnavailable
from tests.audit.trails import MANNER, Keep, event, fails, faults, records, written
from tests.clock import Clock
from tests.integrity import KEY
from tests.waiting import wait_for


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
                wait_for(partial(is_refused, trail))
            with pytest.raises(AuditUnavailable, match="Input/output"):
                trail.require()
        assert logged == ["audit_not_on_disk"], "once"
        trail.require()
        trail.close()
        logged.clear()


def is_refused(trail: FileTrail) -> bool:
    try:
        trail.require()
    except AuditUnavailable:
        return True
    return False


def test_a_full_disk_gets_no_file_for_each_try(
    keep: Keep, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lenient = keep(replace(MANNER, when_full="continue"))
    monkeypatch.setattr(segments.Segment, "_write", fails)
    for number in range(9):
        lenient.record(event(number))
    assert segments.ordinals(folder) == []
    monkeypatch.undo()
    lenient.record(event(10))
    lenient.close()
    assert (written(folder), faults(folder), segments.ordinals(folder)) == ([10], [], [1])
    assert held(folder) == []


def held(folder: Path) -> list[str]:
    """Files below the folder that this process holds open; none where a system does not tell."""
    own, names = Path("/proc/self/fd"), []
    for link in own.iterdir() if own.is_dir() else ():
        with suppress(OSError):
            names.append(str(link.readlink()))
    return [name for name in names if name.startswith(str(folder))]


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
