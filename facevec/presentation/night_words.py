"""The nightly report in words: what each step looks for, and what to do about what it saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from facevec.dates import in_words
from facevec.presentation.plain import printable
from facevec.types import Finding, NightReport, StepReport, Worker

TITLES: Mapping[str, str] = {
    "removals": "Removals that were finished",
    "clock": "The clock may be ahead",
    "retention": "What was kept too long",
    "reviews": "Identifications that nobody waits for any more",
    "visits": "Visits that were kept too long",
    "index": "The index",
    "change_log": "The change log, cut",
    "own_distances": "Distances from your own workers",
    "calibration": "The calibration is outdated",
    "database": "The database is damaged",
    "consents_ended": "Consents that ended",
    "consents_ending": "Consents that end within 30 days",
    "consents_missing": "Workers without a consent",
    "consent_ledger": "The consent ledger was changed",
    "audit": "The record of who did what was changed",
    "other_contracts": "Templates of another model",
    "set_aside": "Templates that are not as facevec wrote them",
    "same_face": "The same face under two workers",
    "look_alikes": "Workers who may be taken for each other",
    "misfits": "Photos that do not fit their worker",
}

ADVICE: Mapping[str, str] = {
    "removals": "An older copy of the database was put here, or a removal was interrupted.",
    "clock": "Look at the clock, and at `consents_ended`, before you say that it is right.",
    "calibration": "Run `facevec calibrate` again.",
    "database": "Run `facevec db check`, and restore a backup.",
    "consents_ended": "They are recognised by nobody; renew with `facevec worker consent`, or remove them.",
    "consents_ending": "Ask them, and renew with `facevec worker consent`.",
    "consents_missing": "Record to what they agreed with `facevec worker consent`; see consent.required.",
    "consent_ledger": "Look at `facevec consent verify`, and at who writes the database.",
    "visits": "`facevec visits purge WORKER` destroys theirs, with `--ahead` those of days to come.",
    "retention": "It is gone for good; who shall be recognised again has to be enrolled anew.",
    "audit": "Look at `facevec audit verify`, and at who writes its folder.",
    "other_contracts": "Nothing compares with them; `facevec worker add-photos` gives a worker new ones.",
    "set_aside": "Remove the photo and enrol it again.",
    "same_face": "Remove one of the two, or decide that they are two people with `--distinct-from`.",
    "look_alikes": "Photos like those of a camera in use tell them apart better; a face may be ambiguous.",
    "misfits": "Look at the photo; `facevec worker remove-photo` takes it away.",
}

COLUMNS = ("who", "photo", "distance", "when", "why")


def title(name: str) -> str:
    """What a step looks for."""
    return TITLES.get(name, name.replace("_", " ").capitalize())


def advice(name: str) -> str:
    """What to do about what it saw; empty where there is nothing."""
    return ADVICE.get(name, "")


def rows(step: StepReport, workers: Mapping[int, Worker]) -> list[tuple[str, ...]]:
    """One for each finding, under `COLUMNS`."""
    return [_row(finding, workers) for finding in step.findings]


def headline(report: NightReport) -> str:
    """When it was, how long it took and how it went."""
    failure = report.failure
    went = "all steps went well" if failure is None else f"{title(failure.name)}: {failure.reason}"
    return f"Night of {in_words(report.began_at)}, {report.seconds:.1f} s, by {report.holder}: {went}"


def with_findings(report: NightReport) -> Sequence[StepReport]:
    """The steps of which something is to be told."""
    return [step for step in report.steps if step.count or step.code is not None]


def left_out(step: StepReport) -> int:
    """How many findings are counted and not listed."""
    return step.count - len(step.findings)


def _row(finding: Finding, workers: Mapping[int, Worker]) -> tuple[str, ...]:
    people = (f"{printable(workers[each].name)} (id:{each})" for each in finding.worker_ids)
    return (
        " and ".join(people),
        "" if finding.photo_id is None else str(finding.photo_id),
        "" if finding.distance is None else f"{finding.distance:.3f}",
        "" if finding.at is None else in_words(finding.at),
        finding.reason or "",
    )
