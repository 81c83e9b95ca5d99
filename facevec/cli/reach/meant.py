"""Which worker a key means, among workers that were listed: the rule of `registry.finding`, without SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from facevec.errors import WorkerAmbiguous
from facevec.registry.names import canonical_name, comparable, only
from facevec.types import Worker

Test = Callable[[Worker], bool]


def meant(workers: Sequence[Worker], key: str, *, certain: bool) -> Worker:
    """The worker whom `key` means; as `ports.WorkerDirectory.find_worker`."""
    text = comparable(key)
    explicit = _explicit(text)
    if explicit is not None:
        return _only(filter(explicit, workers), key)
    numbered, called = _has_id(text), _called(text)
    doubtful = certain and any(map(numbered, workers)) and not any(map(called, workers))
    if doubtful and any(map(_has_a_number, workers)):
        raise WorkerAmbiguous(
            f"{key!r} may be an id or what somebody is called, because workers there have numbers as "
            f"names or external ids: say id:{text}, external:{text} or name:{text}."
        )
    return _only((one for one in workers if numbered(one) or called(one)), key)


def _explicit(text: str) -> Test | None:
    kind, colon, rest = text.partition(":")
    if not colon:
        return None
    if kind == "external":
        return lambda worker: _external(worker) == comparable(rest)
    if kind == "name":
        return lambda worker: canonical_name(worker.name) == canonical_name(rest)
    if kind == "id" and rest.strip().isdigit():
        return _has_id(rest.strip())
    return None


def _only(matching: Iterable[Worker], key: str) -> Worker:
    workers = {worker.id: worker for worker in matching}
    return workers[only(tuple(workers), key)]


def _has_id(text: str) -> Test:
    return lambda worker: str(worker.id) == text


def _called(text: str) -> Test:
    return lambda worker: text == _external(worker) or canonical_name(worker.name) == canonical_name(text)


def _external(worker: Worker) -> str | None:
    return None if worker.external_id is None else comparable(worker.external_id)


def _has_a_number(worker: Worker) -> bool:
    names = (canonical_name(worker.name), _external(worker) or "")
    return any(name.rstrip(" .").isdigit() for name in names)
