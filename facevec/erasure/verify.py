"""Looking for what a receipt says was destroyed, in every place where facevec keeps anything."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from facevec.audit.verify import Walk
from facevec.backups.reading import opened
from facevec.backups.sealed import SecretKey
from facevec.erasure.rows import RowsFound, look_through
from facevec.erasure.traces import Tracer, Traces
from facevec.errors import FacevecError, ReceiptUnusable
from facevec.integrity import IntegrityKey
from facevec.registry import removals, whole
from facevec.registry.address import companions, sqlite_file
from facevec.registry.engine import reading
from facevec.registry.ledger import RemovalLedger
from facevec.registry.reserve import Reserve
from facevec.types import PlaceChecked, Receipt


@dataclass(frozen=True, slots=True)
class Scene:
    """Where to look. engine_name: of the gallery. audit: None where none is kept. backups: files to be shown,
    each with its key."""

    key: IntegrityKey
    engine: Engine
    ledger: RemovalLedger
    home: Path
    index: Path
    audit: Path | None
    engine_name: str
    core_dumps: bool
    backups: Sequence[tuple[Path, SecretKey | None]] = ()


def check(receipt: Receipt, scene: Scene) -> Iterator[PlaceChecked]:
    """Every place, in turn. Raises ReceiptUnusable, RegistryError."""
    tracer = Tracer(scene.key)
    try:
        traces = tracer.unsealed(receipt.traces)
    except ValueError as error:
        raise ReceiptUnusable("The traces in the receipt do not open under this integrity key.") from error
    yield from _Check(receipt, scene, tracer, traces).places()


class _Check:
    def __init__(self, receipt: Receipt, scene: Scene, tracer: Tracer, traces: Traces) -> None:
        self.receipt, self.scene, self.tracer, self.traces = receipt, scene, tracer, traces
        self.database = sqlite_file(scene.engine.url)
        self.shared: set[str] = set()

    def places(self) -> Iterator[PlaceChecked]:
        """Each place with what is left in it."""
        yield self._registry()
        yield self._ledger()
        if self.database is None:
            yield _unknown(
                "database files",
                "PostgreSQL keeps dead rows until it vacuums them, and its WAL as long as it is archived; "
                "look there.",
            )
        else:
            yield self._files("database files", self._beside(self.database))
        yield self._index()
        yield self._gallery()
        yield self._files("rest of FACEVEC_HOME", self._rest(), until="the file is deleted")
        yield self._audit_text()
        yield self._audit_record()
        for path, key in self.scene.backups:
            yield self._backup(path, key)
        yield from self._beyond()

    def _registry(self) -> PlaceChecked:
        with reading(self.scene.engine) as connection:
            blocks = (block for table in whole.tables(connection) for block in whole.read(connection, table))
            rows = self._look_through(blocks)
        self.shared = rows.shared
        if rows.kinds:
            return _there("registry", rows.kinds, is_fault=True)
        return _nothing("registry", "No row is theirs, and none holds what was theirs.")

    def _ledger(self) -> PlaceChecked:
        record = self.scene.ledger.read()
        needed = {
            identity
            for identity, kind in self.receipt.identities.items()
            if self.receipt.what == "face" or kind == "worker"
        }
        with reading(self.scene.engine) as connection:
            known = removals.known(connection, tuple(needed))
        if record is None or not needed <= record.removals.keys() or not needed <= known:
            return _unknown(
                "ledger of removals",
                f"{self.scene.ledger.path} or the registry does not say that they were removed: a restored "
                "backup could bring them back.",
                is_fault=True,
            )
        return _nothing("ledger of removals", "They are marked as removed: no restore brings them back.")

    def _index(self) -> PlaceChecked:
        place = self._files("index", _below(self.scene.index))
        old = [
            folder.name
            for folder in self.scene.index.glob("*-*")
            if folder.is_dir() and _revision(folder.name) < self.receipt.revision
        ]
        if place.state == "there" or not old:
            return place
        return PlaceChecked(
            "index",
            "there",
            f"{', '.join(sorted(old))} was made before the removal and may hold the face in another form.",
            until="the next rebuild, or `facevec index rebuild`",
            is_fault=True,
        )

    def _gallery(self) -> PlaceChecked:
        match self.scene.engine_name:
            case "milvus":
                return _unknown("gallery", "Milvus deletes what was removed when it compacts; ask it there.")
            case "pgvector":
                return _unknown(
                    "gallery", "Its rows are the registry's; dead ones go when PostgreSQL vacuums."
                )
            case _:
                return _unknown(
                    "memory",
                    "A process that runs holds vectors until it next compares its revision with the "
                    "registry's; none names them from the removal on.",
                )

    def _audit_text(self) -> PlaceChecked:
        folder = self.scene.audit
        return self._files("audit trail, its text", [] if folder is None else _below(folder))

    def _audit_record(self) -> PlaceChecked:
        place, where = "audit trail, the record", self.receipt.audit
        if self.scene.audit is None or where is None:
            return _unknown(place, "No trail was kept when it was removed.")
        walk, segments, says = Walk(self.scene.audit, self.scene.key), set[int](), None
        for record in walk:
            segments.add(record.segment)
            if (record.segment, record.number) == (where.segment, where.number) and record.is_authentic:
                says = record.event.detail.get("receipt")
        faults = [one for one in walk.findings if one.is_fault]
        if faults:
            return _unknown(place, f"The trail was changed: {faults[0].sentence}", is_fault=True)
        if says == self.receipt.id:
            return _nothing(
                place, f"Record {where.number} of segment {where.segment} says so; the chain holds."
            )
        if where.segment not in segments:
            return _unknown(place, f"Segment {where.segment} was deleted by its age (audit.days).")
        return _unknown(place, "Where the receipt says, the trail records something else.", is_fault=True)

    def _backup(self, path: Path, key: SecretKey | None) -> PlaceChecked:
        place = f"backup {path}"
        try:
            with opened(path, key) as contents:
                rows = self._look_through(contents.blocks())
                is_ours = contents.made_under(self.scene.key)
                made_at = datetime.fromisoformat(contents.header.made_at)
        except FacevecError as error:
            return _unknown(place, str(error))
        if not is_ours:
            return PlaceChecked(
                place,
                "there" if rows.kinds else "unknown",
                "It was made or changed by somebody without the integrity key; delete it.",
                is_fault=True,
            )
        if not rows.kinds:
            return _nothing(place, f"Made at {contents.header.made_at}, and nothing of theirs is in it.")
        if made_at > self.receipt.erased_at:
            return _there(
                place, rows.kinds, is_fault=True, more=" It says that it was made after the removal."
            )
        return _there(place, rows.kinds, until="the file is deleted; a restore leaves them out")

    def _beyond(self) -> Iterator[PlaceChecked]:
        yield _unknown("log", "It goes to stderr, to whoever keeps it; it holds ids, and no name or vector.")
        dumps = " Core dumps are allowed (server.core_dumps)." if self.scene.core_dumps else ""
        yield _unknown("swap and core dumps", f"The system's: encrypt swap, or have none.{dumps}")
        yield _unknown(
            "blocks of the disk",
            "What a file system or a flash disk keeps of blocks that were overwritten, no program can "
            "see; encrypt the disk.",
        )

    def _look_through(self, blocks: Iterable[whole.Block]) -> RowsFound:
        return look_through(blocks, self.scene.key, self.tracer, self.receipt.identities, self.traces)

    def _files(self, place: str, files: Iterable[Path], until: str | None = None) -> PlaceChecked:
        kinds, shared, where, count = set[str](), set[str](), "", 0
        for path in files:
            try:
                in_file = self.tracer.found_in(path, self.traces)
            except FileNotFoundError:  # a build that ended meanwhile
                continue
            except OSError as error:
                return _unknown(place, f"{path} cannot be read: {error.strerror or error}.")
            count += 1
            shared |= in_file & self.shared
            if in_file - self.shared:
                kinds |= in_file - self.shared
                where = str(path)
        if kinds:
            return _there(place, kinds, until=until, is_fault=until is None, more=f" In {where}.")
        if shared:
            return _unknown(
                place,
                f"Somebody who is enrolled has the same {', '.join(sorted(shared))}; nothing else is there.",
            )
        return _nothing(place, f"{count} files, and no byte of theirs.")

    def _beside(self, database: Path) -> list[Path]:
        files = (database, *companions(database), Reserve(self.scene.engine).path)
        return [path for path in files if path is not None and path.is_file()]

    def _rest(self) -> Iterator[Path]:
        """All else below the home, and what is called after a database that lies elsewhere."""
        others = [self.scene.index.resolve(), *([self.scene.audit.resolve()] if self.scene.audit else [])]
        database, called = set[Path](), list[Path]()
        if self.database is not None:
            database = set(self._beside(self.database))
            called = sorted(self.database.parent.glob(f"{glob.escape(self.database.name)}-*"))
        for path in dict.fromkeys([*_below(self.scene.home), *filter(Path.is_file, called)]):
            is_elsewhere = any(folder in path.resolve().parents for folder in others)
            if not is_elsewhere and path not in database:
                yield path


def _below(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def _revision(name: str) -> int:
    text = name.lstrip(".").removeprefix("building-").partition("-")[0]
    return int(text) if text.isdigit() else 2**63


def _nothing(place: str, sentence: str) -> PlaceChecked:
    return PlaceChecked(place, "nothing", sentence)


def _unknown(place: str, sentence: str, *, is_fault: bool = False) -> PlaceChecked:
    return PlaceChecked(place, "unknown", sentence, is_fault=is_fault)


def _there(
    place: str, kinds: Iterable[str], *, until: str | None = None, is_fault: bool = False, more: str = ""
) -> PlaceChecked:
    return PlaceChecked(
        place, "there", f"It holds theirs: {', '.join(sorted(kinds))}.{more}", until, is_fault
    )
