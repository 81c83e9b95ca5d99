"""The references in PostgreSQL as the gallery asks for them; implements `ports.KeptReferences`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, Engine, Select, bindparam, cast, func, select, text
from sqlalchemy.exc import DBAPIError

from facevec.decision.vectors import fuse
from facevec.errors import GalleryUnavailable, RebuildRunning
from facevec.ports import Clock
from facevec.registry import marks, pages, references
from facevec.registry.engine import reading, writing
from facevec.registry.failures import explained
from facevec.registry.halfvec import HalfVector, halved
from facevec.registry.queries import portions, recognizable
from facevec.registry.references import METADATA, REFERENCES
from facevec.registry.state import read_state
from facevec.registry.tables import TemplateRow, WorkerRow
from facevec.registry.templates import NUMBER_BYTES, sound, template_rows
from facevec.types import Neighbourhood, ReferencesKept, Step, Templates, Vectors

OLDEST = (0, 8, 4)
"""Before it, pgvector's graph could be damaged by a vacuum."""

EF_SEARCH = 800
"""Candidates that a search of the graph keeps. Of 100,000, the nearest to a stranger was missed at 200 in 12
of 100, at 400 in 2 or 3, at 800 never."""

LARGEST_EF_SEARCH = 1000
SCANNED = 100_000
"""References that a search of the graph looks at before it gives up finding enough who may be recognised."""

_REBUILD_LOCK = int.from_bytes(b"fv graph", "big") >> 1
_MADE_LOCK = _REBUILD_LOCK + 1

_GRAPH = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
_LEFT = text(
    "SELECT indexrelid::regclass::text FROM pg_index "
    "WHERE indrelid = 'gallery_references'::regclass AND NOT indisvalid"
)
"""Graphs whose making was killed, each under a name of its own: kept up with every change, searched never."""
_SIZE = text("SELECT pg_total_relation_size('gallery_references')")
_VERSION = text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
_OFFERED = text("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")

_Row = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]


class SqlReferences:
    """Of the registry in this database, whose every method may also raise RegistryError."""

    def __init__(self, engine: Engine, clock: Clock, *, consent_required: bool = False) -> None:
        """consent_required: as `SqlRegistry`."""
        self._engine, self._clock = engine, clock
        self._consent_required = consent_required

    def prepare(self) -> None:
        if self._engine.dialect.name != "postgresql":
            raise GalleryUnavailable(
                'gallery.engine is "pgvector" and the registry is a SQLite file; set registry.url to a '
                "PostgreSQL database (`facevec db copy --to URL` takes the registry there), or use faiss."
            )
        with reading(self._engine) as connection:
            if references.present(connection):
                _require_version(connection.scalar(_VERSION))
                return
        with writing(self._engine) as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MADE_LOCK})
            _make_extension(connection)
            if not references.present(connection):
                METADATA.drop_all(connection)
            METADATA.create_all(connection)
            # Within the row, where a scan finds it: 16 bits a number fit for up to 4,000 of them.
            connection.execute(
                text("ALTER TABLE gallery_references ALTER COLUMN reference SET STORAGE PLAIN")
            )

    def step(self, contract: str) -> Step:
        with writing(self._engine) as connection:
            return references.step(connection, contract)

    def nearest(self, contract: str, probes: Vectors, count: int, *, extent: bool) -> Neighbourhood | None:
        dimension = probes.shape[1]
        with reading(self._engine) as connection:
            kept, now = references.read_kept(connection, contract), read_state(connection).position
            if kept is None or not kept.stands_at(now, connection):
                return None
            query = self._nearest_of(contract, dimension).limit(count)
            is_graph = _has_graph(connection, contract)
            rows = [self._row(connection, query, probe, count, is_graph=is_graph) for probe in probes]
            near = sorted({worker_id for row in rows for worker_id in row[0].tolist()})
            templates = self._templates(connection, contract, near, dimension)
            workers = self._extent(connection, contract) if extent else None
            return Neighbourhood(now, tuple(rows), templates, workers, kept.set_aside)

    def kept(self, contract: str) -> ReferencesKept | None:
        with reading(self._engine) as connection:
            kept = references.read_kept(connection, contract)
            if kept is None:
                return None
            count = select(func.count()).select_from(REFERENCES).where(REFERENCES.c.contract == contract)
            return ReferencesKept(
                kept.position if kept.made_through is None else None,
                connection.scalar(count) or 0,
                kept.set_aside,
                graph=_has_graph(connection, contract),
                size=connection.scalar(_SIZE) or 0,
            )

    def wrong(self, contract: str, after_id: int) -> tuple[int | None, tuple[int, ...]] | None:
        with reading(self._engine) as connection:
            kept, position = references.read_kept(connection, contract), read_state(connection).position
            if kept is None or not kept.stands_at(position, connection):
                return None
            page = pages.next_page(connection, contract, after_id, position)
            last = int(page.worker_ids[-1]) if len(page.worker_ids) else None
            these = REFERENCES.c.worker_id > after_id
            if last is not None:
                these &= REFERENCES.c.worker_id <= last
            stored = select(REFERENCES.c.worker_id, func.halfvec_send(REFERENCES.c.reference)).where(
                REFERENCES.c.contract == contract, these
            )
            there = {worker_id: bytes(sent)[4:] for worker_id, sent in connection.execute(stored)}
        worker_ids, vectors = fuse(page.templates)
        meant = dict(zip(worker_ids.tolist(), (row.tobytes() for row in halved(vectors)), strict=True))
        wrong = (one for one in {*there, *meant} if there.get(one) != meant.get(one))
        return last, tuple(sorted(wrong))

    def mend(self, contract: str, worker_ids: Sequence[int]) -> None:
        for some in portions(worker_ids):
            with writing(self._engine) as connection:
                references.mend(connection, contract, some)

    def arrange(self, contract: str, *, graph: bool) -> None:
        name = references.index_name(contract)
        with self._alone() as connection:
            connection.execute(text("VACUUM (ANALYZE) gallery_references"))
            for left in connection.scalars(_LEFT).all():
                connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {left}"))
            valid = connection.scalar(_GRAPH, {"name": f'"{name}"'})
            if graph and valid:
                connection.execute(text(f'REINDEX INDEX CONCURRENTLY "{name}"'))
                return
            if valid:
                connection.execute(text(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"'))
            if graph:
                one = select(func.vector_dims(REFERENCES.c.reference)).where(
                    REFERENCES.c.contract == contract
                )
                dimension = connection.scalar(one.limit(1))
                literal = contract.replace("'", "''")
                connection.exec_driver_sql(
                    f'CREATE INDEX CONCURRENTLY "{name}" ON gallery_references USING hnsw '
                    f"((reference::halfvec({dimension})) halfvec_l2_ops) WHERE contract = '{literal}'"
                )

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """A connection outside of any transaction, while no other process arranges."""
        with explained(self._engine), self._engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            key = {"key": _REBUILD_LOCK}
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
                raise RebuildRunning("Another process is arranging the references; wait for it.")
            try:
                yield connection
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)

    def _may(self) -> ColumnElement[bool]:
        return recognizable(self._clock(), consent_required=self._consent_required)

    def _nearest_of(self, contract: str, dimension: int) -> Select[Any]:
        """Distances as pgvector has them; who may not be recognised at this moment is passed over."""
        vector = cast(REFERENCES.c.reference, HalfVector(dimension))
        distance = vector.op("<->")(cast(bindparam("probe"), HalfVector(dimension)))
        return (
            select(REFERENCES.c.worker_id, distance)
            .join(WorkerRow, WorkerRow.id == REFERENCES.c.worker_id)
            .where(REFERENCES.c.contract == contract, self._may())
            .order_by(distance)
        )

    def _row(
        self, connection: Connection, query: Select[Any], probe: Vectors, count: int, *, is_graph: bool
    ) -> _Row:
        written = {"probe": "[" + ",".join(map(str, probe.tolist())) + "]"}
        if is_graph:
            _by_graph(connection, count)
        rows = connection.execute(query, written).all()
        if is_graph and len(rows) < count:
            # Too few of those whom the graph came by may be recognised.
            connection.execute(text("SET LOCAL enable_indexscan = off"))
            rows = connection.execute(query, written).all()
        worker_ids, distances = zip(*rows, strict=True) if rows else ((), ())
        return np.array(worker_ids, np.int64), np.array(distances, np.float64)

    def _templates(
        self, connection: Connection, contract: str, worker_ids: Sequence[int], dimension: int
    ) -> Templates:
        """Raises NotAuthentic where there are some and none is as facevec wrote it."""
        rows: list[Any] = []
        for some in portions(worker_ids):
            rows += template_rows(connection, contract, TemplateRow.worker_id.in_(some))
        templates, _ = sound(connection, rows, dimension * NUMBER_BYTES)
        marks.require_some(connection, "templates", kept=len(templates.worker_ids), all_of_them=len(rows))
        return templates

    def _extent(self, connection: Connection, contract: str) -> int:
        count = (
            select(func.count())
            .select_from(REFERENCES)
            .join(WorkerRow, WorkerRow.id == REFERENCES.c.worker_id)
            .where(REFERENCES.c.contract == contract, self._may())
        )
        return connection.scalar(count) or 0


def _has_graph(connection: Connection, contract: str) -> bool:
    return bool(connection.scalar(_GRAPH, {"name": f'"{references.index_name(contract)}"'}))


def _by_graph(connection: Connection, count: int) -> None:
    """For this transaction. A plan that is kept for any contract would not find the one's graph."""
    wanted = {
        "hnsw.ef_search": min(max(EF_SEARCH, count), LARGEST_EF_SEARCH),
        "hnsw.iterative_scan": "strict_order",
        "hnsw.max_scan_tuples": SCANNED,
        "enable_indexscan": "on",
        "enable_seqscan": "off",
        "plan_cache_mode": "force_custom_plan",
    }
    connection.execute(select(*(func.set_config(name, str(value), True) for name, value in wanted.items())))


def _make_extension(connection: Connection) -> None:
    version = connection.scalar(_VERSION)
    if version is None:
        offered = connection.scalar(_OFFERED)
        if offered is None:
            raise GalleryUnavailable(
                "The PostgreSQL server has no pgvector; install its package there, such as "
                'postgresql-18-pgvector, or set gallery.engine = "faiss".'
            )
        _require_version(offered)
        try:
            with connection.begin_nested():
                connection.execute(text("CREATE EXTENSION vector"))
        except DBAPIError as error:
            raise GalleryUnavailable(
                "The database's user may not create the extension pgvector; have an administrator run "
                "`CREATE EXTENSION vector` in this database once."
            ) from error
        version = connection.scalar(_VERSION)
    _require_version(version)


def _require_version(version: str | None) -> None:
    if version is None or tuple(int(part) for part in version.split(".")[:3]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise GalleryUnavailable(
            f"pgvector is {version or 'gone from this database'} and has to be {oldest} or newer; install a "
            "newer package on the server, then run `ALTER EXTENSION vector UPDATE` in this database."
        )
