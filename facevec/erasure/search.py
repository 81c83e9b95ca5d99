"""What looking for what was destroyed works with, in whatever place."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine

from facevec.backups.sealed import SecretKey
from facevec.erasure.rows import RowsFound, look_through
from facevec.erasure.traces import Tracer, Traces
from facevec.integrity import IntegrityKey
from facevec.registry import whole
from facevec.registry.address import companions, sqlite_file
from facevec.registry.ledger import RemovalLedger
from facevec.registry.reserve import Reserve
from facevec.types import PlaceChecked, Receipt


@dataclass(frozen=True, slots=True)
class Scene:
    """Where to look. engine_name: of the gallery. audit: None where none is kept. backups: files to be shown,
    each with its key. files: whatever else, folders too."""

    key: IntegrityKey
    engine: Engine
    ledger: RemovalLedger
    home: Path
    index: Path
    audit: Path | None
    engine_name: str
    core_dumps: bool
    backups: Sequence[tuple[Path, SecretKey | None]] = ()
    files: Sequence[Path] = ()


@dataclass
class Search:
    """For what one receipt says. shared: kinds of it that somebody who is enrolled has just so."""

    receipt: Receipt
    scene: Scene
    tracer: Tracer
    traces: Traces
    shared: set[str] = field(default_factory=set)

    @cached_property
    def database(self) -> Path | None:
        """Its file, where there is one."""
        return sqlite_file(self.scene.engine.url)

    def in_rows(self, blocks: Iterable[whole.Block]) -> RowsFound:
        """As `rows.look_through`."""
        return look_through(blocks, self.scene.key, self.tracer, self.receipt.identities, self.traces)

    def in_files(
        self, place: str, files: Iterable[Path], until: str | None = None, *, is_fault: bool = True
    ) -> PlaceChecked:
        """What their bytes say. until: when they go; nothing is at fault then. Raises OSError."""
        kinds, shared, where, count = set[str](), set[str](), "", 0
        for path in files:
            try:
                in_file = self.tracer.found_in(path, self.traces)
            except FileNotFoundError:  # a build that ended meanwhile
                continue
            count += 1
            shared |= in_file & self.shared
            if in_file - self.shared:
                kinds |= in_file - self.shared
                where = str(path)
        if kinds:
            is_fault = is_fault and until is None
            return there(place, kinds, until=until, is_fault=is_fault, more=f" In {where}.")
        if shared:
            return cannot_tell(
                place,
                f"Somebody who is enrolled has the same {', '.join(sorted(shared))}; nothing else is there.",
            )
        return nothing(place, f"{count} file{'' if count == 1 else 's'}, and no byte of theirs.")

    def beside(self) -> list[Path]:
        """The database's own files."""
        if self.database is None:
            return []
        files = (self.database, *companions(self.database), Reserve(self.scene.engine).path)
        return [path for path in files if path is not None and path.is_file()]

    def rest(self) -> Iterator[Path]:
        """All else below the home, and what is called after a database that lies elsewhere."""
        scene = self.scene
        others = [scene.index.resolve(), *([scene.audit.resolve()] if scene.audit else [])]
        own, called = {*self.beside()}, list[Path]()
        if self.database is not None:
            called = sorted(self.database.parent.glob(f"{glob.escape(self.database.name)}-*"))
        for path in dict.fromkeys([*below(scene.home), *filter(Path.is_file, called)]):
            is_elsewhere = any(folder in path.resolve().parents for folder in others)
            if not is_elsewhere and path not in own:
                yield path


def below(folder: Path) -> Iterator[Path]:
    """Every file in it, and itself where it is one."""
    if folder.is_file():
        yield folder
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def nothing(place: str, sentence: str) -> PlaceChecked:
    """Nothing is there."""
    return PlaceChecked(place, "nothing", sentence)


def cannot_tell(place: str, sentence: str, *, is_fault: bool = False) -> PlaceChecked:
    """Why it cannot be checked."""
    return PlaceChecked(place, "unknown", sentence, is_fault=is_fault)


def there(
    place: str, kinds: Iterable[str], *, until: str | None = None, is_fault: bool = False, more: str = ""
) -> PlaceChecked:
    """What is there still."""
    return PlaceChecked(
        place, "there", f"It holds theirs: {', '.join(sorted(kinds))}.{more}", until, is_fault
    )
