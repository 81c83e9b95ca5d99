"""Reading a night's report: whom it is about, as far as they are still enrolled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from facevec.ports import WorkerDirectory
from facevec.types import NightReport, Worker


def with_workers(report: NightReport, workers: WorkerDirectory) -> tuple[NightReport, Mapping[int, Worker]]:
    """The report without what it says of people who were removed since, and the others by id.

    Raises RegistryError.
    """
    meant = {each for step in report.steps for finding in step.findings for each in finding.worker_ids}
    known = workers.known(sorted(meant))
    steps = []
    for step in report.steps:
        kept = tuple(finding for finding in step.findings if known.keys() >= {*finding.worker_ids})
        gone = len(step.findings) - len(kept)
        steps.append(replace(step, findings=kept, count=step.count - gone))
    return replace(report, steps=tuple(steps)), known
