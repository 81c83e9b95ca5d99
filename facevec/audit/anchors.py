"""Who is told, elsewhere, how far the trail goes."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from facevec.errors import AuditUnavailable
from facevec.events import Events
from facevec.ports import Clock
from facevec.types import AuditHead

SECONDS = 30
"""So long a command may take."""

logger = Events()


class Anchor:
    """file: to which lines are added; command: of the shell, which gets them on its standard input."""

    def __init__(self, clock: Clock, file: Path | None, command: str | None) -> None:
        self._clock, self._file, self._command = clock, file, command
        self._one_at_a_time = threading.Lock()
        self._telling: list[threading.Thread] = []

    def tell(self, ends: Sequence[AuditHead]) -> None:
        """Raises AuditUnavailable."""
        moment = self._clock().isoformat(timespec="seconds")
        text = "".join(f"{moment} {end.segment} {end.number} {end.mark}\n" for end in ends)
        try:
            with self._one_at_a_time:
                self._hand_over(text)
        except (OSError, subprocess.SubprocessError) as error:
            raise AuditUnavailable(f"The anchor of the audit trail could not be told: {error}.") from error

    def tell_meanwhile(self, ends: Sequence[AuditHead]) -> None:
        """In a thread of its own: nobody's answer waits for another machine. What goes wrong is logged."""
        if self._file is None and self._command is None:
            return
        self._telling = [thread for thread in self._telling if thread.is_alive()]
        self._telling.append(
            threading.Thread(target=self._try, args=(ends,), name="facevec-anchor", daemon=True)
        )
        self._telling[-1].start()

    def finish(self) -> None:
        """Wait for what is being told, as long as a command may take."""
        for thread in self._telling:
            thread.join(SECONDS)

    def _try(self, ends: Sequence[AuditHead]) -> None:
        try:
            self.tell(ends)
        except AuditUnavailable as error:
            logger.error("audit_not_anchored", reason=str(error))  # noqa: TRY400  # a sentence says it

    def _hand_over(self, text: str) -> None:
        if self._file is not None:
            with self._file.open("a", encoding="ascii") as file:
                file.write(text)
        if self._command is not None:
            subprocess.run(  # noqa: S602  # the operator's own line, as in a crontab
                self._command,
                shell=True,
                input=text.encode(),
                check=True,
                timeout=SECONDS,
                stdout=subprocess.DEVNULL,
            )
