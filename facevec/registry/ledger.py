"""The ledger of removals: a file outside of the registry and of its backups, which is only ever added to.

It is written before the removal is committed: killed in between, the next start finishes the removal; the
other way round a removal could be lost with the disk that it was committed to. Each line carries a mark under
the integrity key that takes in the mark of the line before, so a line that was changed, left out or put
elsewhere is told. A line that is torn at the end is one that nobody was told of.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, get_args

from filelock import FileLock

from facevec.errors import DiskFull, RegistryError
from facevec.files import NO_ROOM, OWNER_ONLY, PRIVATE_FOLDER, sync_folder
from facevec.integrity import IntegrityKey
from facevec.registry.removals import Kind, Removal

_FIRST = "facevec-removals-1"
_TAKEN_BACK = "none"
"""In place of a kind: the removal of that moment was not committed, and is none."""

_MARKED_AS = "ledger of removals"
_MARK_BYTES = 16
_WAIT_SECONDS = 15.0
_LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class Record:
    """What the ledger says. begun: since when it has recorded removals; those before are not in it."""

    begun: datetime
    removals: Mapping[str, Removal]


class RemovalLedger:
    """The file at `path`, which is made when it is first written to."""

    def __init__(self, path: Path, key: IntegrityKey) -> None:
        self.path = path
        self._key = key

    def begin(self) -> None:
        """See that it is there: from now on it is complete. Raises DiskFull, RegistryError."""
        if not self.path.exists():
            self._add(())

    def append(self, removals: Iterable[Removal]) -> None:
        """They are on the disk when it returns. Raises DiskFull, RegistryError."""
        lines = [(one.at, one.kind, one.identity) for one in removals]
        if lines:
            self._add(lines)

    def take_back(self, removals: Iterable[Removal]) -> None:
        """They came to nothing, and everybody is still there. Raises as `append`."""
        lines = [(one.at, _TAKEN_BACK, one.identity) for one in removals]
        if lines:
            self._add(lines)

    def read(self) -> Record | None:
        """None where there is no ledger. Raises RegistryError for one that is damaged or of another key."""
        try:
            with self.path.open("rb") as file:
                lines = file.read().split(b"\n")[:-1]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(self.path, error) from error
        if not lines:
            return None
        before, entries = "", dict[str, list[Removal]]()
        begun = datetime.now(timezone.utc)
        for number, line in enumerate(lines):
            at, kind, identity, mark = self._parsed(line, before, number)
            before = mark
            if number == 0:
                begun = at
            elif kind == _TAKEN_BACK:
                # Its own line only: who came back with an older copy has an earlier one, which stands.
                entries[identity] = [one for one in entries.get(identity, ()) if one.at != at]
            else:
                entries.setdefault(identity, []).append(Removal(identity, _kind(kind), at))
        return Record(begun, {identity: each[-1] for identity, each in entries.items() if each})

    def _add(self, lines: Iterable[tuple[datetime, str, str]]) -> None:
        try:
            self.path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            lock = FileLock(f"{self.path}.lock", timeout=_WAIT_SECONDS, mode=OWNER_ONLY)
            with lock, os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, OWNER_ONLY), "rb+") as file:
                is_new, before = self._to_the_end(file)
                text = b""
                if is_new:
                    before, line = self._line(before, datetime.now(timezone.utc), _FIRST, "-")
                    text += line
                for at, kind, identity in lines:
                    before, line = self._line(before, at, kind, identity)
                    text += line
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                sync_folder(self.path.parent)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise DiskFull(
                    f"The ledger of removals {self.path} cannot grow: the disk is full; free some space."
                ) from error
            raise _unusable(self.path, error) from error

    def _to_the_end(self, file: IO[bytes]) -> tuple[bool, str]:
        """(whether it holds nothing, the last line's mark); what was torn there is taken off."""
        end = file.seek(0, os.SEEK_END)
        start = max(0, end - 2 * _LONGEST_LINE)
        file.seek(start)
        tail = file.read()
        whole = tail[: tail.rfind(b"\n") + 1]
        file.truncate(start + len(whole))
        file.seek(start + len(whole))
        last = whole.rstrip(b"\n").rpartition(b"\n")[2]
        return (not whole, last.rpartition(b" ")[2].decode("ascii", "replace"))

    def _line(self, before: str, at: datetime, kind: str, identity: str) -> tuple[str, bytes]:
        said = f"{at.astimezone(timezone.utc).isoformat()} {kind} {identity}"
        mark = self._mark(before, said)
        return mark, f"{said} {mark}\n".encode("ascii")

    def _parsed(self, line: bytes, before: str, number: int) -> tuple[datetime, str, str, str]:
        try:
            said, _, mark = line.decode("ascii").rpartition(" ")
            if hmac.compare_digest(self._mark(before, said), mark):
                at, kind, identity = said.split(" ")
                if (number == 0) == (kind == _FIRST):
                    return datetime.fromisoformat(at), kind, identity, mark
        except (ValueError, TypeError):
            pass
        raise RegistryError(
            f"The ledger of removals {self.path} was changed, damaged, or written under another integrity "
            f"key, in line {number + 1}; put back a copy of it."
        )

    def _mark(self, before: str, said: str) -> str:
        return self._key.mark(_MARKED_AS, [before.encode(), said.encode()])[:_MARK_BYTES].hex()


def _kind(text: str) -> Kind:
    for kind in get_args(Kind):
        if kind == text:
            return kind  # type: ignore[no-any-return]  # one of `Kind`
    raise RegistryError(
        f"The ledger of removals speaks of {text!r}, which this facevec does not know; upgrade it."
    )


def _unusable(path: Path, error: OSError) -> RegistryError:
    return RegistryError(
        f"The ledger of removals {path} cannot be used: {error.strerror or error}; see to its folder, or "
        "name another in registry.removals."
    )
