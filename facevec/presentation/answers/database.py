"""The registry's database: its schema, copies of it, and whether what lies in it is encrypted and marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.presentation.answers.base import Answer

if TYPE_CHECKING:
    from facevec.registry.conversion import Survey


class SchemaAnswer(Answer):
    """The version that the database has and the one that this facevec needs; what is damaged in it."""

    current: str | None
    head: str
    faults: tuple[str, ...]


class LogCompacted(Answer):
    """How many changes the change log let go of."""

    let_go: int


class SchemaUpgraded(Answer):
    """The version that the database had, has, and needs; where the registry lies as it was before."""

    before: str | None
    backup: str | None
    current: str | None
    head: str
    adopted: dict[str, int]


class RegistryCopied(Answer):
    """Where the copy is, how many rows of each table it has, where the source stood, and how many changes
    came while it was copied: they are not in it."""

    where: str
    rows: dict[str, int]
    revision: int
    missed: int


class EncryptionAnswer(Answer):
    """Whether new values are encrypted, and how many values are, and are not, by table."""

    encrypts: bool
    encrypted: dict[str, int]
    clear: dict[str, int]

    @classmethod
    def counted(cls, survey: Survey) -> EncryptionAnswer:
        by_table = survey.by_table.items()
        return cls(
            encrypts=survey.encrypts,
            encrypted={table: sealed for table, (sealed, _) in by_table},
            clear={table: clear for table, (_, clear) in by_table},
        )


class MarkedRows(Answer):
    """The rows of a table. refused: those that were not written under the integrity key."""

    table: str
    count: int
    refused: tuple[str, ...]


class IntegrityAnswer(Answer):
    """Every row that decides, held against the integrity key."""

    key_file: str
    tables: tuple[MarkedRows, ...]
