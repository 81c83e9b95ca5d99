"""Destroying what is kept of somebody, with a receipt that proves it and names nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from facevec.errors import EnrolmentRefused, FacevecError, NotAuthentic, RebuildRunning, WorkerError
from facevec.events import Events
from facevec.ports import AuditTrail, BelongingsSource, Clock, Copies, Guard, Receipts, WorkerRecords
from facevec.types import SYSTEM, AuditEvent, Belongings, ConsentEnd, Erased, Receipt, Worker
from facevec.usecases.consent import withdraw
from facevec.usecases.remove import finishing, remove_photo, remove_worker

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

        worker, receipt = self._erased(belongings, "worker", deed)
        assert receipt is not None  # a worker always has an identity
        return worker, receipt

    def withdraw(self, copies: Copies, worker_id: int, by: str = SYSTEM) -> tuple[Worker, Receipt | None]:
        """As `usecases.consent.withdraw`, and what proves it; None where nothing was left to destroy."""
        belongings = self.belongings.of(worker_id, "face")

        def deed() -> Worker:
            return withdraw(self.registry, copies, worker_id, self.clock(), by)

        return self._erased(belongings, "face", deed)

    def remove_photo(
        self, copies: Copies, worker_id: int, photo_id: int, guard: Guard | None = None
    ) -> tuple[Worker, Receipt | None]:
        """As `usecases.remove.remove_photo`, and what proves it."""
        belongings = self.belongings.of_photos(worker_id, [photo_id])

        def deed() -> Worker:
            return remove_photo(self.registry, copies, worker_id, photo_id, guard)

        return self._erased(belongings, "photos", deed)

    def end_consent(self, worker_id: int, kind: ConsentEnd, at: datetime, by: str) -> Worker:
        """As `ports.Consents.end_consent`, with a receipt that is kept."""
        belongings = self.belongings.of(worker_id, "face")

        def deed() -> Worker:
            return self.registry.end_consent(worker_id, kind, at, by)

        return self._erased(belongings, "face", deed)[0]

    def forget_photos(self, worker_id: int, before: datetime) -> Worker:
        """As `ports.Consents.forget_photos`, with a receipt that is kept."""
        photos = self.registry.photos(worker_id)
        old = [photo.id for photo in photos if photo.created_at <= before]
        is_all = len(old) == len(photos)  # the sealed face goes with the last
        what: Erased = "face" if is_all else "photos"
        belongings = (
            self.belongings.of(worker_id, what, visits=False)
            if is_all
            else self.belongings.of_photos(worker_id, old)
        )

        def deed() -> Worker:
            return self.registry.forget_photos(worker_id, before)

        return self._erased(belongings, what, deed)[0]

    def settle(self) -> tuple[Receipt, ...]:
        """Receipts for removals that were killed after they were committed; what did not happen is forgotten.

        Call it once the registry and the ledger of removals say the same.
        """
        made, drafts = [], self.receipts.abandoned()
        left = self.belongings.left({each for draft in drafts for each in draft.identities}) if drafts else ()
        for draft in drafts:
            if not draft.identities.keys().isdisjoint(left):
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
    ) -> tuple[Worker, Receipt | None]:
        """None where nothing was there to destroy."""
        if not belongings.identities:
            return deed(), None
        draft = self.receipts.draft(belongings, what, self.registry.state().position.registry)
        with self.receipts.beginning(draft):
            try:
                worker = deed()
            except (WorkerError, EnrolmentRefused, NotAuthentic):  # it was refused
                self.receipts.drop(draft)
                raise
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
