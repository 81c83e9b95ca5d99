"""What became of an import, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.cli.common import STOPPED, end_early, exit_with, note, print_json, show
from facevec.errors import FacevecError

if TYPE_CHECKING:
    from facevec.presentation.answers.problems import ErrorFound
    from facevec.usecases.importing import Import


def report_import(report: Import, *, as_json: bool) -> None:
    """Show what became of everybody, and end the command with the exit code that says so."""
    if as_json:
        from facevec.presentation.answers.workers import ImportAnswer

        print_json(ImportAnswer.of_import(report, _error(report.stopped)))
    else:
        _show(report)
    if report.left:
        note(f"Folders not looked at yet: {report.left}; run the command again to go on.")
    if report.stopped is not None:
        end_early(report.stopped)
    exit_with([refusal.code for refusal in report.refused], done=report.enrolled + report.already)


def _error(stopped: FacevecError | KeyboardInterrupt | None) -> ErrorFound | None:
    from facevec.presentation.answers.problems import ErrorFound

    if stopped is None:
        return None
    if isinstance(stopped, FacevecError):
        return ErrorFound.of_error(stopped)
    return ErrorFound(code="interrupted", message=STOPPED)


def _show(report: Import) -> None:
    from facevec.presentation import tables

    show(tables.enrolments_table([(one.enrolment, len(one.already)) for one in report.admissions]))
    if report.refused:
        show(tables.refusals_table(report.refused))
    show(
        f"{report.enrolled} photos enrolled, {report.already} were enrolled already, "
        f"{len(report.refused)} refused."
    )
