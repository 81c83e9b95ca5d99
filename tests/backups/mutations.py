"""Backups and archives of workers that somebody changed: `python -m tests.backups.mutations 3000` tries many.

Most are changed behind their checksums, as somebody who knows the format would. Whatever is in them, one
sentence says so, or they are taken; and nothing half written is left.
"""

from __future__ import annotations

import copy
import io
import json
import random
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from facevec.backups import contents
from facevec.backups.people import write_archive
from facevec.backups.people_reading import MANIFEST, README, opened_archive
from facevec.backups.reading import MARKED_AS
from facevec.backups.restoring import Choices, restore
from facevec.backups.sealed import Reader, Writer
from facevec.errors import FacevecError
from facevec.registry.address import sqlite_url
from facevec.registry.engine import open_engine
from facevec.registry.records import SqlRecords
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from tests.integrity import KEY
from tests.registry.photos import photo

HOSTILE: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**70, 0.5, 1e308, float("nan"), "", "x", "é\ud800", "\0", "9" * 5000,
    [], {}, [[]], [1, 2, 3], [None] * 3, {"size": 1, "sha256": "0"}, "a" * 64, "../../etc/passwd",
    ["b", -5], ["b", 2**40], ["b", "x"], ["t", "x"], ["t", "2026-01-01"], ["t", 5], ["j", {}], ["?", 1],
    "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
)  # fmt: skip


def mutated(document: Any, draw: random.Random) -> Any:
    """`document` with something in it changed, left out, or there twice."""
    changed = copy.deepcopy(document)
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            places.append((node, key))
            walk(node[key])

    walk(changed)
    if not places or draw.random() < 0.03:
        return draw.choice(HOSTILE)
    node, key = draw.choice(places)
    deed = draw.random()
    if deed < 0.75:
        node[key] = copy.deepcopy(draw.choice(HOSTILE))
    elif deed < 0.9:
        del node[key]
    elif isinstance(node, list):
        node.append(copy.deepcopy(node[key]))
    else:
        node[f"{key}x"] = node[key]
    return changed


def flipped(whole: bytes, draw: random.Random) -> bytes:
    """`whole` with some bytes changed, cut off or put in."""
    data = bytearray(whole)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(data))
        deed = draw.random()
        if deed < 0.6:
            data[place] = draw.randrange(256)
        elif deed < 0.8:
            del data[place : place + draw.randint(1, 200)]
        else:
            data[place:place] = draw.randbytes(draw.randint(1, 50))
        data = data or bytearray(b"x")
    return bytes(data)


class Backups:
    """A backup, and what comes of others."""

    def __init__(self, folder: Path) -> None:
        from tests.backups.conftest import back_up

        self._folder, self._path = folder, folder / "whole"
        registry = filled(folder)
        back_up(registry._engine, self._path, files={"settings": b"[match]\n"})
        with self._path.open("rb") as file:
            self._frames = list(Reader(file, "whole").frames(None))

    def changed(self, draw: random.Random) -> bytes:
        """A backup that was changed."""
        way = draw.random()
        if way < 0.25:
            return flipped(self._path.read_bytes(), draw)
        if way < 0.4:
            return self._with_another_header(draw)
        out = io.BytesIO()
        writer = Writer(out, "backup", None)
        frames = list(self._frames)
        place = draw.randrange(len(frames))
        kind, document, blobs = contents.unpacked(frames[place])
        frames[place] = contents.packed(kind, mutated(document, draw), bytes(blobs))
        digest = sha256(writer.header_digest)
        for frame in frames[:-1]:
            digest.update(frame)
            writer.add(frame)
        if place < len(frames) - 1 and draw.random() < 0.8:  # by somebody who has the integrity key
            end = contents.unpacked(frames[-1])[1]
            end["mark"] = KEY.mark(MARKED_AS, [digest.digest()]).hex()
            frames[-1] = contents.packed(contents.END, end)
        writer.add(frames[-1], last=True)
        return out.getvalue()

    def _with_another_header(self, draw: random.Random) -> bytes:
        magic, header, rest = self._path.read_bytes().split(b"\n", 2)
        document = mutated(json.loads(header), draw)
        return b"\n".join((magic, json.dumps(document).encode(), rest))

    def take(self, path: Path) -> None:
        """Restore it; raises a FacevecError. What is there then is whole, or nothing is."""
        target = self._folder / "target.db"
        target.unlink(missing_ok=True)
        before = {one.name for one in self._folder.iterdir()}
        try:
            restore(
                path,
                sqlite_url(target),
                integrity=KEY,
                key=None,
                ledgers=[],
                choices=Choices(without_ledger=True),
                on_rows=lambda *_: None,
            )
        except FacevecError:
            left = {one.name for one in self._folder.iterdir()} - before
            assert not target.exists(), "half a registry was left"
            assert left <= {".facevec-scratch.lock", "target.db-use"}, left
            raise
        engine = open_engine(sqlite_url(target), key=KEY)
        SqlRegistry(engine).list_workers()
        engine.dispose()


class Archives:
    """An archive of workers, and what comes of others."""

    def __init__(self, folder: Path) -> None:
        registry = filled(folder)
        records = SqlRecords(registry._engine)
        self._path = folder / "whole.zip"
        ids = [worker.id for worker in registry.list_workers()]
        write_archive(self._path, map(records.record, ids), model="model-a", contract="contract-a")
        with zipfile.ZipFile(self._path) as archive:
            self._files = {name: archive.read(name) for name in archive.namelist()}

    def changed(self, draw: random.Random) -> bytes:
        """An archive that was changed."""
        if draw.random() < 0.3:
            return flipped(self._path.read_bytes(), draw)
        files = dict(self._files)
        name = draw.choice([one for one in files if one != README])
        if name.endswith(".json"):
            document = mutated(json.loads(files[name]), draw)
            files[name] = json.dumps(document).encode("utf-8", "surrogatepass")
        else:
            files[name] = flipped(files[name], draw)
        if name != MANIFEST:
            manifest = json.loads(files[MANIFEST])
            own = {"size": len(files[name]), "sha256": sha256(files[name]).hexdigest()}
            manifest["files"][name] = own
            files[MANIFEST] = json.dumps(manifest).encode()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
            for each, data in files.items():
                archive.writestr(each, data)
        return flipped(out.getvalue(), draw) if draw.random() < 0.2 else out.getvalue()

    def take(self, path: Path) -> None:
        """Read it to the end; raises a FacevecError."""
        with opened_archive(path, None) as archive:
            archive.require_all()
            for folder in archive.manifest.folders:
                archive.record(folder, 1_000_000)


def filled(folder: Path) -> SqlRegistry:
    """Two workers; one photo is kept."""
    engine = open_engine(sqlite_url(folder / "facevec.db"), key=KEY)
    prepare(engine)
    registry = SqlRegistry(engine)
    registry.claim_model("model-a", "contract-a")
    pixels = b"\x00\xff" * 500
    kept = replace(photo(2, pixels=pixels), sha256=sha256(pixels).hexdigest())
    registry.add_worker("Ana", "E-1", None, [photo(1), kept])
    registry.add_worker("Ben", None, None, [photo(3)])
    return registry


def attempt(subject: Backups | Archives, path: Path, number: int) -> str:
    """What came of one that was changed: `taken`, or the error's code."""
    path.write_bytes(subject.changed(random.Random(number)))
    try:
        subject.take(path)
    except FacevecError as error:
        is_sentence = str(error).endswith(".") and "\n" not in str(error)
        return error.code if is_sentence else str(error)
    return "taken"


def campaign(kind: Callable[[Path], Backups | Archives], count: int, seed: int = 0) -> Counter[str]:
    """What became of so many."""
    with tempfile.TemporaryDirectory() as name:
        subject = kind(Path(name))
        return Counter(attempt(subject, Path(name) / "changed", seed + number) for number in range(count))


if __name__ == "__main__":
    for each in (Archives, Backups):
        sys.stdout.write(f"{each.__name__}: {dict(campaign(each, int(sys.argv[1])))}\n")
        sys.stdout.flush()
