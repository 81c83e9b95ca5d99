"""What is read of the registry in SQL. Each method is one transaction, and sees one state of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Engine, select

from facevec.errors import WorkerExists
from facevec.ports import Clock, utc_now
from facevec.registry import consent_ledger, history, pages, queries, rows, seals, templates
from facevec.registry.encryption import words
from facevec.registry.engine import reading
from facevec.registry.finding import worker_meant
from facevec.registry.state import read_state
from facevec.registry.tables import WorkerRow
from facevec.types import (
    Consent,
    DistinctFrom,
    LedgerEntry,
    Page,
    Photo,
    Position,
    RegistryState,
    Seal,
    Templates,
    Terms,
    Worker,
)


class SqlReader:
    """`ports.WorkerDirectory` and `ports.ChangeSource`, and what is asked before a change."""

    def __init__(self, engine: Engine, clock: Clock = utc_now, *, consent_required: bool = False) -> None:
        """consent_required: nobody may be recognised who agreed to nothing."""
        self._engine = engine
        self._clock = clock
        self._consent_required = consent_required
        self._active = queries.active(queries.recognizable(queries.AT, consent_required=consent_required))

    def state(self) -> RegistryState:
        with reading(self._engine) as connection:
            return read_state(connection)

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

    def worker(self, worker_id: int) -> Worker:
        with reading(self._engine) as connection:
            return queries.read_worker(connection, worker_id)

    def find_worker(self, key: str, *, certain: bool = False) -> Worker:
        with reading(self._engine) as connection:
            return queries.read_worker(connection, worker_meant(connection, key, certain=certain))

    def worker_of(self, external_id: str, name: str) -> Worker | None:
        external, called = rows.external(external_id), rows.naming(name)["name"]
        with reading(self._engine) as connection:
            is_theirs = words.finds(connection, WorkerRow, "external_key", external["external_key"])
            worker_id = connection.scalar(select(WorkerRow.id).where(is_theirs))
            if worker_id is None:
                return None
            if worker_id not in queries.ids_called(connection, called):
                raise WorkerExists(
                    f"The external id {external['external_id']!r} belongs to worker {worker_id}, "
                    "who is called otherwise; rename that worker, or use another external id."
                )
            return queries.read_worker(connection, worker_id)

    def namesakes(self, name: str) -> tuple[Worker, ...]:
        with reading(self._engine) as connection:
            called = WorkerRow.id.in_(queries.ids_called(connection, name))
            return queries.read_workers(connection, called, None)

    def workers(self, ids: Sequence[int], since: Position | None = None) -> Mapping[int, Worker]:
        with reading(self._engine) as connection:
            if since is not None:
                history.require_passed(connection, read_state(connection).position, since)
            return queries.read_active(connection, ids, self._active, self._clock())

    def list_workers(self, after_id: int = 0, limit: int | None = None) -> tuple[Worker, ...]:
        with reading(self._engine) as connection:
            return queries.read_workers(connection, WorkerRow.id > max(after_id, 0), limit)

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
            return rows.photo_owners(connection, [sha256]).get(sha256)

    def newest_consent(self, worker_id: int) -> LedgerEntry | None:
        with reading(self._engine) as connection:
            return consent_ledger.newest(connection, worker_id)

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

    def _may(self) -> ColumnElement[bool]:
        return queries.recognizable(self._clock(), consent_required=self._consent_required)

    def _limits(self) -> pages.Limits:
        return pages.Limits(self._clock(), self._consent_required)
