"""Tables for terminals."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from facevec.presentation.answers.recognition import FileRecognized
from facevec.presentation.tables import consent_words, printable, recognition_table, workers_table
from facevec.types import Box, Consent, Status
from facevec.usecases.recognize import RecognizedImage
from tests.presentation.faces import WHEN, image, recognition, worker


def answered(image: RecognizedImage) -> FileRecognized:
    return FileRecognized.of_image("a.jpg", image)


def test_a_name_is_shown_and_never_obeyed() -> None:
    assert printable("a\x1b[31mb\nc\u202e") == "a\\x1b[31mb\\nc\\u202e"
    assert printable("José 张伟") == "José 张伟"


def test_markup_in_a_name_is_text() -> None:
    out = io.StringIO()
    faces = (
        recognition(Box(0, 0, 9, 9), name="[red]Ada[/red]"),
        recognition(Box(0, 0, 5, 5), Status.AMBIGUOUS),
    )
    Console(file=out, width=200, markup=False).print(
        recognition_table("a.jpg", answered(image(10, 10, *faces)))
    )
    assert "[red]Ada[/red]" in out.getvalue()
    assert "ambiguous" in out.getvalue()
    assert "a.jpg  10 x 10  2 faces" in out.getvalue()


def printed(table: RenderableType) -> str:
    out = io.StringIO()
    Console(file=out, width=200, markup=False).print(table)
    return out.getvalue()


def test_the_column_of_emotions_is_gone_where_they_are_switched_off() -> None:
    on = image(10, 10, recognition(Box(0, 0, 9, 9)))
    assert "emotion" in printed(recognition_table("a.jpg", answered(on)))
    off = printed(recognition_table("a.jpg", answered(replace(on, emotions=False))))
    assert "emotion" not in off
    assert "happiness" not in off


def test_a_consent_says_what_it_covers_and_until_when() -> None:
    assert consent_words(None) == "-"
    assert consent_words(Consent("v1", WHEN)) == "v1"
    both = Consent("v1", WHEN, WHEN + timedelta(days=30), emotion=True)
    assert consent_words(both) == "v1, emotion too, until 2026-02-01 03:04 UTC"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
def test_columns_stand_straight_whatever_letters_the_terminal_lacks(encoding: str) -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace")
    people = [replace(worker(), name=name) for name in ("Ada", "Łukasz Żółw", "José", "a\x1b[31mb", "李")]
    Console(file=file, width=200, markup=False).print(workers_table(people))
    file.seek(0)
    lines = file.read().rstrip("\n").split("\n")
    assert len({cell_len(line) for line in lines}) == 1, lines
    assert len({cell_len(line.partition("2026-01-02")[0]) for line in lines[2:]}) == 1, lines


def test_a_small_year_is_written_with_four_digits() -> None:
    early = Consent("v1", datetime(1, 1, 1, tzinfo=timezone.utc), datetime(1, 1, 2, tzinfo=timezone.utc))
    assert consent_words(early) == "v1, until 0001-01-02 00:00 UTC"
    assert "0001-01-01" in printed(workers_table([replace(worker(), created_at=early.given_at)]))
