"""The record of what was done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from facevec.types import AuditEvent, AuditHead


class AuditTrail(Protocol):
    """Keeps what was done, in an order that nobody without the integrity key can change unnoticed."""

    def require(self) -> None:
        """Raises AuditUnavailable where nothing can be recorded, and the settings want nothing done then."""
        ...

    def record(self, event: AuditEvent) -> AuditHead | None:
        """Where it stands; None where nothing is recorded. Raises AuditUnavailable as `require`."""
        ...

    def picture(self, data: bytes) -> str:
        """What stands for a picture: a keyed hash, hexadecimal."""
        ...

    def anchor(self) -> Sequence[AuditHead]:
        """Tell the anchor, where there is one, how far each segment goes. Raises AuditUnavailable."""
        ...

    def close(self) -> None:
        """Let another process go on; recording again takes it back."""
        ...

    def prune(self, days: int) -> int:
        """Delete closed segments whose last record is older; how many. What they were stays in the trail."""
        ...
