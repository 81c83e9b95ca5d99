"""How a decided face is worded and coloured on a picture."""

from __future__ import annotations

from collections.abc import Callable

from facevec.presentation.drawing import PALE, PAPER, Block, Colour, Line
from facevec.presentation.fonts import BOLD, REGULAR, font, font_for, wrap
from facevec.types import Status
from facevec.usecases.recognize import Recognition

# Okabe and Ito's palette (2008), told apart with every common colour vision.
COLOURS: dict[Status, Colour] = {
    Status.IDENTIFIED: (0, 158, 115),
    Status.UNKNOWN: (213, 94, 0),
    Status.AMBIGUOUS: (240, 228, 66),
    Status.LOW_QUALITY: (170, 170, 170),
    Status.UNCONFIRMED: (86, 180, 233),
}
WORDS = {
    Status.IDENTIFIED: "identified",
    Status.UNKNOWN: "unknown",
    Status.AMBIGUOUS: "ambiguous",
    Status.LOW_QUALITY: "low quality",
    Status.UNCONFIRMED: "to be confirmed",
}
DETAIL_EMS = 0.8
"""Size of the second line of a label, in ems of the first."""

Labeller = Callable[[Recognition], Block]


def labeller(em: float, *, width: float, name_lines: int) -> Labeller:
    """What makes labels: the name in bold in at most `name_lines` lines of `width` pixels, details below."""
    size = round(em)
    small = font(REGULAR, round(em * DETAIL_EMS))

    def label(face: Recognition) -> Block:
        heading = _heading(face)
        bold = font_for(heading, BOLD, size)
        if bold is None:
            heading, bold = _without_name(face), font(BOLD, size)
        details = (line for text in _details(face) for line in wrap(text, small, width, 2))
        return Block(
            lines=(
                *(Line(line, bold, PAPER) for line in wrap(heading, bold, width, name_lines)),
                *(Line(line, small, PALE) for line in details),
            ),
            stripe=COLOURS[face.status],
            em=em,
        )

    return label


def _heading(face: Recognition) -> str:
    if face.worker is None:
        return WORDS[face.status].capitalize()
    return "".join(c if c.isprintable() else " " for c in face.worker.name)


def _without_name(face: Recognition) -> str:
    """For a name in a script that no font here can write."""
    return f"Worker {face.worker.id}" if face.worker else WORDS[face.status].capitalize()


def _details(face: Recognition) -> tuple[str, ...]:
    parts = []
    if face.distance is not None:
        parts.append(f"distance {face.distance:.2f}")
    if face.emotion is not None and face.emotion.top is not None:
        parts.append(f"{face.emotion.top} {face.emotion.scores[face.emotion.top]:.0%}")
    return (" · ".join(parts),) if parts else ()
