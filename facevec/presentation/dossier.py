"""A document of sections and tables, as Markdown to go on writing in, or as a page of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facevec.presentation.plain import printable
from facevec.presentation.report import page

TO_FILL_IN = "TO BE FILLED IN:"
"""Begins what no program knows."""


@dataclass(frozen=True, slots=True)
class Section:
    """columns, rows: of its table; none where there are no rows. text: paragraphs before it."""

    title: str
    text: Sequence[str] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Dossier:
    """title: of the whole. text: what it is."""

    title: str
    text: Sequence[str]
    sections: Sequence[Section]


def markdown(dossier: Dossier) -> str:
    """The text of a .md file."""
    parts = [f"# {_line(dossier.title)}", *map(_line, dossier.text)]
    for section in dossier.sections:
        parts += [f"## {_line(section.title)}", *map(_line, section.text)]
        if section.rows:
            head = [_row(section.columns), _row(["---"] * len(section.columns))]
            parts.append("\n".join([*head, *map(_row, section.rows)]))
    return "\n\n".join(parts) + "\n"


def html(dossier: Dossier) -> str:
    """A page that needs nothing beside it."""
    return page("dossier.html", dossier=dossier)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_line(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def _line(text: str) -> str:
    """In one line, and no markup of whoever chose a name."""
    one_line = " ".join(printable(text).split())
    return one_line.replace("\\", "\\\\").replace("<", "&lt;").replace("[", "\\[").replace("*", "\\*")
