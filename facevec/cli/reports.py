"""Writing a report, after its figures were shown: a disk that is full costs nobody an hour's evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from facevec.cli.common import end_early, note
from facevec.cli.files import named, write_whole
from facevec.errors import OutputUnwritable


def write_report(files: Mapping[Path, bytes], page: Path) -> None:
    """Write `files` and say where the `page` to open is; where that fails, end the command with its code."""
    try:
        for path, content in files.items():
            write_whole(path, content)
    except OutputUnwritable as error:
        end_early(error)
    note(f"Report: {named(page)}")
