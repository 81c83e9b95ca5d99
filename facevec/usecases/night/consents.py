"""Consents that ended, or are about to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from facevec.types import NEVER, Finding, microseconds, moment
from facevec.usecases.night.night import Night, StepResult

NOTICE = timedelta(days=30)
"""So long before its end a consent is told of."""


def ended(night: Night) -> StepResult:
    """Those whom nobody recognises any more, and of whom there still is a face."""
    return _between(night, NEVER, microseconds(night.now), night.after_consent(night.now))


def about_to_end(night: Night) -> StepResult:
    """Those who will not be recognised any more before long."""
    now = microseconds(night.now)
    return _between(night, now, now + NOTICE // timedelta(microseconds=1))


def _between(night: Night, after: int, until: int, only: Sequence[int] | None = None) -> StepResult:
    """Consents whose end is later than one moment and no later than another, the earliest first.

    only: of these workers.
    """
    terms = night.registry.terms()
    chosen = (terms.ends > after) & (terms.ends <= until)
    if only is not None:
        chosen &= np.isin(terms.worker_ids, only)
    order = np.argsort(terms.ends[chosen], kind="stable")
    pairs = zip(terms.worker_ids[chosen][order].tolist(), terms.ends[chosen][order].tolist(), strict=True)
    return StepResult(findings=[Finding((worker_id,), at=moment(end)) for worker_id, end in pairs])
