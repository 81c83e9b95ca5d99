"""A night's report as one HTML page that needs nothing beside it. It holds names, and shows no photo."""

from __future__ import annotations

from collections.abc import Mapping

from facevec.presentation import night_words
from facevec.presentation.report import page
from facevec.types import NightReport, Worker


def night_page(report: NightReport, workers: Mapping[int, Worker]) -> str:
    """The page. workers: everybody whom it is about."""
    return page("night.html", report=report, workers=workers, words=night_words)
