"""The worker whom a key means, among workers that were listed: as `registry.finding`, without SQL."""

from __future__ import annotations

from collections.abc import Sequence

from facevec.registry.designation import Designation, designation
from facevec.registry.names import canonical_name, comparable, is_numeric
from facevec.types import Worker


def meant(workers: Sequence[Worker], key: str, *, certain: bool) -> Worker:
    """The worker whom `key` means; as `ports.WorkerDirectory.find_worker`."""
    wanted, by_id = designation(key), {one.id: one for one in workers}
    numbered = [one.id for one in workers if one.id == wanted.worker_id]
    called = [one.id for one in workers if _is_called_so(one, wanted)]
    return by_id[wanted.only(numbered, called, lambda: any(map(_has_a_number, workers)), certain=certain)]


def _is_called_so(worker: Worker, wanted: Designation) -> bool:
    external = worker.external_id is not None and comparable(worker.external_id) == wanted.external_id
    name = wanted.name is not None and canonical_name(worker.name) == canonical_name(wanted.name)
    return external or name


def _has_a_number(worker: Worker) -> bool:
    return is_numeric(canonical_name(worker.name)) or is_numeric(comparable(worker.external_id or ""))
