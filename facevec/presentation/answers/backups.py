"""What a backup holds, and what became of one that was restored."""

from __future__ import annotations

from facevec.presentation.answers.base import Answer, Moment


class BackupContents(Answer):
    """What a backup holds. made_from: the engine. rows: of each table. files: what else is in it."""

    made_at: Moment
    facevec: str
    encrypted: bool
    schema_version: str
    made_from: str
    registry: str | None
    epoch: int | None
    revision: int
    model: str | None
    contract: str | None
    integrity_key: str
    rows: dict[str, int]
    files: tuple[str, ...]


class BackupSettings(Answer):
    """The settings file that is in a backup, as it stands there; null where there is none."""

    settings: str | None


class BackupAnswer(BackupContents):
    """A backup that was made and read back; `size` in bytes.

    not_authentic: of each table how many rows in it are not as facevec wrote them.
    """

    path: str
    size: int
    sha256: str
    not_authentic: dict[str, int]


class ArchiveAnswer(Answer):
    """An archive of workers that was written; photos: how many have a template in it. `size` in bytes."""

    path: str
    workers: int
    photos: int
    encrypted: bool
    size: int


class RestoreAnswer(BackupContents):
    """A backup that was restored: where to, at which schema, and where what was replaced lies now.

    not_brought_back: what is in the backup and was removed since, by kind. not_authentic: of each table how
    many rows are not as facevec wrote them.
    """

    restored_to: str
    restored_schema: str
    aside: str | None
    not_brought_back: dict[str, int]
    not_authentic: dict[str, int]
