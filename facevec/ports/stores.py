"""What else the registry's database keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from facevec.types import (
    ApiKey,
    Approval,
    Asking,
    Calibration,
    Claim,
    ConsentCounts,
    ConsentText,
    Deed,
    LedgerEntry,
    MeasuredScale,
    Review,
    Scope,
    Sighting,
    Unconfirmed,
    Visit,
    VisitsKept,
    WorkerRecord,
)


class Calibrations(Protocol):
    """The calibrations that were put in force. Every method may raise RegistryError."""

    def add(self, calibration: Calibration) -> None:
        """From now on this one counts for its contract, in every process."""
        ...

    def latest(self, contract: str | None = None) -> Calibration | None:
        """The newest of `contract`, or of any."""
        ...


class OwnScales(Protocol):
    """Scales measured on those who are enrolled here. Every method may raise RegistryError."""

    def add(self, measured: MeasuredScale) -> None:
        """From now on this one counts for its contract, in every process."""
        ...

    def latest(self, contract: str) -> MeasuredScale | None:
        """The newest of `contract`. Raises NotAuthentic for one that somebody else wrote."""
        ...


class Records(Protocol):
    """All that is kept of workers. May raise RegistryError."""

    def record(self, worker_id: int) -> WorkerRecord:
        """Templates that somebody else wrote are left out. Raises WorkerNotFound."""
        ...


class FailedClaims(Protocol):
    """Who claimed to be a worker and was not. Every method may raise RegistryError."""

    def claim(self, worker_id: int, key_id: str, address: str) -> Claim:
        """A claim that came with a key from an address, of which a pseudonym is kept."""
        ...

    def require_patience(self, claim: Claim) -> None:
        """Raises ClaimsExhausted where there were too many failures; the claim is not looked at then."""
        ...

    def settle(self, claim: Claim, *, same: bool) -> float:
        """Count how a claim turned out; seconds until the next is looked at.

        Raises ClaimsExhausted where it should not have been looked at: how it turned out is not to be said.
        """
        ...


class Approvals(Protocol):
    """What takes two people. Every method may raise RegistryError."""

    def ask(self, deed: Deed, asking: Asking, by: str) -> Approval:
        """The approval under which `by` may do it now, which is used up with that; or their asking, which
        waits or was refused, and is noted where it is new.

        Whoever asks for the same as somebody else approves it. Raises WorkerNotFound, ApprovalInvalid.
        """
        ...

    def listed(self) -> tuple[Approval, ...]:
        """Every asking that counts, oldest first."""
        ...

    def decide(self, approval_id: int, by: str, *, approved: bool) -> Approval:
        """Approve it, or refuse it. Raises ApprovalNotFound, ApprovalInvalid."""
        ...

    def withdraw(self, approval_id: int, by: str) -> Approval:
        """Forget what `by` asked for. Raises ApprovalNotFound, ApprovalInvalid."""
        ...


class Reviews(Protocol):
    """Identifications that people confirm or reject. Every method may raise RegistryError."""

    def add(self, identifications: Sequence[Unconfirmed]) -> tuple[Review, ...]:
        """Have them wait, in this order; none of who is not to be recognised any more."""
        ...

    def pending(self) -> tuple[Review, ...]:
        """Those that wait, of workers who may be recognised now, oldest first, so many as can be listed."""
        ...

    def count(self) -> int:
        """How many wait."""
        ...

    def review(self, review_id: int) -> Review:
        """Raises ReviewNotFound."""
        ...

    def of_worker(self, worker_id: int) -> tuple[Review, ...]:
        """All that are kept of a worker, oldest first."""
        ...

    def decide(self, review_id: int, by: str, *, confirmed: bool) -> Review:
        """Confirm it, or reject it. Raises ReviewNotFound, ReviewInvalid."""
        ...

    def sweep(self) -> int:
        """Forget those that have ended, and what a backup brought back; how many there were."""
        ...


class ConsentRecords(Protocol):
    """The consent ledger and the texts. Every method may raise RegistryError."""

    def entries(self, worker_id: int | None = None) -> tuple[LedgerEntry, ...]:
        """Every entry, or those about a worker, oldest first; also of who was removed."""
        ...

    def faults(self) -> tuple[str, ...]:
        """What is wrong with the ledger, and where workers are not what it says."""
        ...

    def add_text(self, version: str, text: str, by: str) -> ConsentText:
        """Keep a text; from then on a consent names one that is kept.

        Raises ConsentRefused for another text of a version that is there, and WorkerError for a version that
        is no name.
        """
        ...

    def text(self, version: str) -> ConsentText:
        """Raises ConsentTextNotFound."""
        ...

    def texts(self) -> Sequence[ConsentText]:
        """Every text, oldest first."""
        ...


class Kept(Protocol):
    """What is kept of people, looked through for what must not be. Every method may raise RegistryError."""

    def after_consent(self, before: datetime) -> tuple[int, ...]:
        """Workers whose consent ended by then, and of whom there is still a face, or a visit."""
        ...

    def photos_by_then(self, before: datetime) -> dict[int, int]:
        """Of each worker, how many of their photos were enrolled by then."""
        ...

    def consent_counts(self) -> ConsentCounts:
        """How far the workers' consents go."""
        ...


class Visits(Protocol):
    """When workers were seen who agreed to a record of it. Every method may raise RegistryError."""

    def add(self, sightings: Sequence[Sighting]) -> int:
        """Record those of workers whose consent to it was in force then and is now; how many those are.

        Those that follow each other closely are one visit.
        """
        ...

    def list(
        self,
        worker_id: int | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        after_id: int = 0,
        limit: int | None = None,
    ) -> tuple[Visit, ...]:
        """By ascending id, behind `after_id`; those that had not ended `since` and had begun `until` then."""
        ...

    def destroy(self, worker_id: int | None = None, *, before: datetime | None = None) -> int:
        """Delete those of a worker, or of all; of days that were over by then. How many."""
        ...

    def destroy_ahead(self) -> int:
        """Delete those of days to come, which a clock that was ahead has made. How many."""
        ...

    def kept(self) -> VisitsKept:
        """How many there are."""
        ...


class ApiKeys(Protocol):
    """The keys of the service: issued once, kept as hashes only. Every method may raise RegistryError."""

    def create(
        self, name: str, scopes: Sequence[Scope], expires_at: datetime | None = None
    ) -> tuple[ApiKey, str]:
        """(the key's entry, the key itself, which is never shown again).

        Raises InputError for an empty or overlong name, no scope, or an expiry that has passed.
        """
        ...

    def list(self) -> tuple[ApiKey, ...]:
        """Every key ever issued, oldest first."""
        ...

    def revoke(self, key_id: str) -> ApiKey:
        """From now on the key opens nothing. Raises ApiKeyNotFound."""
        ...

    def find(self, presented: str) -> ApiKey | None:
        """The valid key that `presented` is, compared in constant time."""
        ...

    def any_valid(self) -> bool:
        """Whether some key is neither revoked nor expired."""
        ...

    def note_use(self, key: ApiKey) -> None:
        """Remember, to the hour, that the key was used."""
        ...


class LocalKey(Protocol):
    """The key of the machine's own user, which nobody has to make or to know of; gone with its file."""

    @property
    def path(self) -> Path:
        """The file that holds it, as a header that curl sends."""
        ...

    def make(self) -> None:
        """See that the file is there, and read by its owner alone. Raises OutputUnwritable."""
        ...

    def find(self, presented: str) -> ApiKey | None:
        """The entry of this key, if `presented` is it."""
        ...

    def link_token(self) -> str:
        """What opens a session, once and soon. Raises OutputUnwritable."""
        ...

    def open_session(self, token: str) -> str | None:
        """What a browser holds from now on; None for a token that was used, is too old, or none."""
        ...

    def find_session(self, presented: str) -> ApiKey | None:
        """The entry of this key, if `presented` is a session that has not ended."""
        ...
