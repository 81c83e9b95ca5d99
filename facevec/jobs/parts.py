"""What the steps of a night work with, of the application's parts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from facevec.bootstrap import App
from facevec.decision.resolve import enrolment_rules
from facevec.types import AuditUpkeep
from facevec.usecases.night.night import Night, Thresholds
from facevec.usecases.retention import enforce_retention


def night_of(app: App, *, trust_clock: bool = False) -> Night:
    """What the steps work with."""
    from facevec.registry import soundness
    from facevec.registry.compaction import compact

    return Night(
        now=app.clock(),
        registry=app.registry,
        census=app.census,
        rebuild=app.gallery.rebuild,
        view=app.gallery.survey,
        thresholds_of=partial(_thresholds, app),
        standing=app.standing,
        faults=partial(soundness.faults_of, app.engine),
        measure_own=app.measure_own_workers,
        model_change=app.model_changes.current,
        retention=partial(enforce_retention, app.erasures, app.kept, app.settings.consent.retention()),
        consent_counts=app.kept.consent_counts,
        after_consent=app.kept.after_consent,
        consent_required=app.settings.consent.required,
        ledger_faults=app.consent_records.faults,
        finish_removals=partial(_finish_removals, app),
        cut_change_log=partial(compact, app.engine, app.settings.registry.keep_changes),
        audit=partial(_look_after_audit, app),
        sweep_reviews=app.reviews.sweep,
        visits=app.visits,
        visit_days=app.settings.visits.days,
        moments=app.moments,
        trust_clock=trust_clock,
    )


def _thresholds(app: App) -> Thresholds | None:
    """What decides who is whom in today's gallery, None as for `App.standing`. Loads no model."""
    standing = app.standing()
    if standing is None:
        return None
    rules = enrolment_rules(app.settings.enrolment_overrides(), standing.point.scale)
    return Thresholds(rules, standing.point)


def _finish_removals(app: App) -> Mapping[str, int]:
    from facevec.registry.reconciling import reconcile
    from facevec.registry.unused_keys import destroy_unused_keys

    removed = reconcile(app.engine, app.ledger, app.clock).removed
    destroy_unused_keys(app.engine)
    return removed


def _look_after_audit(app: App, prune: bool) -> AuditUpkeep:
    """Hold the trail against itself, tell the anchor, and delete what is old if `prune`.

    Raises AuditUnavailable.
    """
    from facevec.audit.verify import verify

    settings, folder = app.settings.audit, app.loaded.audit_folder
    if not settings.enabled or not folder.exists():
        return AuditUpkeep()
    count, findings = verify(folder, app.integrity_key)
    faults = tuple(f"Segment {one.segment}: {one.sentence}" for one in findings if one.is_fault)
    ends = app.audit.anchor()
    pruned = 0 if settings.days is None or not prune else app.audit.prune(settings.days)
    return AuditUpkeep(count, len(ends), pruned, faults)
