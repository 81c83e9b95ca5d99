"""What must not be kept any more, and what the consents leave open."""

from __future__ import annotations

from facevec.types import Finding
from facevec.usecases.night.clock import DOUBTED
from facevec.usecases.night.night import Night, StepResult

CHANGED = (
    "What is kept of them too long could not be destroyed: somebody without the integrity key changed their "
    "row; `facevec integrity check` says more."
)


def destroy_what_is_kept_too_long(night: Night) -> StepResult:
    """Before the index is written, so that its files hold nothing of it."""
    if night.leap is not None:
        return DOUBTED
    report = night.retention(night.now)
    figures = {"expired": len(report.expired), "photos": report.photos, "emptied": len(report.emptied)}
    why = dict.fromkeys(report.changed, CHANGED)
    why |= dict.fromkeys(report.expired, "Their consent ended; their faces were destroyed.")
    why |= dict.fromkeys(report.emptied, "Their photos were too old; none is left.")
    return StepResult(figures, [Finding((worker,), reason=reason) for worker, reason in why.items()])


def without_consent(night: Night) -> StepResult:
    """How many are enrolled who agreed to nothing, or to less than what is kept of them.

    Who agreed to nothing is to be looked at where nobody recognises them for it.
    """
    counts = night.consent_counts()
    findings = []
    if counts.without and night.consent_required:
        reason = f"{counts.without} workers have no consent, and nobody recognises them."
        findings.append(Finding(reason=reason))
    if counts.photos_unagreed:
        findings.append(Finding(reason=f"{counts.photos_unagreed} photos are kept that no consent covers."))
    return StepResult({"workers": counts.without, "photos": counts.photos_unagreed}, findings)


def ledger_faults(night: Night) -> StepResult:
    """As `facevec consent verify` tells them."""
    return StepResult(findings=[Finding(reason=fault) for fault in night.ledger_faults()])
