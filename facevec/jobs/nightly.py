"""The nightly job, `python -m facevec.jobs.nightly`: what is made anew, and what somebody should look at.

For cron, a systemd timer or the Windows task scheduler. It takes its settings as the
command line does, logs one event for each step and one for the whole, and exits with the
code of the first error (docs/exit-codes.md). Safe at any time: services go on answering, and
of two that start together, on whatever machines, one says who is at it and stops with the
code of `job_running`. `facevec index rebuild` is the same for people.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import replace

from facevec import config, logs
from facevec.bootstrap import App
from facevec.dumps import forbid_dumps
from facevec.errors import FacevecError
from facevec.events import Events
from facevec.jobs.lease import PATIENCE, holding, this_process
from facevec.jobs.parts import night_of
from facevec.memory import watched
from facevec.networks import NetworksOf, installed_networks
from facevec.outcomes import OUTCOMES, outcome
from facevec.registry.waiting import waited_for
from facevec.streams import steady_streams
from facevec.types import NightReport, StepReport
from facevec.usecases.night.night import Step
from facevec.usecases.night.run import OnStep, run
from facevec.usecases.night.steps import STEPS

LEASE = "night"

TOLD = 3
"""So many findings of a step are in the log; the report has the others."""

Steps = Sequence[tuple[str, Step]]


@steady_streams()
def main(networks: NetworksOf = installed_networks, *, own_process: bool = False) -> int:
    """Do all of it; returns the exit code."""
    logs.configure("info")
    try:
        loaded = config.load()
        if own_process and not loaded.settings.server.core_dumps:
            forbid_dumps()
        logs.configure(loaded.watch_level, loaded.settings.logging.format)
        with watched(), App(loaded, networks=networks) as app:
            report = work(app, on_step=_log)
    except FacevecError as error:
        Events().error("night_not_begun", code=error.code, reason=str(error))
        return outcome(error).exit_code
    findings = {step.name: step.count for step in report.steps if step.count}
    Events().info("night_ended", seconds=round(report.seconds, 1), findings=findings)
    return exit_code(report)


def work(app: App, *, only: Collection[str] = (), trust_clock: bool = False, on_step: OnStep) -> NightReport:
    """Take the steps, all of them or `only` some, under the lease; the report of all is kept.

    trust_clock: an operator says that it is as late as the clock shows.

    Raises JobRunning where it is done elsewhere, RegistryError.
    """
    holder = this_process()
    wanted = {*only, *(["clock"] if only and trust_clock else [])}
    chosen: Steps = [step for step in STEPS if not wanted or step[0] in wanted]
    with holding(app.leases, LEASE, holder) as require_lease:
        report = run(
            night_of(app, trust_clock=trust_clock),
            chosen,
            holder=holder,
            clock=app.clock,
            require_lease=require_lease,
            on_step=on_step,
        )
        return report if only else _kept(app, report)


def _kept(app: App, report: NightReport) -> NightReport:
    """The report, for every process to show; that it could not be kept is one step more of it."""
    try:
        waited_for(lambda: app.night_reports.keep(report), PATIENCE)
    except FacevecError as error:
        unkept = StepReport("report", 0.0, code=error.code, reason=str(error))
        return replace(report, steps=(*report.steps, unkept))
    return report


def exit_code(report: NightReport) -> int:
    """That of the first step that failed."""
    failure = report.failure
    return 0 if failure is None or failure.code is None else OUTCOMES[failure.code].exit_code


def _log(step: StepReport) -> None:
    """One event: what was done, and the first of what was seen."""
    logger = Events()
    seconds = round(step.seconds, 3)
    if step.code is not None:
        logger.error("step_failed", step=step.name, seconds=seconds, code=step.code, reason=step.reason)
        return
    event = {"step": step.name, "seconds": seconds, "findings": step.count, **step.figures}
    reasons = [finding.reason for finding in step.findings[:TOLD] if finding.reason is not None]
    tell = logger.warning if step.count else logger.info
    tell("step_taken", **event, **({"reasons": reasons} if reasons else {}))


if __name__ == "__main__":
    sys.exit(main(own_process=True))
