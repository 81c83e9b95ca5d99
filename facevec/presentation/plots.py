"""What the plots of all reports share: colours, paper and formats."""

from __future__ import annotations

import importlib.util
import io
from typing import TYPE_CHECKING

from facevec.errors import ExtraMissing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette (2008), told apart with every common colour vision.
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#e69f00", "#009e73", "#8a8f98"
DOTS_AN_INCH = 130


def require_plots() -> None:
    """Raises ExtraMissing without matplotlib: better before the work than after it."""
    if importlib.util.find_spec("matplotlib") is None:
        raise ExtraMissing(
            "The plots need matplotlib, which is not installed; run: pip install 'facevec[report]'"
        )


def sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty plot. width, height: inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def png(figure: Figure) -> bytes:
    """The figure as a PNG file."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DOTS_AN_INCH)
    return file.getvalue()


def svg(figure: Figure) -> str:
    """The figure as an SVG element; text stays text."""
    import matplotlib

    file = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "facevec"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    return text[text.index("<svg") :]
