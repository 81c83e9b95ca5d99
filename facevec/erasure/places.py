"""Every place where what was destroyed might be. A new one is a function, and a line in `PLACES`.

Rows need none: those of every table are looked through, of those that come later, too (`rows`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from facevec.audit.verify import Walk
from facevec.backups.reading import opened
from facevec.erasure.rows import VISIT, RowsFound
from facevec.erasure.search import Search, below, cannot_tell, nothing, there
from facevec.errors import FacevecError
from facevec.registry import removals, whole
from facevec.registry.engine import reading
from facevec.registry.tables import DataKeyRow
from facevec.types import PlaceChecked

Look = Callable[[Search], Iterator[PlaceChecked]]
"""May raise FacevecError and OSError, which say that the place cannot be checked."""


def _in_tables(search: Search, *, keys: bool) -> RowsFound:
    """keys: in that of the keys of data, and else in all others."""
    with reading(search.scene.engine) as connection:
        chosen = [
            table for table in whole.tables(connection) if (table.name == DataKeyRow.__tablename__) is keys
        ]
        return search.in_rows(block for table in chosen for block in whole.read(connection, table))


def _registry(search: Search) -> Iterator[PlaceChecked]:
    rows = _in_tables(search, keys=False)
    search.shared |= rows.shared
    if rows.kinds:
        yield there("registry", rows.kinds, is_fault=True)
    else:
        yield nothing("registry", "No row is theirs, and none holds what was theirs.")


def _keys(search: Search) -> Iterator[PlaceChecked]:
    rows = _in_tables(search, keys=True)
    if rows.kinds:
        yield there("keys", rows.kinds, is_fault=True)
    else:
        yield nothing("keys", "None is one under which theirs was encrypted.")


def _ledger(search: Search) -> Iterator[PlaceChecked]:
    ledger, what = search.scene.ledger, search.receipt.what
    record = ledger.read()
    kinds = search.receipt.identities.items()
    needed = {
        identity for identity, kind in kinds if kind == "worker" or (what != "worker" and kind != VISIT)
    }
    with reading(search.scene.engine) as connection:
        known = removals.known(connection, tuple(needed))
    if record is None or not needed <= record.removals.keys() or not needed <= known:
        yield cannot_tell(
            "ledger of removals",
            f"{ledger.path} or the registry does not say that they were removed: a restored backup could "
            "bring them back.",
            is_fault=True,
        )
    else:
        yield nothing("ledger of removals", "They are marked as removed: no restore brings them back.")


def _database(search: Search) -> Iterator[PlaceChecked]:
    if search.database is None:
        yield cannot_tell(
            "database files",
            "PostgreSQL keeps dead rows until it vacuums them, and its WAL as long as it is archived; look "
            "there.",
        )
    else:
        yield search.in_files("database files", search.beside())


def _index(search: Search) -> Iterator[PlaceChecked]:
    index = search.scene.index
    place = search.in_files("index", below(index))
    old = [
        folder.name
        for folder in index.glob("*-*")
        if folder.is_dir() and _revision(folder.name) < search.receipt.revision
    ]
    if place.state == "there" or not old:
        yield place
        return
    yield PlaceChecked(
        "index",
        "there",
        f"{', '.join(sorted(old))} was made before the removal and may hold the face in another form.",
        until="the next rebuild, or `facevec index rebuild`",
        is_fault=True,
    )


def _gallery(search: Search) -> Iterator[PlaceChecked]:
    match search.scene.engine_name:
        case "milvus":
            yield cannot_tell("gallery", "Milvus deletes what was removed when it compacts; ask it there.")
        case "pgvector":
            yield cannot_tell("gallery", "Its rows are the registry's; dead ones go when PostgreSQL vacuums.")
        case _:
            yield cannot_tell(
                "memory",
                "A process that runs holds vectors until it next compares its revision with the registry's; "
                "none names them from the removal on.",
            )


def _rest(search: Search) -> Iterator[PlaceChecked]:
    yield search.in_files("rest of FACEVEC_HOME", search.rest(), until="the file is deleted")


def _audit_text(search: Search) -> Iterator[PlaceChecked]:
    folder = search.scene.audit
    yield search.in_files("audit trail, its text", [] if folder is None else below(folder))


def _audit_record(search: Search) -> Iterator[PlaceChecked]:
    place, where = "audit trail, the record", search.receipt.audit
    if search.scene.audit is None or where is None:
        yield cannot_tell(place, "No trail was kept when it was removed.")
        return
    walk, segments, says = Walk(search.scene.audit, search.scene.key), set[int](), None
    for record in walk:
        segments.add(record.segment)
        if (record.segment, record.number) == (where.segment, where.number) and record.is_authentic:
            says = record.event.detail.get("receipt")
    faults = [one for one in walk.findings if one.is_fault]
    if faults:
        yield cannot_tell(place, f"The trail was changed: {faults[0].sentence}", is_fault=True)
    elif says == search.receipt.id:
        yield nothing(place, f"Record {where.number} of segment {where.segment} says so; the chain holds.")
    elif where.segment not in segments:
        yield cannot_tell(place, f"Segment {where.segment} was deleted by its age (audit.days).")
    else:
        yield cannot_tell(place, "Where the receipt says, the trail records something else.", is_fault=True)


def _backups(search: Search) -> Iterator[PlaceChecked]:
    for path, key in search.scene.backups:
        place = f"backup {path}"
        try:
            with opened(path, key) as contents:
                rows = search.in_rows(contents.blocks())
                is_ours = contents.made_under(search.scene.key)
                made_at = datetime.fromisoformat(contents.header.made_at)
        except FacevecError as error:
            yield cannot_tell(place, str(error))
            continue
        if not is_ours:
            yield PlaceChecked(
                place,
                "there" if rows.kinds else "unknown",
                "It was made or changed by somebody without the integrity key; delete it.",
                is_fault=True,
            )
        elif not rows.kinds:
            yield nothing(place, f"Made at {contents.header.made_at}, and nothing of theirs is in it.")
        elif made_at > search.receipt.erased_at:
            more = " It says that it was made after the removal."
            yield there(place, rows.kinds, is_fault=True, more=more)
        else:
            yield there(place, rows.kinds, until="the file is deleted; a restore leaves them out")


def _files(search: Search) -> Iterator[PlaceChecked]:
    for path in search.scene.files:
        if path.exists():
            yield search.in_files(str(path), below(path), is_fault=False)
        else:
            yield cannot_tell(str(path), "It is not there.")


def _beyond(search: Search) -> Iterator[PlaceChecked]:
    yield cannot_tell(
        "log", "It goes to stderr, to whoever keeps it; it holds ids, and no name or vector. `--file` looks."
    )
    dumps = " Core dumps are allowed (server.core_dumps)." if search.scene.core_dumps else ""
    yield cannot_tell(
        "swap and core dumps", f"The system's: encrypt swap, or have none; `--file` looks.{dumps}"
    )
    yield cannot_tell(
        "blocks of the disk",
        "What a file system or a flash disk keeps of blocks that were overwritten, no program can see; "
        "encrypt the disk. `--file` looks in an image of it.",
    )


PLACES: Sequence[tuple[str, Look]] = (
    ("registry", _registry),
    ("keys", _keys),
    ("ledger of removals", _ledger),
    ("database files", _database),
    ("index", _index),
    ("gallery", _gallery),
    ("rest of FACEVEC_HOME", _rest),
    ("audit trail, its text", _audit_text),
    ("audit trail, the record", _audit_record),
    ("backups", _backups),
    ("files", _files),
    ("what is beyond", _beyond),
)
"""In this order; the registry is the first, for it says what somebody else has just so."""


def _revision(name: str) -> int:
    text = name.lstrip(".").removeprefix("building-").partition("-")[0]
    return int(text) if text.isdigit() else 2**63
