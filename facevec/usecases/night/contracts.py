"""Templates that no search compares with, because they are of another contract than the registry's."""

from __future__ import annotations

from facevec.types import Finding
from facevec.usecases.night.night import Night, StepResult


def other_contracts(night: Night) -> StepResult:
    """How many templates are of another contract, and who has none of the registry's own."""
    contract = night.state.contract
    if contract is None:
        return StepResult()
    others = night.census.other_contracts(contract)
    change = night.model_change()
    kept = None if change is None else change.other.contract
    findings = [
        Finding(reason=f"{templates} templates of {workers} workers are of contract {other}.")
        for other, workers, templates in others
        if other != kept
    ]
    if change is not None:
        began = f"The model is being changed from {change.before.name} to {change.after.name}"
        findings.append(Finding(at=change.begun_at, reason=f"{began}; `facevec models migrate --status`."))
    without = night.census.without_template(contract)
    findings += [Finding((worker_id,), reason="No template is of the model in use.") for worker_id in without]
    return StepResult({"templates": sum(templates for *_, templates in others)}, findings)
