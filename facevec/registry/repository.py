"""The registry in SQL. Each method is one transaction; each change of a worker is one revision."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, delete, update

from facevec.decision.consent import ended, is_over, not_recognizable
from facevec.errors import (
    ContractMismatch,
    DiskFull,
    PhotoAlreadyEnrolled,
    WorkerError,
    WorkerNotFound,
)
from facevec.ports import Clock, ConsentGuard, Guard, utc_now
from facevec.registry import changes, consent_ledger, history, queries, removals, rows, seals, templates
from facevec.registry.consents import require_text
from facevec.registry.encryption import vault, words
from facevec.registry.engine import writing
from facevec.registry.ledger import RemovalLedger
from facevec.registry.reader import SqlReader
from facevec.registry.recording import recording
from facevec.registry.reserve import Reserve
from facevec.registry.state import read_state, take_turn
from facevec.registry.tables import STATE_ID, PhotoRow, StateRow, WorkerRow
from facevec.types import (
    SYSTEM,
    Consent,
    ConsentEnd,
    DistinctFrom,
    LedgerKind,
    Newcomer,
    NewPhoto,
    Position,
    RegistryState,
    Worker,
)

Kind = Literal["worker_added", "photos_added", "photo_removed", "worker_updated", "worker_removed"]


class SqlRegistry(SqlReader):
    """`ports.Registry` on SQLite or PostgreSQL; safe to share between threads.

    Every method may also raise RegistryError, and RegistryBusy when another process holds the database.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock = utc_now,
        *,
        consent_required: bool = False,
        ledger: RemovalLedger | None = None,
        encrypted: bool = False,
    ) -> None:
        """consent_required: as `SqlReader`. ledger: of removals, beside the one that the registry keeps
        itself. encrypted: whether a registry that is new is; one that is in use stays as it is."""
        super().__init__(engine, clock, consent_required=consent_required)
        self._ledger = ledger
        self._encrypted = encrypted
        self._reserve = Reserve(engine)

    def claim_model(self, model: str, contract: str) -> RegistryState:
        state = self.state()
        if state.contract == contract:
            return state
        unclaimed = (StateRow.id == STATE_ID) & StateRow.contract.is_(None)
        with writing(self._engine) as connection:
            claim = update(StateRow).where(unclaimed).values(model=model, contract=contract)
            if connection.execute(claim).rowcount and self._encrypted:
                vault.begin(connection)
            state = read_state(connection)
            if state.contract != contract:
                raise ContractMismatch(
                    f"This registry was begun with model {state.model} (contract {state.contract}), and "
                    f"nothing of {model} (contract {contract}) can be compared with it; use {state.model}, "
                    "or another database."
                )
            return state

    def add_worker(
        self,
        name: str,
        external_id: str | None,
        consent: Consent | None,
        photos: Sequence[NewPhoto],
        distinct_from: DistinctFrom | None = None,
    ) -> Worker:
        row = rows.new_worker(name, external_id, consent, self._clock())
        with self._change() as connection:
            rows.refuse_taken(connection, row, distinct_from)
            rows.refuse_photos(connection, photos)
            return queries.read_worker(connection, self._add(connection, row, consent, photos, distinct_from))

    def add_workers(self, newcomers: Sequence[Newcomer], since: Position) -> tuple[Worker, ...]:
        with writing(self._engine) as connection:
            take_turn(connection)
            added: list[int] = []
            if read_state(connection).position != since:
                return ()
            for one in newcomers:
                try:
                    row = rows.new_worker(one.name, None, one.consent, self._clock())
                    rows.refuse_taken(connection, row, None)
                    rows.refuse_photos(connection, one.photos)
                except (WorkerError, PhotoAlreadyEnrolled):
                    break
                history.advance(connection)
                added.append(self._add(connection, row, one.consent, one.photos, None))
            return queries.read_workers(connection, WorkerRow.id.in_(added), None)

    def _add(
        self,
        connection: Connection,
        row: Mapping[str, Any],
        consent: Consent | None,
        photos: Sequence[NewPhoto],
        distinct_from: DistinctFrom | None,
    ) -> int:
        """Write a worker, whom nothing stands in the way of, in a transaction that took its revision."""
        worker_id = rows.insert_marked(connection, WorkerRow, words.sealed(connection, WorkerRow, row))
        photos = rows.with_open_contracts(connection, photos)
        rows.insert_photos(connection, worker_id, photos, self._clock())
        seals.seal_worker(connection, worker_id, photos, self._clock())
        rows.insert_distinctions(connection, worker_id, distinct_from, self._clock())
        if consent is not None:
            self._enter(connection, worker_id, "recorded", consent, consent.recorded_by)
        self._log(connection, worker_id, "worker_added")
        return worker_id

    def add_photos(
        self,
        worker_id: int,
        photos: Sequence[NewPhoto],
        guard: Guard | None = None,
        *,
        reseed: bool = False,
        distinct_from: DistinctFrom | None = None,
    ) -> Worker:
        with self._change() as connection:
            worker = self._recognizable(connection, worker_id)
            photos = rows.with_open_contracts(connection, rows.covered(photos, worker.consent))
            rows.refuse_photos(connection, photos)
            rows.insert_photos(connection, worker_id, photos, self._clock())
            self._ask(guard, connection, worker_id)
            if reseed:
                seals.seal_worker(connection, worker_id, photos, self._clock())
            else:
                seals.seal_where_missing(connection, worker_id, photos)
            rows.insert_distinctions(connection, worker_id, distinct_from, self._clock())
            return self._touch(connection, worker_id, "photos_added")

    def remove_photo(self, worker_id: int, photo_id: int, guard: Guard | None = None) -> Worker:
        return self._on_a_full_disk_too(lambda: self._remove_photo(worker_id, photo_id, guard))

    def _remove_photo(self, worker_id: int, photo_id: int, guard: Guard | None) -> Worker:
        with self._change(worker_id) as connection:
            queries.read_worker(connection, worker_id)
            chosen = (PhotoRow.id == photo_id) & (PhotoRow.worker_id == worker_id)
            if connection.execute(delete(PhotoRow).where(chosen)).rowcount == 0:
                raise WorkerNotFound(
                    f"Worker {worker_id} has no photo {photo_id}; "
                    f"`facevec worker show id:{worker_id}` lists their photos."
                )
            self._ask(guard, connection, worker_id)
            return self._touch(connection, worker_id, "photo_removed")

    def update_worker(self, worker_id: int, *, name: str) -> Worker:
        naming = rows.naming(name)
        with self._change() as connection:
            worker = queries.read_worker(connection, worker_id, strict=True)
            renamed = {**naming, "id": worker_id, "external_id": worker.external_id}
            rows.refuse_name(connection, renamed, [other.worker_id for other in worker.distinct_from])
            rows.update_worker(connection, worker_id, naming)
            rows.forget_name(connection, worker_id, worker.name)
            return self._touch(connection, worker_id, "worker_updated")

    def set_consent(self, worker_id: int, consent: Consent, guard: ConsentGuard | None = None) -> Worker:
        agreement = rows.agreement(consent)
        with self._change(worker_id) as connection:
            queries.read_worker(connection, worker_id)
            if guard is not None:
                guard(consent_ledger.newest(connection, worker_id))
            require_text(connection, consent.text_version)
            consent = replace(consent, given_at=removals.free_moment(connection, worker_id, agreement))
            rows.update_worker(connection, worker_id, rows.agreement(consent))
            if not consent.photos:
                rows.forget_pixels(connection, worker_id)
            if not consent.visits:
                rows.forget_visits(connection, worker_id)
            self._enter(connection, worker_id, "recorded", consent, consent.recorded_by)
            return self._touch(connection, worker_id, "worker_updated")

    def end_consent(self, worker_id: int, kind: ConsentEnd, at: datetime, by: str) -> Worker:
        return self._on_a_full_disk_too(lambda: self._end_consent(worker_id, kind, at, by))

    def _end_consent(self, worker_id: int, kind: ConsentEnd, at: datetime, by: str) -> Worker:
        with self._change(worker_id) as connection:
            worker = queries.read_worker(connection, worker_id)
            if worker.consent is None:
                raise WorkerError(f"No consent of worker {worker_id} is recorded.")
            if kind == "expired" and not is_over(worker.consent, at):
                raise WorkerError(f"The consent of worker {worker_id} has not run out; withdraw it instead.")
            consent = ended(worker.consent, at)
            rows.destroy_biometrics(connection, worker_id)
            rows.forget_visits(connection, worker_id)
            newest = consent_ledger.newest(connection, worker_id)
            if newest is None or newest.kind != "withdrawn":  # nothing ends a consent that was taken back
                rows.update_worker(connection, worker_id, {"consent_expires_at": consent.expires_at})
                self._enter(connection, worker_id, kind, consent, by)
            return self._touch(connection, worker_id, "photo_removed")

    def forget_photos(self, worker_id: int, before: datetime) -> Worker:
        return self._on_a_full_disk_too(lambda: self._forget_photos(worker_id, before))

    def _forget_photos(self, worker_id: int, before: datetime) -> Worker:
        with self._change(worker_id) as connection:
            queries.read_worker(connection, worker_id)
            rows.forget_photos(connection, worker_id, before)
            return self._touch(connection, worker_id, "photo_removed")

    def remove_worker(self, worker_id: int, by: str = SYSTEM) -> Worker:
        return self._on_a_full_disk_too(lambda: self._remove_worker(worker_id, by))

    def _remove_worker(self, worker_id: int, by: str) -> Worker:
        with self._change(worker_id) as connection:
            worker = queries.read_worker(connection, worker_id)
            connection.execute(delete(WorkerRow).where(WorkerRow.id == worker_id))
            if worker.consent is not None:
                self._enter(connection, worker_id, "removed", worker.consent, by)
            self._log(connection, worker_id, "worker_removed")
            return worker

    def _on_a_full_disk_too(self, remove: Callable[[], Worker]) -> Worker:
        """A removal takes the room that was kept for it, where there is none."""
        try:
            return remove()
        except DiskFull:
            if not self._reserve.give_up():
                raise
            worker = remove()
            self._reserve.keep()
            return worker

    @contextmanager
    def _change(self, losing: int | None = None) -> Iterator[Connection]:
        """A writing transaction that has taken its revision; other changes wait until it ends.

        losing: the worker of whom something may be gone afterwards, for good.
        """
        with recording(self._ledger, self._engine) as record, writing(self._engine) as connection:
            history.advance(connection)
            with record.what_goes(connection, losing, self._clock()):
                yield connection

    def _recognizable(self, connection: Connection, worker_id: int) -> Worker:
        """The worker, who may have taken back their consent while their photos were looked at.

        Raises WorkerNotFound, and WorkerError where they may not be recognised now.
        """
        queries.read_worker(connection, worker_id)
        worker = queries.read_active(connection, [worker_id], self._active, self._clock()).get(worker_id)
        if worker is None:
            raise not_recognizable(worker_id)
        return worker

    @staticmethod
    def _ask(guard: Guard | None, connection: Connection, worker_id: int) -> None:
        if guard is not None:
            contract = read_state(connection).contract
            own = templates.read_own_templates(connection, worker_id, contract)
            guard(seals.read_seal(connection, worker_id), own)

    def _enter(
        self, connection: Connection, worker_id: int, kind: LedgerKind, consent: Consent, by: str
    ) -> None:
        consent_ledger.append(connection, worker_id, kind, consent, by, self._clock())

    def _log(self, connection: Connection, worker_id: int, kind: Kind) -> None:
        changes.log(connection, worker_id, kind, self._clock())

    def _touch(self, connection: Connection, worker_id: int, kind: Kind) -> Worker:
        connection.execute(
            update(WorkerRow).where(WorkerRow.id == worker_id).values(updated_at=self._clock())
        )
        self._log(connection, worker_id, kind)
        return queries.read_worker(connection, worker_id)
