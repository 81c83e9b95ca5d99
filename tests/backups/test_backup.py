"""A backup holds what the registry held at one moment, or it is none."""

from __future__ import annotations

import errno
import io
import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from facevec.backups.people import write_archive
from facevec.backups.reading import opened as reading_backup
from facevec.backups.scratch import scratch
from facevec.backups.sealed import Reader, SecretKey, Writer, key_in
from facevec.errors import (
    BackupLocked,
    BackupUnusable,
    FacevecError,
    InputError,
    OutputUnwritable,
    RegistryError,
)
from facevec.registry import soundness
from facevec.registry.address import sqlite_url
from facevec.registry.engine import open_engine, reading, writing
from facevec.registry.ledger import RemovalLedger
from facevec.registry.records import SqlRecords
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from tests.backups.conftest import SECRET, back_up, put_back
from tests.entries import posix
from tests.integrity import KEY
from tests.registry.photos import photo

SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
KEYS = pytest.mark.parametrize("key", [None, SECRET], ids=["plain", "encrypted"])


@KEYS
def test_what_is_restored_is_what_was_there(
    filled: SqlRegistry, engine: Engine, tmp_path: Path, same: Callable[..., bool], key: SecretKey | None
) -> None:
    made = back_up(engine, tmp_path / "b", key, files={"settings": b"[match]\n"})
    assert made.size == (tmp_path / "b").stat().st_size
    assert made.manifest.rows["workers"] == 2
    target = f"sqlite:///{tmp_path / 'new.db'}"
    assert put_back(tmp_path / "b", target, key).contents.files == {"settings": b"[match]\n"}
    assert same(target, filled)
    restored = SqlRegistry(open_engine(target, key=KEY))
    assert restored.add_worker("Zoe", None, None, [photo(9)]).id == 4, "an id was given twice"


def test_a_backup_of_one_engine_is_restored_to_another(
    filled: SqlRegistry, engine: Engine, tmp_path: Path, same: Callable[..., bool], postgres_database: str
) -> None:
    back_up(engine, tmp_path / "b")
    if engine.dialect.name == "postgresql":
        engine.dispose()
        put_back(tmp_path / "b", f"sqlite:///{tmp_path / 'a.db'}")
        put_back(tmp_path / "b", postgres_database, replace=True)
    else:
        put_back(tmp_path / "b", postgres_database)
    registry = SqlRegistry(open_engine(postgres_database, key=KEY))
    assert [worker.name for worker in registry.list_workers()] == ["Ana", "Ben"]
    assert registry.add_worker("Zoe", None, None, [photo(9)]).id == 4


@posix
@SQLITE
def test_nobody_else_reads_it_and_nothing_of_it_is_in_clear_under_a_key(
    filled: SqlRegistry, engine: Engine, tmp_path: Path
) -> None:
    filled.add_worker("Wilhelmina Quartermaine", None, None, [photo(5)])
    back_up(engine, tmp_path / "plain")
    back_up(engine, tmp_path / "dark", SECRET)
    assert (tmp_path / "dark").stat().st_mode & 0o777 == 0o600
    traces = (
        b"Wilhelmina Quartermaine",
        photo(1).template.tobytes()[:40],
        photo(1).sha256.encode(),
        b"\x00\xff" * 50,
    )
    for trace in traces:
        assert trace in (tmp_path / "plain").read_bytes()
        assert trace not in (tmp_path / "dark").read_bytes()
    assert [path for path in (tmp_path / "scratch").iterdir() if path.is_dir()] == []


def read_whole(path: Path, key: SecretKey | None) -> None:
    with reading_backup(path, key) as contents:
        for _ in contents.blocks():
            pass


@SQLITE
@KEYS
def test_whatever_is_changed_in_it_is_noticed(
    filled: SqlRegistry, engine: Engine, tmp_path: Path, key: SecretKey | None
) -> None:
    """Every kind of byte: flipped, cut off, added, frames exchanged; and a frame of another backup."""
    back_up(engine, tmp_path / "b", key)
    whole, draw = (tmp_path / "b").read_bytes(), random.Random(7)
    changed = []
    for _ in range(60):
        place = draw.randrange(len(whole))
        flipped = bytearray(whole)
        flipped[place] ^= 1 << draw.randrange(8)
        changed += [bytes(flipped), whole[:place]]
    changed += [whole + b"x", whole[:-1], b"", whole[:5]]
    for content in changed:
        (tmp_path / "changed").write_bytes(content)
        with pytest.raises(BackupUnusable) as caught:
            read_whole(tmp_path / "changed", key)
        assert str(caught.value).endswith(".")
    read_whole(tmp_path / "b", key)


@KEYS
def test_frames_stand_in_their_order_and_in_their_own_file(key: SecretKey | None) -> None:
    def written(*frames: bytes) -> tuple[bytes, list[bytes]]:
        file, ends = io.BytesIO(), []
        writer = Writer(file, "backup", key)
        for number, frame in enumerate(frames):
            ends.append(file.tell())
            writer.add(frame, last=number == len(frames) - 1)
        data = file.getvalue()
        return data[: ends[0]], [data[start:end] for start, end in zip(ends, [*ends[1:], None], strict=True)]

    def is_refused(data: bytes) -> bool:
        try:
            list(Reader(io.BytesIO(data), "it").frames(key))
        except BackupUnusable:
            return True
        return False

    head, (first, second, last) = written(b"one", b"two", b"end")
    other, (_, others, _) = written(b"one", b"two", b"end")
    assert not is_refused(head + first + second + last)
    for frames in (second + first + last, first + last, first + second, first + first + second + last):
        assert is_refused(head + frames)
    assert is_refused(head + first + others + last)
    assert is_refused(other + first + second + last)


@SQLITE
def test_each_wrong_key_has_its_sentence(filled: SqlRegistry, engine: Engine, tmp_path: Path) -> None:
    back_up(engine, tmp_path / "dark", SECRET)
    back_up(engine, tmp_path / "plain")
    (tmp_path / "foreign").write_bytes(b"PK\x03\x04 something else")
    other = SecretKey(b"x" * 32, "other.key")
    for name, key, kind, said in (
        ("dark", None, BackupLocked, "is encrypted; name the file of its key"),
        ("dark", other, BackupLocked, "under another key than that in other.key"),
        ("plain", SECRET, BackupLocked, "is not encrypted"),
        ("foreign", None, BackupUnusable, "neither a backup nor an archive"),
    ):
        with pytest.raises(kind, match=said):
            read_whole(tmp_path / name, key)


def test_a_key_is_what_its_file_holds_but_for_the_end_of_a_line(tmp_path: Path) -> None:
    file = tmp_path / "key"
    for content, secret in (
        (b" " + bytes(range(128, 159)), b" " + bytes(range(128, 159))),
        (b"0123456789abcdef" * 2 + b"\n", b"0123456789abcdef" * 2),
    ):
        file.write_bytes(content)
        assert key_in(file).secret == secret
    file.write_bytes(b"short\n")
    with pytest.raises(InputError, match="shorter than 32 bytes"):
        key_in(file)


def test_a_backup_under_eight_writers_is_of_one_moment(tmp_path: Path, ledger: RemovalLedger) -> None:
    """Everybody acknowledged before it began is in it, whole; whoever was removed before is not."""
    url = sqlite_url(tmp_path / "facevec.db")
    engine = open_engine(url, key=KEY)
    prepare(engine)
    SqlRegistry(engine).claim_model("model-a", "contract-a")
    numbers, stop = count(), threading.Event()
    there: set[int] = set()
    gone: set[int] = set()
    faults: list[BaseException] = []

    def write() -> None:
        own = open_engine(url, key=KEY, busy_seconds=60)
        registry = SqlRegistry(own, ledger=ledger)
        try:
            while not stop.is_set():
                number = next(numbers)
                photos = [photo(3 * number + each) for each in range(3)]
                worker = registry.add_worker(f"Worker {number}", None, None, photos)
                there.add(worker.id)
                if number % 3 == 0:
                    there.discard(worker.id)
                    registry.remove_worker(worker.id)
                    gone.add(worker.id)
        except FacevecError as error:
            faults.append(error)
        finally:
            own.dispose()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for attempt in range(3):
            before, removed = set(there), set(gone)
            back_up(engine, tmp_path / f"b{attempt}")
            target = tmp_path / f"r{attempt}.db"
            put_back(tmp_path / f"b{attempt}", f"sqlite:///{target}")
            restored = open_engine(sqlite_url(target), key=KEY)
            workers = {worker.id: worker for worker in SqlRegistry(restored).list_workers()}
            assert before - gone <= set(workers)
            assert not removed & set(workers)
            assert all(worker.photo_count == 3 for worker in workers.values())
            with reading(restored) as connection:
                assert soundness.faults(connection) == ()
            restored.dispose()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert faults == []
    assert len(ledger.read().removals) == len(gone)
    assert len(there) > 10


class Failing:
    """Fails at the n-th of some calls of `os`, and counts them."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int | None) -> None:
        self.calls, self._at = 0, at
        for name in ("fsync", "replace", "link"):
            patch.setattr(os, name, self._wrapped(getattr(os, name)))
        patch.setattr(Writer, "_write", self._wrapped(Writer._write))

    def _wrapped(self, call: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*arguments: object, **options: object) -> object:
            self.calls += 1
            if self.calls == self._at:
                raise OSError(errno.ENOSPC, "No space left on device")
            return call(*arguments, **options)

        return wrapped


@SQLITE
def test_a_fault_at_any_write_leaves_the_backup_before(
    filled: SqlRegistry, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(engine, tmp_path / "b")
    before = (tmp_path / "b").read_bytes()
    with monkeypatch.context() as patch:
        calls = Failing(patch, None)
        back_up(engine, tmp_path / "counted")
        total = calls.calls
    assert total > 10
    for at in range(1, total + 1):
        with monkeypatch.context() as patch:
            Failing(patch, at)
            with suppress(OutputUnwritable, RegistryError):
                back_up(engine, tmp_path / "b")
        read_whole(tmp_path / "b", None)
        if at < total - 2:
            assert (tmp_path / "b").read_bytes() == before
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".b-")]


@SQLITE
def test_what_the_disk_gives_back_otherwise_is_no_backup(
    filled: SqlRegistry, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Writer._write

    def flipping(self: Writer, data: bytes) -> None:
        before = self.size
        write(self, data)
        if before <= 3000 < self.size:
            self._file.flush()
            (byte,) = Path(self._file.name).read_bytes()[2000:2001]
            self._file.seek(2000)
            self._file.write(bytes([byte ^ 0xFF]))
            self._file.seek(0, io.SEEK_END)

    monkeypatch.setattr(Writer, "_write", flipping)
    with pytest.raises(BackupUnusable, match="does not give back"):
        back_up(engine, tmp_path / "b")
    assert not (tmp_path / "b").exists()


@SQLITE
def test_a_damaged_registry_makes_no_backup(filled: SqlRegistry, engine: Engine, tmp_path: Path) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE changes SET worker_id = 7 WHERE revision = 2"))
    with pytest.raises(BackupUnusable, match="db check"):
        back_up(engine, tmp_path / "b")
    assert not (tmp_path / "b").exists()


@SQLITE
def test_rows_that_are_not_as_facevec_wrote_them_are_copied_and_told(
    filled: SqlRegistry, engine: Engine, tmp_path: Path
) -> None:
    assert back_up(engine, tmp_path / "sound").not_authentic == {}
    with writing(engine) as connection:
        connection.execute(text("UPDATE workers SET status = 'inactive' WHERE id = 1"))
    assert back_up(engine, tmp_path / "b").not_authentic == {"workers": 1}
    restored = put_back(tmp_path / "b", f"sqlite:///{tmp_path / 'new.db'}")
    assert restored.not_authentic == {"workers": 1}


@SQLITE
@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="nothing is forgotten there")
def test_an_archive_is_read_back_from_the_disk(
    filled: SqlRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not written to it yet is not forgotten, and would be read back from memory."""
    calls = []
    sync, forget = os.fsync, os.posix_fadvise
    monkeypatch.setattr(os, "fsync", lambda file: (calls.append("fsync"), sync(file)))
    monkeypatch.setattr(os, "posix_fadvise", lambda *of: (calls.append("forget"), forget(*of)))
    write_archive(tmp_path / "a.zip", [SqlRecords(filled._engine).record(2)], model=None, contract=None)
    assert calls[:2] == ["fsync", "forget"]


@SQLITE
def test_what_goes_wrong_beside_a_file_is_not_blamed_on_it(
    filled: SqlRegistry, engine: Engine, tmp_path: Path
) -> None:
    back_up(engine, tmp_path / "b")
    for block in (lambda: reading_backup(tmp_path / "b", None), lambda: scratch(tmp_path)):
        with pytest.raises(OSError, match="of something else"), block():
            raise OSError("of something else")


@SQLITE
def test_what_a_backup_that_was_killed_left_is_swept(
    filled: SqlRegistry, engine: Engine, tmp_path: Path
) -> None:
    back_up(engine, tmp_path / "b")
    whole, yesterday = (tmp_path / "b").read_bytes(), time.time() - 25 * 3600
    left, foreign, new = (tmp_path / f".{name}-0123456789abcdef" for name in ("b", "other", "c"))
    for file, content in ((left, whole[:3000]), (foreign, b"of another"), (new, whole[:3000])):
        file.write_bytes(content)
        os.utime(file, None if file is new else (yesterday, yesterday))
    back_up(engine, tmp_path / "d")
    assert [file.exists() for file in (left, foreign, new)] == [False, True, True]
