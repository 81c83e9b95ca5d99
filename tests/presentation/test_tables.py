"""Tables for terminals."""

from __future__ import annotations

import io

from rich.console import Console

from facevec.presentation.tables import printable, recognition_table
from facevec.types import Box, Status
from tests.presentation.faces import image, recognition


def test_a_name_is_shown_and_never_obeyed() -> None:
    assert printable("a\x1b[31mb\nc\u202e") == "a\\x1b[31mb\\nc\\u202e"
    assert printable("José 张伟") == "José 张伟"


def test_markup_in_a_name_is_text() -> None:
    out = io.StringIO()
    faces = (
        recognition(Box(0, 0, 9, 9), name="[red]Ada[/red]"),
        recognition(Box(0, 0, 5, 5), Status.AMBIGUOUS),
    )
    Console(file=out, width=200, markup=False).print(recognition_table("a.jpg", image(10, 10, *faces)))
    assert "[red]Ada[/red]" in out.getvalue()
    assert "ambiguous" in out.getvalue()
    assert "a.jpg  10 x 10  2 faces" in out.getvalue()
