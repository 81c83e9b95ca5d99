"""Letting a worker, or one of their photos, go for good."""

from __future__ import annotations

from facevec.ports import GenerationStore, Registry
from facevec.types import Worker


def remove_worker(registry: Registry, generations: GenerationStore, worker_id: int) -> Worker:
    """Delete the worker, all photos and templates, and every file of the index that held them.

    From here on no process names them: each compares its revision before it searches.
    Returns their last state. Raises WorkerNotFound, RegistryError, GalleryError.
    """
    worker = registry.remove_worker(worker_id)
    generations.discard(registry.state().revision)
    return worker


def remove_photo(registry: Registry, generations: GenerationStore, worker_id: int, photo_id: int) -> Worker:
    """Delete one photo of a worker with its template, and every file of the index that held it.

    Raises WorkerNotFound, RegistryError, GalleryError.
    """
    worker = registry.remove_photo(worker_id, photo_id)
    generations.discard(registry.state().revision)
    return worker
