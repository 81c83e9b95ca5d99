"""What people agreed to, as it is looked up: the ledger, and the texts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select

from facevec.errors import ConsentRefused, ConsentTextNotFound
from facevec.ports import Clock, utc_now
from facevec.registry import consent_ledger, marks
from facevec.registry.encryption import words
from facevec.registry.engine import reading, writing
from facevec.registry.names import clean_text_version
from facevec.registry.state import take_turn
from facevec.registry.tables import ConsentTextRow
from facevec.types import LONGEST_TEXT, ConsentText, LedgerEntry


class SqlConsentRecords:
    """`ports.ConsentRecords` beside the workers, in the same database."""

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def entries(self, worker_id: int | None = None) -> tuple[LedgerEntry, ...]:
        with reading(self._engine) as connection:
            return consent_ledger.entries(connection, worker_id)

    def faults(self) -> tuple[str, ...]:
        with reading(self._engine) as connection:
            return tuple(consent_ledger.faults(connection))

    def add_text(self, version: str, text: str, by: str) -> ConsentText:
        version = clean_text_version(version)
        if not text.strip() or len(text) > LONGEST_TEXT:
            raise ConsentRefused(
                f"A consent text has between 1 and {LONGEST_TEXT} characters; this one has {len(text)}."
            )
        row = {
            "version": version,
            "text": text,
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "added_by": by,
            "added_at": self._clock(),
        }
        with writing(self._engine) as connection:
            known = _text(connection, version)
            if known is None:
                take_turn(connection)
                stored = words.sealed(connection, ConsentTextRow, row)
                connection.execute(
                    insert(ConsentTextRow).values(marks.marked(connection, ConsentTextRow, stored))
                )
            elif _value(connection, known, strict=True).text != text:
                raise ConsentRefused(
                    f"The consent text {version!r} is another one already, and people may have agreed to it; "
                    "give this one a version of its own."
                )
        return self.text(version)

    def text(self, version: str) -> ConsentText:
        with reading(self._engine) as connection:
            row = _text(connection, version)
            if row is None:
                raise ConsentTextNotFound(
                    f"There is no consent text {version!r}; `facevec consent text list` shows those there "
                    "are."
                )
            return _value(connection, row)

    def texts(self) -> Sequence[ConsentText]:
        oldest_first = select(ConsentTextRow.__table__).order_by(
            ConsentTextRow.added_at, ConsentTextRow.version
        )
        with reading(self._engine) as connection:
            return tuple(_value(connection, row) for row in connection.execute(oldest_first))


def require_text(connection: Connection, version: str) -> None:
    """Raises ConsentRefused where texts are kept and this version is none of them."""
    if _text(connection, version) is not None:
        return
    if connection.scalar(select(func.count()).select_from(ConsentTextRow)):
        raise ConsentRefused(
            f"There is no consent text {version!r}: name one of `facevec consent text list`, or add it with "
            "`facevec consent text add`."
        )


def _text(connection: Connection, version: str) -> Row[Any] | None:
    chosen: Select[Any] = select(ConsentTextRow.__table__).where(ConsentTextRow.version == version)
    return connection.execute(chosen).one_or_none()


def _value(connection: Connection, row: Row[Any], *, strict: bool = False) -> ConsentText:
    (text,) = words.opened(connection, ConsentTextRow, [row], strict=strict)
    return ConsentText(text["version"], text["text"], text["sha256"], text["added_by"], text["added_at"])
