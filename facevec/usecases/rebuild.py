"""Write the gallery as it stands to disk, and say how old what lies there is."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from facevec.errors import GalleryError, RegistryReplaced
from facevec.ports import ChangeSource, Draft, GenerationStore
from facevec.types import SetAside, Snapshot
from facevec.usecases.roll import Roll, Uncollected, call_roll, caught_up


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild left; `size` in bytes, `seconds` that it took.

    generation: its name on disk; None where the engine keeps none. kind: how it is searched. mended: how many
    references were not what their templates give.
    """

    generation: str | None
    revision: int
    workers: int
    templates: int
    size: int
    seconds: float
    engine: str = "faiss"
    kind: str = "exact"
    mended: int = 0


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """The registry beside what its engine keeps: the generation on disk, or references elsewhere.

    generation and what follows it are None when there is none that may be used; `fault`
    then says why, or is None when none was ever built. `lag` is in revisions. set_aside: templates that are
    searched by nobody, because they are not as facevec wrote them.
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
    set_aside: SetAside = ()
    engine: str = "faiss"
    kind: str = "exact"


def rebuild(registry: ChangeSource, generations: GenerationStore) -> RebuildReport | None:
    """Publish the registry's gallery as a new generation; None when nobody was ever enrolled.

    Raises RebuildRunning, GalleryError, RegistryError; what stood before then stays in use.
    """
    state = registry.state()
    if state.contract is None or state.model is None:
        return None
    started = time.monotonic()
    read = _Reader(registry, state.contract, state.model)
    generation = generations.publish(read, registry.newest_removal)
    snapshot = generation.snapshot
    return RebuildReport(
        generation=generation.name,
        revision=snapshot.revision,
        workers=generation.workers,
        templates=snapshot.template_count,
        size=generation.size,
        seconds=time.monotonic() - started,
    )


def registry_status(registry: ChangeSource, engine: str = "faiss") -> IndexStatus:
    """Of what is enrolled, whatever is kept beside it; without a contract where nobody ever was."""
    state = registry.state()
    if state.contract is None:
        return IndexStatus(state.model, None, state.revision, workers=0, templates=0, engine=engine)
    return IndexStatus(state.model, state.contract, *registry.enrolled(state.contract), engine=engine)


def index_status(
    registry: ChangeSource, generations: GenerationStore, set_aside: SetAside | None = None
) -> IndexStatus:
    """Compare the generation on disk, verified whole, with the registry's history.

    set_aside: where it is known already; else every template is looked at. Raises RegistryError.
    """
    status = registry_status(registry)
    contract = status.contract
    if contract is None:
        return status
    if set_aside is None:
        set_aside = call_roll(registry, contract, Uncollected)[0].set_aside
    status = replace(status, set_aside=set_aside)
    try:
        generation = generations.load(contract)
        if generation is None:
            return status
        registry.changed_since(generation.snapshot.position)
    except GalleryError as error:
        return replace(status, fault=str(error))
    except RegistryReplaced as error:
        return replace(status, fault=f"It is not of what the registry holds: {error}")
    snapshot = generation.snapshot
    return replace(
        status,
        generation=generation.name,
        generation_revision=snapshot.revision,
        generation_workers=generation.workers,
        lag=status.registry_revision - snapshot.revision,
        created_at=generation.created_at,
        size=generation.size,
    )


class _Reader:
    """Reads the registry's gallery into a draft; what it read once it brings up to date."""

    def __init__(self, registry: ChangeSource, contract: str, model: str) -> None:
        self._registry, self._contract, self._model = registry, contract, model
        self._roll: Roll | None = None

    def __call__(self, draft: Draft) -> Snapshot:
        roll = self._roll = self._read(draft)
        count = int(roll.templates_each.sum())
        return Snapshot(roll.position, self._contract, self._model, count, roll.set_aside)

    def _read(self, draft: Draft) -> Roll:
        if self._roll is not None:
            with suppress(RegistryReplaced):
                return caught_up(self._registry, self._contract, self._roll, draft)
        return call_roll(self._registry, self._contract, draft.cleared)[0]
