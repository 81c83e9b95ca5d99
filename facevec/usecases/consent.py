"""Recording a consent, and ending one."""

from __future__ import annotations

from datetime import datetime

from facevec.decision.consent import ConsentPolicy, require_newer
from facevec.errors import WorkerError
from facevec.ports import Consents, Copies, WorkerRecords
from facevec.types import SYSTEM, Consent, LedgerEntry, Worker
from facevec.usecases.remove import forget_face


def record_consent(
    registry: Consents,
    worker_id: int,
    consent: Consent,
    policy: ConsentPolicy,
    now: datetime,
    *,
    deliberate: bool = False,
) -> Worker:
    """Record `consent` in place of the one before.

    deliberate: as for `require_newer`. Raises WorkerNotFound, WorkerError, and ConsentRefused for one that
    `policy` or what the ledger says last does not let in.
    """
    policy.require(consent, now)

    def guard(newest: LedgerEntry | None) -> None:
        ends_nothing = newest is None and policy.required  # nobody is recognised without one
        require_newer(consent, newest, now, deliberate=deliberate or ends_nothing)

    return registry.set_consent(worker_id, consent, guard)


def renew_consent(
    registry: Consents, worker: Worker, consent: Consent | None, policy: ConsentPolicy, now: datetime
) -> Worker:
    """The worker with the consent that came with photos of them, recorded where it says anything new.

    Raises as `record_consent`.
    """
    stands = worker.consent
    if consent is None or (stands is not None and consent.same_but_when(stands)):
        return worker
    return record_consent(registry, worker.id, consent, policy, now)


def withdraw_consent(registry: Consents, worker_id: int, now: datetime, by: str = SYSTEM) -> Worker:
    """End the worker's consent `now`, and destroy what they are told by; the ledger keeps both.

    One that had ended already, or was withdrawn in a copy of the registry that was put back, is withdrawn all
    the same, for its faces may still be there. Raises WorkerNotFound, and WorkerError when no consent is
    recorded: without one there is nothing that could end.
    """
    worker = registry.worker(worker_id)
    if worker.consent is None:
        raise WorkerError(
            f"No consent of worker {worker_id} is recorded, so none can be withdrawn; "
            "`facevec worker remove` makes facevec forget them."
        )
    newest = registry.newest_consent(worker_id)
    if newest is not None and newest.kind == "withdrawn" and not _has_a_face(registry, worker):
        return worker
    return registry.end_consent(worker_id, "withdrawn", now, by)


def withdraw(
    registry: WorkerRecords, copies: Copies, worker_id: int, now: datetime, by: str = SYSTEM
) -> Worker:
    """As `withdraw_consent`, with every file of the index that held them.

    Raises also what `usecases.remove.remove_worker` does.
    """
    return forget_face(registry, copies, worker_id, lambda: withdraw_consent(registry, worker_id, now, by))


def _has_a_face(registry: Consents, worker: Worker) -> bool:
    return worker.photo_count > 0 or registry.seal(worker.id) is not None
