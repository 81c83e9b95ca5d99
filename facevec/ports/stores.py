"""What else the registry's database keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from facevec.types import ApiKey, Calibration, Scope


class Calibrations(Protocol):
    """The calibrations that were put in force. Every method may raise RegistryError."""

    def add(self, calibration: Calibration) -> None:
        """From now on this one counts for its contract, in every process."""
        ...

    def latest(self, contract: str | None = None) -> Calibration | None:
        """The newest of `contract`, or of any."""
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

    def ever_issued(self) -> bool:
        """Whether there has ever been a key; revoked and expired ones count."""
        ...

    def note_use(self, key: ApiKey) -> None:
        """Remember, to the hour, that the key was used."""
        ...
