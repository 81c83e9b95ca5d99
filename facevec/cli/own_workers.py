"""Measuring the distances of a model on those who are enrolled, once an import is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.cli.common import note
from facevec.errors import FacevecError

if TYPE_CHECKING:
    from facevec.bootstrap import App


def measure_own_workers(facevec: App) -> None:
    """Where nobody measured the model and workers are enough; a failure does not end the import."""
    try:
        measured = facevec.measure_own_workers()
    except FacevecError as error:
        note(f"The distances of the model were not measured on the workers: {error}")
        return
    if measured is not None:
        note(
            f"Nobody had measured the distances of {measured.model}, so they were measured on your "
            f"{measured.people} workers; they count from now on (`facevec calibrate show`)."
        )
