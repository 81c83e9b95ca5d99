"""What is done to the trail without the key shows."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from facevec.audit import segments
from facevec.errors import AuditUnavailable
from facevec.integrity import IntegrityKey
from tests.audit.trails import MANNER, Keep, event, faults, records

MANIPULATIONS = 60
"""In a run; a thousand were tried by hand."""


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


def test_a_line_that_facevec_did_not_write_is_read_as_such(kept: Path) -> None:
    path = segments.path_of(kept, 1)
    rows = path.read_bytes().splitlines(keepends=True)
    _forge(rows, 1, random.Random(0))
    rows[2:2] = [b"[" * 100_000 + b"\n", b'{"n":1,"at":"2026-01-01","what":5,"by":6,"mark":7}\n']
    path.write_bytes(b"".join(rows))
    read = [(one.number, one.is_authentic) for one in records(kept) if one.segment == 1]
    assert read[:2] == [(0, True), (1, False)]
    assert all(is_authentic for number, is_authentic in read[3:]), "what follows it is facevec's"
