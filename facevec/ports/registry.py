"""The workers, their photos and templates: one port for each kind of caller, and the registry that is all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from facevec.types import (
    SYSTEM,
    Consent,
    ConsentEnd,
    DistinctFrom,
    LedgerEntry,
    Newcomer,
    NewPhoto,
    Page,
    Photo,
    Position,
    RegistryState,
    Seal,
    Templates,
    Terms,
    Vectors,
    Worker,
)

Guard = Callable[[Seal | None, Vectors], None]
"""Is handed what a worker is sealed as and the templates that they would have after a change of their photos,
(n, dimension), in the transaction that changes them; what it raises undoes the change."""


ConsentGuard = Callable[[LedgerEntry | None], None]
"""Is handed the newest entry of the ledger about a worker, in the transaction that adds one; what it raises
undoes that."""


class Revisioned(Protocol):
    """How far the registry has come, and by which model."""

    def state(self) -> RegistryState: ...

    def newest_removal(self) -> int:
        """Revision at which a worker or a photo was last removed; 0 when none ever was."""
        ...


class ActiveWorkers(Protocol):
    """Who may be recognised now."""

    def workers(self, ids: Sequence[int], since: Position | None = None) -> Mapping[int, Worker]:
        """Those of `ids` that exist and are active.

        since: where the registry stood when the ids were read. Raises RegistryReplaced where it never did:
        they may be other people's now.
        """
        ...


class WorkerDirectory(ActiveWorkers, Protocol):
    """Everyone who is enrolled, as they may be looked up."""

    def worker(self, worker_id: int) -> Worker:
        """Raises WorkerNotFound."""
        ...

    def find_worker(self, key: str, *, certain: bool = False) -> Worker:
        """The worker with this id, external id or exact name; `id:7`, `external:E-7`, `name:7` say which.

        certain: a bare number is no id where some worker has a number as name or external id: what is
        asked for changes the worker.

        Raises WorkerNotFound, WorkerAmbiguous.
        """
        ...

    def worker_of(self, external_id: str, name: str) -> Worker | None:
        """The worker of this external id, None when nobody has it.

        Raises WorkerExists when they are not called `name`, WorkerError when either cannot be used.
        """
        ...

    def namesakes(self, name: str) -> tuple[Worker, ...]:
        """Everyone called `name`, by ascending id."""
        ...

    def list_workers(self, after_id: int = 0, limit: int | None = None) -> tuple[Worker, ...]:
        """By ascending id."""
        ...

    def known(self, ids: Sequence[int]) -> Mapping[int, Worker]:
        """Those of `ids` that are enrolled, whether or not they may be recognised now."""
        ...

    def photos(self, worker_id: int) -> tuple[Photo, ...]:
        """Raises WorkerNotFound."""
        ...


class Consents(WorkerDirectory, Protocol):
    """What recording a consent needs."""

    def set_consent(self, worker_id: int, consent: Consent, guard: ConsentGuard | None = None) -> Worker:
        """Record `consent` in place of the one before, unless `guard` refuses; it enters the ledger.

        Photos that it does not cover go. Where a purpose of it was agreed to at that very moment before, and
        taken off, it is recorded to be some microseconds newer. Raises WorkerNotFound, WorkerError, and what
        `guard` raises.
        """
        ...

    def end_consent(self, worker_id: int, kind: ConsentEnd, at: datetime, by: str) -> Worker:
        """End the worker's consent `at` a moment, and destroy what they are told by; it enters the ledger.

        Only one that was over by then is `expired`. Raises WorkerNotFound, and WorkerError without such a
        consent.
        """
        ...

    def forget_photos(self, worker_id: int, before: datetime) -> Worker:
        """Delete the photos that were enrolled by then, and with the last of them all they are told by.

        Raises WorkerNotFound.
        """
        ...

    def newest_consent(self, worker_id: int) -> LedgerEntry | None:
        """What the worker said last by the ledger: that they agree, or do not any more."""
        ...

    def seal(self, worker_id: int) -> Seal | None:
        """What the worker looked like when they were first enrolled; None when that is not known."""
        ...


class TemplateSource(Revisioned, Protocol):
    """The templates of the workers who may be recognised now."""

    def templates(self, contract: str, worker_ids: Sequence[int] | None = None) -> tuple[int, Templates]:
        """(revision, templates) read together: of active workers, under `contract`.

        worker_ids: only these workers; None is all.
        """
        ...

    def enrolled(self, contract: str) -> tuple[int, int, int]:
        """(revision, workers, templates) read together: how many `templates` would give."""
        ...

    def distinct_pairs(self) -> tuple[tuple[int, int], ...]:
        """The ids of any two workers who were decided to be two people, the smaller first."""
        ...


class ChangeSource(TemplateSource, Protocol):
    """What a view of the gallery needs to stay as new as the registry."""

    def position(self) -> Position:
        """Where the registry stands; cheap."""
        ...

    def changed_since(self, since: Position) -> tuple[Position, tuple[int, ...]]:
        """(where the registry stands, ids of the workers touched since), read together.

        Raises RegistryReplaced where it never stood at `since`: it is another one, or one that went back.
        """
        ...

    def next_page(self, contract: str, after_id: int, since: Position) -> Page:
        """The workers that follow `after_id`, whether or not they may be recognised; none after the last.

        Raises RegistryReplaced as `changed_since`.
        """
        ...

    def page_of(self, contract: str, worker_ids: Sequence[int], since: Position) -> Page:
        """Those of `worker_ids` that are enrolled, as `next_page` has them."""
        ...

    def terms(self) -> Terms:
        """Until when workers may be recognised."""
        ...


class WorkerTemplates(WorkerDirectory, TemplateSource, Protocol):
    """What comparing with one worker needs."""


class Compared(ActiveWorkers, Protocol):
    """Everybody whom somebody may be instead."""

    def worker(self, worker_id: int) -> Worker:
        """As of `WorkerDirectory`."""
        ...

    def templates(self, contract: str, worker_ids: Sequence[int] | None = None) -> tuple[int, Templates]:
        """As of `TemplateSource`."""
        ...

    def withheld_templates(self, contract: str) -> Templates:
        """Under `contract`, of the workers who may not be recognised now: inactive, or consent ended.

        For enrolment alone, so that nobody is enrolled under a second name.
        """
        ...


class Enrolments(Compared, Consents, TemplateSource, Protocol):
    """What enrolling needs."""

    def position(self) -> Position:
        """As of `ChangeSource`."""
        ...

    def claim_model(self, model: str, contract: str) -> RegistryState:
        """Record the model of this registry at first use.

        Raises ContractMismatch when another contract stands there already.
        """
        ...

    def require_addable(
        self,
        name: str,
        external_id: str | None,
        consent: Consent | None,
        distinct_from: DistinctFrom | None = None,
    ) -> None:
        """Raises WorkerExists or WorkerError when `add_worker` would, whatever the photos."""
        ...

    def add_worker(
        self,
        name: str,
        external_id: str | None,
        consent: Consent | None,
        photos: Sequence[NewPhoto],
        distinct_from: DistinctFrom | None = None,
    ) -> Worker:
        """distinct_from: is recorded; what was decided of the same two before stays.

        Raises WorkerExists, WorkerError, PhotoAlreadyEnrolled, ContractMismatch, and WorkerNotFound for
        one of `distinct_from`.
        """
        ...

    def add_photos(
        self,
        worker_id: int,
        photos: Sequence[NewPhoto],
        guard: Guard | None = None,
        *,
        reseed: bool = False,
        distinct_from: DistinctFrom | None = None,
    ) -> Worker:
        """Add `photos`, unless `guard` refuses. reseed: seal what the worker looks like on them.
        distinct_from: as for `add_worker`.

        Raises WorkerNotFound, PhotoAlreadyEnrolled, ContractMismatch, what `guard` raises, and WorkerError
        for a worker who may not be recognised any more.
        """
        ...

    def photo_owner(self, sha256: str) -> int | None:
        """The worker who has enrolled this very file, if any."""
        ...

    def add_workers(self, newcomers: Sequence[Newcomer], since: Position) -> tuple[Worker, ...]:
        """As `add_worker` of each, as far as the first who cannot be added; of nobody where the registry does
        not stand at `since` any more. Raises ContractMismatch.
        """
        ...


class WorkerRecords(Consents, Revisioned, Protocol):
    """Workers as they are changed and removed."""

    def update_worker(self, worker_id: int, *, name: str) -> Worker:
        """Raises WorkerNotFound, WorkerExists, WorkerError."""
        ...

    def remove_photo(self, worker_id: int, photo_id: int, guard: Guard | None = None) -> Worker:
        """Raises WorkerNotFound when worker or photo is not there, and what `guard` raises."""
        ...

    def remove_worker(self, worker_id: int, by: str = SYSTEM) -> Worker:
        """Delete the worker with all photos and templates; their last state is returned. by: who asked.

        Raises WorkerNotFound.
        """
        ...


class Registry(Enrolments, WorkerRecords, ChangeSource, Protocol):
    """All of it. SQL is the truth; each method is one transaction."""
