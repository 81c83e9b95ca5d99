"""The registry in SQL. Each method is one transaction; each change of a worker is one revision."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Connection, Engine, delete, select, update

from facevec.decision.consent import ended
from facevec.errors import (
    ContractMismatch,
    DiskFull,
    WorkerError,
    WorkerExists,
    WorkerNotFound,
)
from facevec.ports import Clock, ConsentGuard, Guard, utc_now
from facevec.registry import consent_ledger, history, pages, queries, references, rows, seals, templates
from facevec.registry.consents import require_text
from facevec.registry.engine import reading, writing
from facevec.registry.finding import worker_meant
from facevec.registry.ledger import RemovalLedger
from facevec.registry.names import canonical_name
from facevec.registry.recording import recording
from facevec.registry.reserve import Reserve
from facevec.registry.state import read_state
from facevec.registry.tables import STATE_ID, PhotoRow, StateRow, WorkerRow
from facevec.types import (
    SYSTEM,
    Consent,
    ConsentEnd,
    DistinctFrom,
    LedgerEntry,
    LedgerKind,
    NewPhoto,
    Page,
    Photo,
    Position,
    RegistryState,
    Seal,
    Templates,
    Terms,
    Worker,
)

Kind = Literal["worker_added", "photos_added", "photo_removed", "worker_updated", "worker_removed"]


class SqlRegistry:
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
    ) -> None:
        """consent_required: nobody may be recognised who agreed to nothing. ledger: of removals, beside the
        one that the registry keeps itself."""
        self._ledger = ledger
        self._engine = engine
        self._clock = clock
        self._consent_required = consent_required
        self._reserve = Reserve(engine)

    def state(self) -> RegistryState:
        with reading(self._engine) as connection:
            return read_state(connection)

    def claim_model(self, model: str, contract: str) -> RegistryState:
        unclaimed = (StateRow.id == STATE_ID) & StateRow.contract.is_(None)
        with writing(self._engine) as connection:
            connection.execute(update(StateRow).where(unclaimed).values(model=model, contract=contract))
            state = read_state(connection)
            if state.contract != contract:
                raise ContractMismatch(
                    f"This registry was begun with model {state.model} (contract {state.contract}), and "
                    f"nothing of {model} (contract {contract}) can be compared with it; use {state.model}, "
                    "or another database."
                )
            return state

    def require_addable(
        self,
        name: str,
        external_id: str | None,
        consent: Consent | None,
        distinct_from: DistinctFrom | None = None,
    ) -> None:
        row = rows.new_worker(name, external_id, consent, self._clock())
        with reading(self._engine) as connection:
            rows.refuse_taken(connection, row, distinct_from)

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
            worker_id = rows.insert_marked(connection, WorkerRow, row)
            photos = rows.with_open_contracts(connection, photos)
            rows.insert_photos(connection, worker_id, photos, self._clock())
            seals.seal_worker(connection, worker_id, photos, self._clock())
            rows.insert_distinctions(connection, worker_id, distinct_from, self._clock())
            if consent is not None:
                self._enter(connection, worker_id, "recorded", consent, consent.recorded_by)
            self._log(connection, worker_id, "worker_added")
            return queries.read_worker(connection, worker_id)

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
            queries.read_worker(connection, worker_id)
            photos = rows.with_open_contracts(connection, photos)
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
            known = 0 < photo_id <= queries.MAX_KEY
            if not known or connection.execute(delete(PhotoRow).where(chosen)).rowcount == 0:
                raise WorkerNotFound(
                    f"Worker {worker_id} has no photo {photo_id}; "
                    f"`facevec worker show id:{worker_id}` lists their photos."
                )
            self._ask(guard, connection, worker_id)
            return self._touch(connection, worker_id, "photo_removed")

    def update_worker(self, worker_id: int, *, name: str) -> Worker:
        naming = rows.naming(name)
        with self._change() as connection:
            worker = queries.read_worker(connection, worker_id)
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
            rows.update_worker(connection, worker_id, agreement)
            if not consent.photos:
                rows.forget_pixels(connection, worker_id)
            self._enter(connection, worker_id, "recorded", consent, consent.recorded_by)
            return self._touch(connection, worker_id, "worker_updated")

    def end_consent(self, worker_id: int, kind: ConsentEnd, at: datetime, by: str) -> Worker:
        return self._on_a_full_disk_too(lambda: self._end_consent(worker_id, kind, at, by))

    def _end_consent(self, worker_id: int, kind: ConsentEnd, at: datetime, by: str) -> Worker:
        with self._change(worker_id) as connection:
            worker = queries.read_worker(connection, worker_id)
            if worker.consent is None:
                raise WorkerError(f"No consent of worker {worker_id} is recorded.")
            consent = ended(worker.consent, at)
            rows.update_worker(connection, worker_id, {"consent_expires_at": consent.expires_at})
            rows.destroy_biometrics(connection, worker_id)
            self._enter(connection, worker_id, kind, consent, by)
            return self._touch(connection, worker_id, "photo_removed")

    def newest_consent(self, worker_id: int) -> LedgerEntry | None:
        with reading(self._engine) as connection:
            return consent_ledger.newest(connection, worker_id)

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

    def worker(self, worker_id: int) -> Worker:
        with reading(self._engine) as connection:
            return queries.read_worker(connection, worker_id)

    def find_worker(self, key: str, *, certain: bool = False) -> Worker:
        with reading(self._engine) as connection:
            return queries.read_worker(connection, worker_meant(connection, key, certain=certain))

    def worker_of(self, external_id: str, name: str) -> Worker | None:
        external, key = rows.external(external_id), canonical_name(rows.naming(name)["name"])
        chosen = select(WorkerRow.id, WorkerRow.name_key).where(
            WorkerRow.external_key == external["external_key"]
        )
        with reading(self._engine) as connection:
            row = connection.execute(chosen).one_or_none()
            if row is None:
                return None
            if canonical_name(row.name_key) != key:
                raise WorkerExists(
                    f"The external id {external['external_id']!r} belongs to worker {row.id}, "
                    "who is called otherwise; rename that worker, or use another external id."
                )
            return queries.read_worker(connection, row.id)

    def namesakes(self, name: str) -> tuple[Worker, ...]:
        with reading(self._engine) as connection:
            called = WorkerRow.id.in_(queries.ids_called(connection, name))
            return queries.read_workers(connection, called, None)

    def workers(self, ids: Sequence[int], since: Position | None = None) -> Mapping[int, Worker]:
        with reading(self._engine) as connection:
            if since is not None:
                history.require_passed(connection, read_state(connection).position, since)
            return queries.read_active(connection, ids, self._may())

    def list_workers(self, after_id: int = 0, limit: int | None = None) -> tuple[Worker, ...]:
        after = max(0, min(after_id, queries.MAX_KEY))
        with reading(self._engine) as connection:
            return queries.read_workers(connection, WorkerRow.id > after, limit)

    def known(self, ids: Sequence[int]) -> Mapping[int, Worker]:
        with reading(self._engine) as connection:
            some = (
                queries.read_workers(connection, WorkerRow.id.in_(portion), None)
                for portion in queries.portions(ids)
            )
            return {worker.id: worker for portion in some for worker in portion}

    def photos(self, worker_id: int) -> tuple[Photo, ...]:
        with reading(self._engine) as connection:
            queries.read_worker(connection, worker_id)
            return queries.read_photos(connection, worker_id)

    def seal(self, worker_id: int) -> Seal | None:
        with reading(self._engine) as connection:
            return seals.read_seal(connection, worker_id)

    def photo_owner(self, sha256: str) -> int | None:
        with reading(self._engine) as connection:
            return connection.scalar(select(PhotoRow.worker_id).where(PhotoRow.sha256 == sha256))

    def templates(self, contract: str, worker_ids: Sequence[int] | None = None) -> tuple[int, Templates]:
        with reading(self._engine) as connection:
            revision = read_state(connection).revision
            return revision, templates.read_templates(connection, contract, worker_ids, self._may())

    def enrolled(self, contract: str) -> tuple[int, int, int]:
        with reading(self._engine) as connection:
            return (
                read_state(connection).revision,
                *templates.count_templates(connection, contract, self._may()),
            )

    def distinct_pairs(self) -> tuple[tuple[int, int], ...]:
        with reading(self._engine) as connection:
            return queries.read_distinct_pairs(connection)

    def withheld_templates(self, contract: str) -> Templates:
        with reading(self._engine) as connection:
            withheld = queries.withheld(self._clock(), consent_required=self._consent_required)
            return templates.read_withheld_templates(connection, contract, withheld)

    def position(self) -> Position:
        with reading(self._engine) as connection:
            return read_state(connection).position

    def changed_since(self, since: Position) -> tuple[Position, tuple[int, ...]]:
        with reading(self._engine) as connection:
            return history.changed_since(connection, since)

    def next_page(self, contract: str, after_id: int, since: Position) -> Page:
        with reading(self._engine) as connection:
            return pages.next_page(connection, contract, after_id, since, self._limits())

    def page_of(self, contract: str, worker_ids: Sequence[int], since: Position) -> Page:
        with reading(self._engine) as connection:
            return pages.page_of(connection, contract, worker_ids, since, self._limits())

    def terms(self) -> Terms:
        with reading(self._engine) as connection:
            return pages.read_terms(connection, self._limits())

    def newest_removal(self) -> int:
        with reading(self._engine) as connection:
            return history.newest_removal(connection)

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
        with recording(self._ledger) as record, writing(self._engine) as connection:
            history.advance(connection)
            with record.what_goes(connection, losing, self._clock()):
                yield connection

    @staticmethod
    def _ask(guard: Guard | None, connection: Connection, worker_id: int) -> None:
        if guard is not None:
            contract = read_state(connection).contract
            own = templates.read_own_templates(connection, worker_id, contract)
            guard(seals.read_seal(connection, worker_id), own)

    def _may(self) -> ColumnElement[bool]:
        return queries.recognizable(self._clock(), consent_required=self._consent_required)

    def _limits(self) -> pages.Limits:
        return pages.Limits(self._clock(), self._consent_required)

    def _enter(
        self, connection: Connection, worker_id: int, kind: LedgerKind, consent: Consent, by: str
    ) -> None:
        consent_ledger.append(connection, worker_id, kind, consent, by, self._clock())

    def _log(self, connection: Connection, worker_id: int, kind: Kind) -> None:
        before = history.append(connection, worker_id, kind, self._clock())
        references.follow(connection, worker_id, before)

    def _touch(self, connection: Connection, worker_id: int, kind: Kind) -> Worker:
        connection.execute(
            update(WorkerRow).where(WorkerRow.id == worker_id).values(updated_at=self._clock())
        )
        self._log(connection, worker_id, kind)
        return queries.read_worker(connection, worker_id)
