"""Letting a worker, or one of their photos, go for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from facevec.errors import DiskFull, FacevecError, RebuildRunning, WorkerNotFound
from facevec.ports import Copies, Guard, Revisioned, WorkerRecords
from facevec.types import SYSTEM, Worker

EVERY = 2**63
"""More than any revision."""


def remove_worker(registry: WorkerRecords, copies: Copies, worker_id: int, by: str = SYSTEM) -> Worker:
    """Delete the worker, all photos and templates, and every file of the index that held them.

    From here on no process names them: each compares its revision before it searches. Asked for again, it
    deletes what a removal that was killed has left. by: who asked. Returns their last state.
    Raises WorkerNotFound, RegistryError, GalleryError; and RebuildRunning when all is done but that another
    process holds the index.
    """
    with finishing(registry, copies):
        worker = _removed(lambda: registry.remove_worker(worker_id, by), copies)
    _discard(registry, copies, f"Worker {worker_id}")
    return worker


def remove_photo(
    registry: WorkerRecords,
    copies: Copies,
    worker_id: int,
    photo_id: int,
    guard: Guard | None = None,
) -> Worker:
    """Delete one photo of a worker with its template, and every file of the index that held it.

    What the worker is sealed as stays. Raises as `remove_worker`, WorkerNotFound for a photo that is not
    there, and what `guard` raises.
    """
    with finishing(registry, copies):
        worker = _removed(lambda: registry.remove_photo(worker_id, photo_id, guard), copies)
    _discard(registry, copies, f"Photo {photo_id}")
    return worker


@contextmanager
def finishing(registry: Revisioned, copies: Copies) -> Iterator[None]:
    """Where whom the block asks for is not there any more, what a killed removal has left of them goes."""
    try:
        yield
    except WorkerNotFound:
        copies.sweep(registry.newest_removal())
        raise


def forget_face(registry: Revisioned, copies: Copies, worker_id: int, forget: Callable[[], Worker]) -> Worker:
    """Do what deletes a worker's face, and every file of the index with it. Raises as `remove_worker`."""
    worker = _removed(forget, copies)
    _discard(registry, copies, f"The face of worker {worker_id}")
    return worker


def _removed(remove: Callable[[], Worker], copies: Copies) -> Worker:
    """On a full disk the index gives room: it can be made again."""
    try:
        return remove()
    except DiskFull:
        if not copies.discard(EVERY):
            raise
        return remove()


def _discard(registry: Revisioned, copies: Copies, what: str) -> None:
    try:
        copies.discard(registry.newest_removal())
    except RebuildRunning as error:
        raise RebuildRunning(
            f"{what} is removed and is matched by nobody any more. Another process holds the index, whose "
            "files may still hold the face; remove the same again, or run `facevec index rebuild`."
        ) from error
    except FacevecError as error:
        raise type(error)(
            f"{what} is removed and is matched by nobody any more, but files of the index may still hold the "
            f"face: {error} Then run `facevec index rebuild`."
        ) from error
