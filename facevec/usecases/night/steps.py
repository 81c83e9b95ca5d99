"""The steps of a night, in their order. A new one is a function in a file of its own, and a line here."""

from __future__ import annotations

from facevec.usecases.night import (
    clock,
    consents,
    contracts,
    distances,
    retention,
    rot,
    upkeep,
    visits,
    waiting,
)
from facevec.usecases.night.audit import look_after_trail
from facevec.usecases.night.index import rebuild_index
from facevec.usecases.night.look_alikes import look_alikes
from facevec.usecases.night.misfits import misfits
from facevec.usecases.night.night import Step
from facevec.usecases.night.same_face import same_face

STEPS: tuple[tuple[str, Step], ...] = (
    ("removals", upkeep.finish_removals),
    ("clock", clock.look_at_clock),
    ("retention", retention.destroy_what_is_kept_too_long),
    ("visits", visits.destroy_old_visits),
    ("reviews", waiting.forget_reviews),
    ("index", rebuild_index),
    ("change_log", upkeep.cut_change_log),
    ("own_distances", distances.measure_own_workers),
    ("calibration", distances.outdated_calibration),
    ("database", rot.database_faults),
    ("consents_ended", consents.ended),
    ("consents_ending", consents.about_to_end),
    ("consents_missing", retention.without_consent),
    ("consent_ledger", retention.ledger_faults),
    ("audit", look_after_trail),
    ("other_contracts", contracts.other_contracts),
    ("set_aside", rot.set_aside),
    ("same_face", same_face),
    ("look_alikes", look_alikes),
    ("misfits", misfits),
)
