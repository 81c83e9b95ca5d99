"""Who must not come back with a backup, and whether that is known to the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from sqlalchemy import Connection, inspect

from facevec.backups.places import Before
from facevec.backups.reading import Contents
from facevec.errors import FacevecError, RestoreRefused
from facevec.registry import removals
from facevec.registry.erasing import erase
from facevec.registry.ledger import RemovalLedger
from facevec.registry.removals import Removal
from facevec.registry.tables import RemovalRow

_WHERE_NONE = (
    "Where none is left, --without-ledger restores all the same: then remove again whoever was removed "
    "since {}."
)
_ADVICE = f"Put back a copy of it, or name one with --ledger. {_WHERE_NONE}"


@dataclass(frozen=True, slots=True)
class Gone:
    """What the ledgers say. is_old: whether one of them was there when the backup was made. fault: of one."""

    listed: Mapping[str, Removal]
    is_old: bool
    fault: str | None
    paths: str
    contents: Contents
    is_waived: bool

    @classmethod
    def of(cls, ledgers: Sequence[RemovalLedger], contents: Contents, *, is_waived: bool) -> Gone:
        """Read the ledgers; none has to be there yet."""
        listed: dict[str, Removal] = {}
        is_old, fault = False, None
        made_at = datetime.fromisoformat(contents.header.made_at)
        for ledger in ledgers:
            try:
                record = ledger.read()
            except FacevecError as error:
                fault = str(error)
                continue
            if record is not None:
                listed |= record.removals
                is_old = is_old or record.begun.replace(microsecond=0) <= made_at
        paths = " and ".join(str(ledger.path) for ledger in ledgers)
        return cls(listed, is_old, fault, paths, contents, is_waived)

    def erase(self, connection: Connection, replaced: Before) -> Mapping[str, int]:
        """Take out of the restored database who is gone; how much it was, by kind.

        replaced: the registry that was there, which may know it, too. Raises RestoreRefused where neither
        that nor a ledger can say.
        """
        recorded = inspect(connection).has_table(RemovalRow.__tablename__)
        own = {one.identity: one for one in removals.read(connection)} if recorded else {}
        before = {one.identity: one for one in replaced.removals}
        if not self.is_waived:
            self._require_complete(own, before, replaced)
        gone = {**own, **before, **self.listed}
        erased = erase(connection, gone.values(), datetime.now(timezone.utc))
        if recorded:
            removals.write(connection, gone.values())
        return erased.counts

    def _require_complete(
        self, own: Mapping[str, Removal], before: Mapping[str, Removal], replaced: Before
    ) -> None:
        """Raises RestoreRefused."""
        made_at = self.contents.header.made_at
        advice = _ADVICE.format(made_at)
        if self.fault is not None:
            raise RestoreRefused(f"{self.fault} {_WHERE_NONE.format(made_at)}")
        if replaced.went_on and own.keys() <= before.keys():
            return
        if not self.is_old:
            raise RestoreRefused(
                "Nobody can say who was removed since the backup was made: the ledger of removals "
                f"{self.paths} is not there, or was begun later. {advice}"
            )
        if not own.keys() <= self.listed.keys():
            raise RestoreRefused(
                f"The ledger of removals {self.paths} lacks removals that the backup knows of, and so "
                f"perhaps later ones. {advice}"
            )
