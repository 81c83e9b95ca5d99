"""An emotion model's evaluation as one HTML page that needs nothing beside it, and its pictures."""

from __future__ import annotations

import base64
import importlib.util
import json
from collections.abc import Mapping
from html import escape

from facevec.errors import ExtraMissing
from facevec.presentation.answers.emotion import EmotionFigures
from facevec.presentation.emotion_figures import headlines
from facevec.usecases.evaluate_emotion import EmotionEvaluation

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .25rem 1.5rem .25rem 0; border-bottom: 1px solid #8884; }
td { font-variant-numeric: tabular-nums; }
figure { margin: 2rem 0; }
figcaption { max-width: 45rem; }
img { max-width: 100%; background: white; border-radius: .5rem; }
"""

CAPTIONS = {
    "confusion.png": "What was taken for what. A row is what people said of the faces, a column what the "
    "model answered; the diagonal is right.",
    "classes.png": "Precision: how many of the model's answers are right. Recall: how many of the faces "
    "that people called so it finds.",
    "reliability.png": "Where the line is on the diagonal, a probability of 0.7 comes true in seven of ten "
    "faces; below it the model is too sure of itself, above it not sure enough.",
    "floor.png": "Readings below the confidence floor are withheld: the higher it is, the fewer faces are "
    "answered and the more of the answers are right.",
}

CAUTION = (
    "These figures say how often the model calls an expression what people called it in these pictures. "
    "An expression is not a feeling, and other cameras, lights, ages and cultures give other figures."
)


def require_plots() -> None:
    """Raises ExtraMissing without matplotlib: better before the work than after it."""
    if importlib.util.find_spec("matplotlib") is None:
        raise ExtraMissing(
            "The plots need matplotlib, which is not installed; run: pip install 'facevec[report]'"
        )


def report_files(done: EmotionEvaluation, source: str) -> Mapping[str, bytes]:
    """File name to content: `report.html`, `figures.json` and the pictures.

    source: what the faces were read from, as the reader would recognise it.
    """
    from facevec.presentation import emotion_plots as plots

    pictures = {
        "confusion.png": plots.confusion_picture(done),
        "classes.png": plots.classes_picture(done),
        "reliability.png": plots.reliability_picture(done),
        "floor.png": plots.floor_picture(done),
    }
    figures = json.dumps(EmotionFigures.of_evaluation(done).document(), indent=1).encode()
    return {
        **pictures,
        "figures.json": figures,
        "report.html": _page(done, source, pictures).encode(),
    }


def _page(done: EmotionEvaluation, source: str, pictures: Mapping[str, bytes]) -> str:
    title = f"{escape(done.model)} on {escape(source)}"
    rows = "\n".join(
        f"<tr><th scope=row>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in headlines(done)
    )
    figures = "\n".join(_figure(name, data) for name, data in pictures.items())
    return f"""<!doctype html>
<html lang=en>
<meta charset=utf-8>
<meta name=viewport content="width=device-width">
<title>{title}</title>
<style>{STYLE}</style>
<h1>{title}</h1>
<p>{CAUTION}</p>
<table>
{rows}
</table>
{figures}
</html>
"""


def _figure(name: str, data: bytes) -> str:
    encoded = base64.b64encode(data).decode("ascii")
    caption = CAPTIONS[name]
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{encoded}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )
