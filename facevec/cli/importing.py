"""What became of an import, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.cli.clutter import passed_over
from facevec.cli.common import STOPPED, end_early, exit_with, note, print_json, show
from facevec.cli.files import named
from facevec.cli.people import Roster
from facevec.errors import FacevecError

if TYPE_CHECKING:
    from facevec.presentation.answers.problems import ErrorFound
    from facevec.usecases.importing import Import


def report_import(report: Import, roster: Roster, *, as_json: bool) -> None:
    """Show what became of everybody, and end the command with the exit code that says so."""
    if as_json:
        from facevec.presentation.answers.workers import ImportAnswer

        beside = {"passed_over": roster.passed_over, "merged": roster.merged}
        print_json(ImportAnswer.of_import(report, roster.loose, _error(report.stopped), **beside))
    else:
        _show(report, roster)
    if report.left:
        note(f"Folders not looked at yet: {report.left}; run the command again to go on.")
    if report.stopped is not None:
        end_early(report.stopped)
    refused = (*report.refused, *roster.loose)
    exit_with([refusal.code for refusal in refused], successes=report.enrolled + report.already)


def _error(stopped: FacevecError | KeyboardInterrupt | None) -> ErrorFound | None:
    from facevec.presentation.answers.problems import ErrorFound

    if stopped is None:
        return None
    if isinstance(stopped, FacevecError):
        return ErrorFound.of_error(stopped)
    return ErrorFound(code="interrupted", message=STOPPED)


def _show(report: Import, roster: Roster) -> None:
    from facevec.presentation import tables

    refused = (*report.refused, *roster.loose)
    show(tables.enrolments_table([(one.enrolment, len(one.already)) for one in report.admissions]))
    turned = [photo for one in report.admissions for photo in one.enrolment.turned]
    if turned:
        show(tables.turned_table(turned))
    if refused:
        show(tables.refusals_table(refused))
    for folders in roster.merged:
        show(f"{' and '.join(map(named, folders))} are one person's: it is the same name.")
    if roster.passed_over:
        show(passed_over(roster.passed_over))
    show(
        f"{report.enrolled} photos enrolled, {report.already} were enrolled already, {len(refused)} refused."
    )
