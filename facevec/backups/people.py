"""An archive of workers: a ZIP file, or one under a key, that people and programs can read.

`manifest.json` says what is in it, with the SHA-256 of each file; each worker has a folder: `worker.json`,
their templates (a line for each photo, float32; another file for each further model), and the photos
themselves where they are kept. Who wants more in it adds a `Section`.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any

import numpy as np

from facevec import __version__
from facevec.backups.output import becoming, require_on_disk
from facevec.backups.people_documents import ArchiveManifest, FileDocument
from facevec.backups.people_reading import (
    FORMAT,
    KIND,
    MANIFEST,
    README,
    WORKER,
    opened_archive,
)
from facevec.backups.sealed import SecretKey, Writer
from facevec.files import CHUNK
from facevec.types import WorkerRecord

_SUFFIXES = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"RIFF": ".webp"}

_README = """What facevec keeps of the people in this archive.

manifest.json lists the files with their SHA-256. Each person has a folder: worker.json says who they are,
to what they agreed and which photos were enrolled; templates.npy holds the numbers that were computed from
those photos (NumPy, float32, a line for each, in the order of worker.json); photos/ holds the photos, where
they were kept; sealed.npy holds what they looked like at first. consents.json says to what they agreed and
when it ended, consent_texts holds what they read, visits.json when and where they were seen, audit.json who
recognised, looked at or changed them, by which decision. about.html says the same to people, without the
numbers. `facevec worker import` takes the archive.
"""

Files = Iterable[tuple[str, bytes]]
Section = Callable[[WorkerRecord], Files]
"""The files that an archive holds of a worker, by their paths in the worker's folder."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One that was written. size: bytes."""

    path: Path
    manifest: ArchiveManifest
    photos: int
    encrypted: bool
    size: int


def identity_section(record: WorkerRecord) -> Files:
    """Who they are, what they agreed to, and their photos."""
    photos, rows = [], Counter[str]()
    for number, each in enumerate(record.photos, start=1):
        template = {"file": _templates_file(record, each.contract), "row": rows[each.contract]}
        rows[each.contract] += 1
        document = _plain(asdict(each.photo)) | {
            "contract": each.contract,
            "template": template,
            "file": None,
        }
        if each.pixels is not None:
            document["file"] = f"photos/{number:02}{_suffix(each.pixels)}"
            yield document["file"], each.pixels
        photos.append(document)
    yield WORKER, _json({**_plain(asdict(record.worker)), "photos": photos})


def templates_section(record: WorkerRecord) -> Files:
    """The numbers that were computed from the photos, a file for each contract."""
    for contract in dict.fromkeys(each.contract for each in record.photos):
        file = io.BytesIO()
        own = [each.template for each in record.photos if each.contract == contract]
        np.save(file, np.stack(own), allow_pickle=False)
        yield _templates_file(record, contract), file.getvalue()


SECTIONS: Sequence[Section] = (identity_section, templates_section)


def write_archive(
    path: Path,
    records: Iterable[WorkerRecord],
    *,
    model: str | None,
    contract: str | None,
    key: SecretKey | None = None,
    sections: Sequence[Section] = SECTIONS,
) -> Archive:
    """Write the workers to the file at `path`, which takes its name once it was read back.

    Raises OutputUnwritable, BackupUnusable for a disk that gives back something else, and what `records`
    does.
    """
    with becoming(path, "archive") as successor:
        with successor.open("wb") as file, _output(file, key) as output:
            manifest, photos = _written(output, records, model, contract, sections)
        require_on_disk(successor)
        with opened_archive(successor, key) as archive:
            for folder in archive.manifest.folders:
                archive.record(folder)
            archive.require_all()
        size = successor.stat().st_size
    return Archive(path, manifest, photos, key is not None, size)


def _written(
    output: IO[bytes],
    records: Iterable[WorkerRecord],
    model: str | None,
    contract: str | None,
    sections: Sequence[Section],
) -> tuple[ArchiveManifest, int]:
    files: dict[str, FileDocument] = {}
    folders: list[str] = []
    photos = 0
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for number, record in enumerate(records, start=1):
            folders.append(f"workers/{number:06}")
            photos += len(record.photos)
            for section in sections:
                for path, data in section(record):
                    whole = f"{folders[-1]}/{path}"
                    files[whole] = FileDocument(size=len(data), sha256=hashlib.sha256(data).hexdigest())
                    archive.writestr(whole, data)
        manifest = ArchiveManifest(
            format=FORMAT,
            facevec=__version__,
            made_at=datetime.now(timezone.utc).replace(microsecond=0),
            model=model,
            contract=contract,
            folders=tuple(folders),
            files=files,
        )
        archive.writestr(README, _README)
        archive.writestr(MANIFEST, _json(manifest.model_dump(mode="json")))
    return manifest, photos


@contextmanager
def _output(file: IO[bytes], key: SecretKey | None) -> Iterator[IO[bytes]]:
    if key is None:
        yield file
        return
    stream = _FrameStream(Writer(file, KIND, key))
    yield stream  # type: ignore[misc]  # as much of a file as zipfile needs
    stream.end()


class _FrameStream:
    """Bytes that are written one after the other, as frames."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._waiting = writer, bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) >= CHUNK:
            self._writer.add(bytes(self._waiting[:CHUNK]))
            del self._waiting[:CHUNK]
        return len(data)

    def flush(self) -> None:
        """Frames are written when they are full."""

    def end(self) -> None:
        """Write what is left."""
        self._writer.add(bytes(self._waiting), last=True)


def _templates_file(record: WorkerRecord, contract: str) -> str:
    number = list(dict.fromkeys(each.contract for each in record.photos)).index(contract)
    return f"templates-{number + 1}.npy" if number else "templates.npy"


def _suffix(pixels: bytes) -> str:
    return next((suffix for start, suffix in _SUFFIXES.items() if pixels.startswith(start)), ".bin")


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace")


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """With moments as texts."""
    return json.loads(json.dumps(values, default=lambda moment: moment.isoformat()))  # type: ignore[no-any-return]
