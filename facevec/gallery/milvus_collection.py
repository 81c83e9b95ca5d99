"""One collection in Milvus: a row for each worker's reference, and one that says where the registry stood.

A row is never changed. Its key has the worker and the revision at which their templates were read, and
whoever writes a newer one deletes those of lower revisions. So two machines may do the same at once, and one
that was stopped in the middle and goes on later brings nobody back and takes nobody away: what it deletes is
of lower revisions than what it read, what it writes is superseded.

All rows are in one shard, whose log keeps their order: where the row of a position is there, all that was
written before it is.

Whoever writes reads at consistency Session: it sees at least what this process has written, and so whatever
was written before that, and waits for that until Milvus's next tick (200 ms and more). The client loses count
at a deletion, so the last word of every change has to be `note` or `mark`, with which reads begin to count
anew. Whoever searches waits for nothing (Eventually): Milvus answers as of its last tick, and the row of the
position tells how far that is. What was deleted since may be among the answers, and what was added is not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from facevec.errors import GalleryUnavailable
from facevec.gallery.elsewhere import Hits
from facevec.types import Position, Vectors

if TYPE_CHECKING:
    from pymilvus import MilvusClient

MOST_ROWS = 16_384
"""No answer of Milvus has more."""

ALWAYS = 2**63 - 1
"""The end of a term without one."""

_POSITION, _MARK = "position", "mark"
_NO_WORKER, _NEVER = -1, -(2**63)
_SESSION, _AT_ONCE = "Session", "Eventually"
_LOAD_SECONDS = 600.0
_NOT_LOADED = 101
_ROWS_A_CALL = 500

_M, _EF_CONSTRUCTION, _EF = 32, 200, 512
"""Of the graph: measured at 100,000, see benchmarks/gallery."""

_FIELDS = {"key", "worker_id", "revision", "ends", "note", "reference"}

Result = TypeVar("Result")
Called = Callable[[], AbstractContextManager["MilvusClient"]]


class CollectionGone(GalleryUnavailable):
    """Somebody dropped it, or Milvus had to load it anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """worker_ids, revisions, ends: (n,) int64. keys: of each. references: (n, dimension) float32."""

    keys: tuple[str, ...]
    worker_ids: npt.NDArray[np.int64]
    revisions: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    references: Vectors


class Collection:
    """Every method may raise GalleryUnavailable, and CollectionGone where somebody dropped it."""

    def __init__(self, name: str, dimension: int, called: Called, seconds: float) -> None:
        self.name, self.dimension = name, dimension
        self._called, self._seconds = called, seconds
        self._graph: bool | None = None

    @property
    def graph(self) -> bool:
        """Whether it is searched by a graph, which may pass somebody over."""
        if self._graph is None:
            index = self._run(lambda client: client.describe_index(self.name, "reference"))
            self._graph = index["index_type"] != "FLAT"
        return self._graph

    def stands(self, *, at_once: bool = False) -> Position | None:
        """Where the registry stood when all of it was written here; None before that.

        at_once: as a search sees it now; else once it sees whatever this process has written.
        """
        rows = self._query(f'key == "{_POSITION}"', ["note"], at_once=at_once)
        try:
            return Position(**json.loads(rows[0]["note"]))
        except (IndexError, ValueError, TypeError):
            return None

    def note(self, position: Position) -> None:
        """All of the registry's gallery at `position` is here."""
        self._upsert([self._sign(_POSITION, position.revision, json.dumps(asdict(position)))])

    def mark(self) -> None:
        """From here on this process reads what anybody wrote before."""
        self._upsert([self._sign(_MARK, 0, "")])

    def put(
        self,
        worker_ids: npt.NDArray[np.int64],
        references: Vectors,
        ends: Mapping[int, int],
        revision: int,
    ) -> None:
        """Write what workers are searched by, as read at `revision`. ends: until when, of whom it has one."""
        rows = [
            {
                "key": key_of(worker_id, revision),
                "worker_id": worker_id,
                "revision": revision,
                "ends": ends.get(worker_id, ALWAYS),
                "note": "",
                "reference": reference,
            }
            for worker_id, reference in zip(worker_ids.tolist(), references, strict=True)
        ]
        for start in range(0, len(rows), _ROWS_A_CALL):
            self._upsert(rows[start : start + _ROWS_A_CALL])

    def older(self, worker_ids: Sequence[int], revision: int) -> list[str]:
        """The keys of rows of workers from before a revision."""
        if not worker_ids:
            return []
        rows = self._query(f"worker_id in [{_listed(worker_ids)}] and revision < {revision}", ["key"])
        return [row["key"] for row in rows]

    def delete(self, keys: Sequence[str]) -> None:
        """Delete rows. Then `note` or `mark`."""
        for start in range(0, len(keys), _ROWS_A_CALL):
            some = list(keys[start : start + _ROWS_A_CALL])
            self._run(lambda client, some=some: client.delete(self.name, ids=some, timeout=self._seconds))  # type: ignore[misc]

    def search(self, probes: Vectors, count: int, at: int) -> list[Hits]:
        """The `count` rows nearest to each probe of whose term has not ended `at` that moment, as of the last
        tick.

        Milvus says squared distances.
        """
        parameters = {"params": {"ef": max(_EF, count)} if self.graph else {}}
        answer = self._run(
            lambda client: client.search(
                self.name,
                [*probes],
                filter=f"ends > {at}",
                limit=count,
                output_fields=["worker_id"],
                search_params=parameters,
                consistency_level=_AT_ONCE,
                timeout=self._seconds,
            ),
            at_once=True,
        )
        return [
            (
                np.array([hit["entity"]["worker_id"] for hit in hits], np.int64),
                np.array([hit["distance"] for hit in hits], np.float64),
            )
            for hits in answer
        ]

    def count(self, at: int, without: Sequence[int] = (), *, at_once: bool = False) -> int:
        """How many rows have a term that has not ended at that moment, but for those of some workers.

        at_once: as in `stands`.
        """
        wanted = f"ends > {at} and worker_id not in [{_listed(without)}]" if without else f"ends > {at}"
        return int(self._query(wanted, ["count(*)"], at_once=at_once)[0]["count(*)"])

    def between(self, after_id: int, last_id: int) -> Rows:
        """The rows of the workers after `after_id`, up to `last_id`; no more than `MOST_ROWS`."""
        return self._rows(f"worker_id > {after_id} and worker_id <= {last_id}")

    def of(self, worker_ids: Sequence[int]) -> Rows:
        """The rows of some workers."""
        return self._rows(f"worker_id in [{_listed(worker_ids)}]")

    def unindexed(self) -> int:
        """How many rows the graph does not have yet; those are searched by a coarse one of Milvus's own."""
        index = self._run(lambda client: client.describe_index(self.name, "reference"))
        return int(index["pending_index_rows"])

    def flush(self) -> None:
        """Have Milvus write its rows into segments, over which graphs are made."""
        self._run(lambda client: client.flush(self.name, timeout=_LOAD_SECONDS))

    def compact(self) -> None:
        """Have Milvus write what is left into new segments; old files it deletes in its own time."""
        self.flush()
        self._run(lambda client: client.compact(self.name, timeout=self._seconds))

    def _rows(self, wanted: str) -> Rows:
        whose = f'{wanted} and key not in ["{_POSITION}", "{_MARK}"]'
        rows = self._query(whose, ["key", "worker_id", "revision", "ends", "reference"], limit=MOST_ROWS)
        numbers = [[row[name] for name in ("worker_id", "revision", "ends")] for row in rows]
        worker_ids, revisions, ends = np.array(numbers, np.int64).reshape(-1, 3).T
        references = np.array([row["reference"] for row in rows], np.float32).reshape(-1, self.dimension)
        return Rows(tuple(row["key"] for row in rows), worker_ids, revisions, ends, references)

    def _sign(self, key: str, revision: int, note: str) -> dict[str, Any]:
        """A row that is no worker's, and that no search comes upon."""
        reference = np.zeros(self.dimension, np.float32)
        reference[0] = 1.0
        about = {"worker_id": _NO_WORKER, "revision": revision, "ends": _NEVER, "note": note}
        return {"key": key, "reference": reference, **about}

    def _upsert(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._run(lambda client: client.upsert(self.name, [*rows], timeout=self._seconds))

    def _query(
        self, wanted: str, fields: Sequence[str], limit: int | None = None, *, at_once: bool = False
    ) -> list[dict[str, Any]]:
        options = {} if limit is None else {"limit": limit}
        answer = self._run(
            lambda client: client.query(
                self.name,
                filter=wanted,
                output_fields=[*fields],
                consistency_level=_AT_ONCE if at_once else _SESSION,
                timeout=self._seconds,
                **options,
            ),
            at_once=at_once,
        )
        return [*answer]

    def _run(self, call: Callable[[MilvusClient], Result], *, at_once: bool = False) -> Result:
        """A collection that was released, say by a restart of Milvus, is loaded again.

        at_once: what is asked then is not answered; it would be as of long ago.
        """
        from pymilvus import MilvusException

        with self._called() as client:
            try:
                return call(client)
            except MilvusException as error:
                if error.code != _NOT_LOADED:
                    raise
            client.load_collection(self.name, timeout=_LOAD_SECONDS)
            if at_once:
                raise CollectionGone(f"The collection {self.name} in Milvus was loaded anew; try again.")
            return call(client)


def _listed(worker_ids: Sequence[int]) -> str:
    return ",".join(map(str, worker_ids))


def create(client: MilvusClient, name: str, dimension: int, *, graph: bool) -> None:
    """An empty collection, to be searched by a graph or by comparing with every row."""
    from pymilvus import DataType

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=64)
    for field in ("worker_id", "revision", "ends"):
        schema.add_field(field, DataType.INT64)
    schema.add_field("note", DataType.VARCHAR, max_length=512)
    schema.add_field("reference", DataType.FLOAT_VECTOR, dim=dimension)
    parameters = {"M": _M, "efConstruction": _EF_CONSTRUCTION} if graph else {}
    index = client.prepare_index_params()
    index.add_index("reference", index_type="HNSW" if graph else "FLAT", metric_type="L2", params=parameters)
    client.create_collection(
        name, schema=schema, index_params=index, consistency_level="Strong", num_shards=1,
        timeout=_LOAD_SECONDS,
    )  # fmt: skip


def dimension_of(description: Mapping[str, Any]) -> int | None:
    """Of the vectors of a collection; None where it is none of facevec's."""
    fields = {field["name"]: field for field in description["fields"]}
    if set(fields) != _FIELDS:
        return None
    return int(fields["reference"]["params"]["dim"])


def key_of(worker_id: int, revision: int) -> str:
    """Of the row of a worker, read at a revision."""
    return f"{worker_id}@{revision}"
