"""Wrapped keys in files, and a process that rotates their master key until it is killed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path

from facevec.files import replacing
from facevec.masterkeys.envelope import wrapped_under
from facevec.masterkeys.kept import FileKey, file_key
from facevec.ports import MasterKey
from facevec.usecases.rotate import require_all_under, rotate

COUNT = 12
REGISTRY = "5c1f"


class WrappedInFiles:
    """`ports.WrappedKeys`: a file of each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> Mapping[str, int]:
        return Counter(wrapped_under(wrapped) for _, wrapped in self.all())

    def rewrap(self, master: MasterKey) -> int:
        count = 0
        for path, wrapped in self.all():
            if not master.is_current(wrapped):
                self.write(path.name, master.wrap(master.unwrap(wrapped, context(path)), context(path)))
                count += 1
        return count

    def write(self, name: str, wrapped: bytes) -> None:
        with replacing(self.folder / name, durable=False) as successor:
            successor.write_bytes(wrapped)

    def all(self) -> Iterator[tuple[Path, bytes]]:
        for path in sorted(self.folder.glob("key*")):
            yield path, path.read_bytes()


def context(path: Path) -> bytes:
    return path.name.encode()


def master_of(folder: Path) -> FileKey:
    now = datetime.now(timezone.utc)
    return file_key(folder / "master", folder / "home", REGISTRY, make_at=now)


def main(folder: Path) -> None:
    wrapped = WrappedInFiles(folder / "wrapped")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        master = master_of(folder)
        rotate(master, wrapped, lambda: master.file.begin(datetime.now(timezone.utc)))  # noqa: B023  # at once
        require_all_under(master, wrapped)
        master.file.forget()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
