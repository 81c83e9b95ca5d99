"""Write the gallery as it stands to disk, and say how old what lies there is."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime

from facevec.decision.vectors import fuse
from facevec.errors import GalleryError
from facevec.ports import ChangeSource, GenerationStore
from facevec.types import Snapshot


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """A published generation; `size` in bytes, `seconds` from taking the lock to the swap."""

    generation: str
    revision: int
    workers: int
    templates: int
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """The registry beside the generation on disk.

    generation and what follows it are None when there is none that may be used; `fault`
    then says why, or is None when none was ever built. `lag` is in revisions.
    """

    model: str | None
    contract: str | None
    registry_revision: int
    workers: int
    templates: int
    generation: str | None = None
    generation_revision: int | None = None
    generation_workers: int | None = None
    lag: int | None = None
    created_at: datetime | None = None
    size: int | None = None
    fault: str | None = None


def rebuild(registry: ChangeSource, generations: GenerationStore) -> RebuildReport | None:
    """Publish the registry's gallery as a new generation; None when nobody was ever enrolled.

    Raises RebuildRunning, GalleryError, RegistryError; what stood before then stays in use.
    """
    state = registry.state()
    if state.contract is None or state.model is None:
        return None
    contract, model = state.contract, state.model
    started = time.monotonic()
    generation = generations.publish(lambda: _snapshot(registry, contract, model), registry.newest_removal)
    snapshot = generation.snapshot
    return RebuildReport(
        generation=generation.name,
        revision=snapshot.revision,
        workers=len(snapshot.worker_ids),
        templates=snapshot.template_count,
        size=generation.size,
        seconds=time.monotonic() - started,
    )


def index_status(registry: ChangeSource, generations: GenerationStore) -> IndexStatus:
    """Compare the generation on disk, verified whole, with the registry. Raises RegistryError."""
    state = registry.state()
    if state.contract is None:
        return IndexStatus(state.model, None, state.revision, workers=0, templates=0)
    revision, workers, templates = registry.enrolled(state.contract)
    status = IndexStatus(state.model, state.contract, revision, workers, templates)
    try:
        generation = generations.load(state.contract, revision)
    except GalleryError as error:
        return replace(status, fault=str(error))
    if generation is None:
        return status
    snapshot = generation.snapshot
    return replace(
        status,
        generation=generation.name,
        generation_revision=snapshot.revision,
        generation_workers=len(snapshot.worker_ids),
        lag=revision - snapshot.revision,
        created_at=generation.created_at,
        size=generation.size,
    )


def _snapshot(registry: ChangeSource, contract: str, model: str) -> Snapshot:
    revision, templates = registry.templates(contract)
    worker_ids, references = fuse(templates)
    return Snapshot(revision, contract, model, len(templates.worker_ids), worker_ids, references)
