"""What the nightly job needs beside the registry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from facevec.types import Lease, NightReport


class Leases(Protocol):
    """Who does what only one may do, whatever their machine. Every method may raise RegistryError."""

    def take(self, name: str, holder: str) -> Lease:
        """Raises JobRunning while somebody else holds it. It ends by itself unless it is renewed."""
        ...

    def renew(self, lease: Lease) -> None:
        """Raises JobRunning where somebody else took it meanwhile."""
        ...

    def require(self, lease: Lease) -> None:
        """As `renew`, and changes nothing: for where nothing can be written."""
        ...

    def release(self, lease: Lease) -> None:
        """Let others take it at once."""
        ...


class ContractCensus(Protocol):
    """Of which contracts the templates are. Every method may raise RegistryError."""

    def other_contracts(self, contract: str) -> tuple[tuple[str, int, int], ...]:
        """(contract, workers, templates) of every contract but this one."""
        ...

    def without_template(self, contract: str) -> tuple[int, ...]:
        """The ids of those who are enrolled and have no template of this contract."""
        ...


class Moments(Protocol):
    """When something was recorded. Every method may raise RegistryError."""

    def recorded(self) -> Sequence[datetime]:
        """From the last night on whose clock was believed, ascending; without one, of the newest change."""
        ...

    def believe(self, at: datetime) -> None:
        """It was a night then."""
        ...

    def trust(self, at: datetime) -> None:
        """An operator says that it is that moment, whatever was recorded before."""
        ...


class NightReports(Protocol):
    """What the last night came to. Every method may raise RegistryError."""

    def keep(self, report: NightReport) -> None:
        """In place of the one before."""
        ...

    def latest(self, *, findings: bool = True) -> NightReport | None:
        """None before the first night. findings: without them, the steps say only how many there were."""
        ...
