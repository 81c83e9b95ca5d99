"""Destroying what is kept of somebody, with a receipt that proves it and names nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from facevec.errors import FacevecError, RebuildRunning
from facevec.events import Events
from facevec.ports import AuditTrail, BelongingsSource, Clock, Copies, Receipts, WorkerRecords
from facevec.types import SYSTEM, AuditEvent, Belongings, Erased, Receipt, Worker
from facevec.usecases.consent import withdraw
from facevec.usecases.remove import finishing, remove_worker

logger = Events()


@dataclass(frozen=True, slots=True)
class ErasureDesk:
    """What proving takes."""

    registry: WorkerRecords
    belongings: BelongingsSource
    receipts: Receipts
    audit: AuditTrail
    clock: Clock

    def remove_worker(self, copies: Copies, worker_id: int, by: str = SYSTEM) -> tuple[Worker, Receipt]:
        """As `usecases.remove.remove_worker`, and what proves it."""
        with finishing(self.registry, copies):
            belongings = self.belongings.of(worker_id, "worker")

        def deed() -> Worker:
            return remove_worker(self.registry, copies, worker_id, by)

        return self._erased(belongings, "worker", deed)

    def withdraw(self, copies: Copies, worker_id: int, by: str = SYSTEM) -> tuple[Worker, Receipt | None]:
        """As `usecases.consent.withdraw`, and what proves it; None where nothing was left to destroy."""
        belongings = self.belongings.of(worker_id, "face")

        def deed() -> Worker:
            return withdraw(self.registry, copies, worker_id, self.clock(), by)

        return self._erased(belongings, "face", deed) if belongings.identities else (deed(), None)

    def settle(self) -> tuple[Receipt, ...]:
        """Receipts for removals that were killed after they were committed; what did not happen is forgotten.

        Call it once the registry and the ledger of removals say the same.
        """
        made = []
        for draft in self.receipts.abandoned():
            if self.belongings.is_any_left(tuple(draft.identities)):
                self.receipts.drop(draft)
                continue
            receipt = self._finished(draft)
            if self.receipts.keep(receipt):
                self.receipts.drop(draft)
            made.append(receipt)
        return tuple(made)

    def settle_if_possible(self) -> None:
        """As `settle`, for a start that has to go on whatever comes of it; what is wrong is logged."""
        try:
            self.settle()
        except FacevecError as error:
            logger.error("erasures_not_settled", code=error.code, reason=str(error))  # noqa: TRY400  # a sentence

    def _erased(
        self, belongings: Belongings, what: Erased, deed: Callable[[], Worker]
    ) -> tuple[Worker, Receipt]:
        draft = self.receipts.draft(belongings, what, self.registry.state().position.registry)
        with self.receipts.beginning(draft):
            try:
                worker = deed()
            except RebuildRunning:  # all is done but that another process holds the index
                self.receipts.keep(self._finished(draft))
                raise
            receipt = self._finished(draft)
            self.receipts.keep(receipt)
        return worker, receipt

    def _finished(self, draft: Receipt) -> Receipt:
        receipt = replace(draft, revision=self.registry.newest_removal())
        # By whom is recorded with what was asked for.
        event = AuditEvent("erasure", SYSTEM, detail={"receipt": receipt.id, "what": receipt.what})
        return replace(receipt, audit=self.audit.record(event))
