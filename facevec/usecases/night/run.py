"""Taking the steps of a night, one after the other: a step that fails keeps no other from being taken."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence

from facevec.errors import FacevecError
from facevec.events import Events
from facevec.ports import Clock
from facevec.types import NightReport, StepReport
from facevec.usecases.night.night import Night, Step

LISTED = 1000
"""So many findings of a step are kept; of the others there is the number."""

logger = Events()

OnStep = Callable[[StepReport], None]


def run(
    night: Night,
    steps: Sequence[tuple[str, Step]],
    *,
    holder: str,
    clock: Clock,
    require_lease: Callable[[], None],
    on_step: OnStep,
) -> NightReport:
    """Take `steps`. require_lease: raises JobRunning where somebody else began it anew; then nothing is kept.

    on_step: is handed what each came to.
    """
    reports = []
    for name, step in steps:
        require_lease()
        reports.append(_taken(night, name, step))
        on_step(reports[-1])
    require_lease()
    return NightReport(holder, night.now, clock(), tuple(reports))


def _taken(night: Night, name: str, step: Step) -> StepReport:
    began = time.monotonic()
    try:
        result = step(night)
    except FacevecError as error:
        return StepReport(name, time.monotonic() - began, code=error.code, reason=str(error))
    except Exception as error:  # noqa: BLE001  # whatever is wrong with one step, the others are taken
        kind, last = type(error).__name__, traceback.extract_tb(error.__traceback__)[-1]
        at = f"{last.filename}:{last.lineno}"
        logger.error("step_broken", step=name, error=kind, at=at)  # noqa: TRY400  # its values may be personal
        reason = f"It ended with an error of facevec's own ({kind}), which is in the log."
        return StepReport(name, time.monotonic() - began, code=FacevecError.code, reason=reason)
    return StepReport(
        name,
        time.monotonic() - began,
        result.figures,
        tuple(result.findings[:LISTED]),
        len(result.findings),
    )
