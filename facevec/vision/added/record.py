"""The networks that were added to a folder of models: each in a folder of its own, beside its description."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from filelock import FileLock

from facevec.errors import ModelCorrupt, ModelRefused, ModelUnknown, OutputUnwritable
from facevec.files import FOLDER, READ_BY_ALL, open_file, sha256_of, sync_folder
from facevec.usecases.model import AUTO
from facevec.vision.added.description import Description, described
from facevec.vision.added.entry import added_model
from facevec.vision.added.verdict import Findings
from facevec.vision.models.model import EmbeddingModel

FOLDER_NAME = "added"
"""Of the folder inside that of models."""

RECORD = "model.json"
NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")

_DAMAGE = (
    FileNotFoundError,
    NotADirectoryError,
    IsADirectoryError,
    ModelRefused,
    AttributeError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading a record raises that is missing, or is JSON of whatever shape."""


@dataclass(frozen=True, slots=True)
class Record:
    """What stands beside a network that was added.

    files: the SHA-256 of each by its name, the graph first. size: their bytes together. source_file: what the
    graph was called. recorded_at: ISO 8601, UTC.
    """

    name: str
    description: Description
    files: Mapping[str, str]
    size: int
    source_file: str
    recorded_at: str
    findings: Findings

    @property
    def sha256(self) -> str:
        """Of the graph; of several files that of their checksums, as sha256sum lists them."""
        if len(self.files) == 1:
            return next(iter(self.files.values()))
        listed = "".join(f"{sha256}  {name}\n" for name, sha256 in self.files.items())
        return hashlib.sha256(listed.encode()).hexdigest()

    @property
    def model(self) -> EmbeddingModel:
        """Its entry in the catalogue."""
        return added_model(self.name, self.description, size=self.size, sha256=self.sha256)


class AddedModels:
    """What was added to the folder of models `folder`; any number of processes may read it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER_NAME

    def names(self) -> Sequence[str]:
        """Of every network that is here, whole or not."""
        if not self._folder.is_dir():
            return ()
        return sorted(home.name for home in self._folder.iterdir() if NAME.fullmatch(home.name))

    def models(self) -> Mapping[str, EmbeddingModel]:
        """The entries of those whose description is whole. Raises OSError where the folder cannot be read."""
        records = {name: self.record(name) for name in self.names()}
        return {name: record.model for name, record in records.items() if record is not None}

    def record(self, name: str) -> Record | None:
        """What stands beside the network; None where that is missing or damaged. Raises OSError."""
        try:
            with open_file(self.place(name) / RECORD) as file:
                return _record(name, json.load(file))
        except _DAMAGE:
            return None

    def place(self, name: str) -> Path:
        """The network's own folder."""
        return self._folder / name

    def graph(self, name: str) -> Path:
        """The network's graph, each of its files held against its SHA-256 just now.

        Raises ModelCorrupt, and OSError where one cannot be read.
        """
        record = self.record(name)
        home = self.place(name)
        if record is None or not all(_is_whole(home / file, sha256) for file, sha256 in record.files.items()):
            raise ModelCorrupt(
                f"The network {name} at {home} is damaged; `facevec models remove {name}`, then add it again."
            )
        return home / next(iter(record.files))

    def require_free(self, name: str, known: Mapping[str, object]) -> None:
        """Raises ModelRefused for a name that no network may get. known: those that facevec has itself."""
        if not NAME.fullmatch(name) or ".." in name:
            raise ModelRefused(
                "A network's name is made of a to z, 0 to 9, dots, dashes and underscores, 64 at most; "
                "choose another with --as."
            )
        if name == AUTO:
            raise ModelRefused(f"{AUTO} stands for the best model there is; choose another name with --as.")
        if name in known:
            raise ModelRefused(f"{name} is one of facevec's own models; choose another name with --as.")
        if name in self.names():
            raise ModelRefused(
                f"A network {name} is here already; choose another name with --as, or `facevec models remove "
                f"{name}` first."
            )

    def keep(
        self, name: str, files: Sequence[Path], description: Description, source_file: str, findings: Findings
    ) -> Record:
        """Store a network that was tried; all of it is there at once, or nothing.

        Raises OutputUnwritable, and ModelRefused where the name was taken meanwhile.
        """
        record = Record(
            name=name,
            description=description,
            files={file.name: sha256_of(file) for file in files},
            size=sum(file.stat().st_size for file in files),
            source_file=source_file,
            recorded_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            findings=findings,
        )
        with self._writing():
            self.require_free(name, {})  # since it was looked at, another process may have taken it
            fresh = self._folder / f".{name}-{secrets.token_hex(8)}"
            try:
                fresh.mkdir(mode=FOLDER)
                for file in files:
                    _put(fresh / file.name, file.read_bytes())
                _put(fresh / RECORD, _document(record))
                fresh.rename(self.place(name))
                sync_folder(self._folder)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
        return record

    def remove(self, name: str) -> None:
        """Raises ModelUnknown where it is not here, OutputUnwritable."""
        if name not in self.names():
            raise ModelUnknown(f"No network called {name!r} was added here; `facevec models list` shows all.")
        with self._writing():
            gone = self._folder / f".{name}-{secrets.token_hex(8)}"
            self.place(name).rename(gone)  # at once for those who read
            shutil.rmtree(gone)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
            with FileLock(self._folder / ".lock"):
                for left in self._folder.glob(".*-*"):  # by processes that were killed
                    shutil.rmtree(left, ignore_errors=True)
                yield
        except OSError as error:
            raise OutputUnwritable(
                f"The folder for models, {self._folder}, cannot be written ({error.strerror or error}); make "
                "room there or set FACEVEC_MODELS to another."
            ) from None


def _record(name: str, content: Mapping[str, Any]) -> Record:
    files = {str(file): str(sha256) for file, sha256 in content["files"].items()}
    if content["name"] != name or not files or any(Path(file).name != file for file in files):
        raise ValueError(name)
    return Record(
        name=name,
        description=described(content["description"]),
        files=files,
        size=int(content["size"]),
        source_file=str(content["source_file"]),
        recorded_at=str(content["recorded_at"]),
        findings=Findings(**content["findings"]),
    )


def _document(record: Record) -> bytes:
    content = {
        "name": record.name,
        "description": record.description.model_dump(exclude_none=True),
        "files": record.files,
        "size": record.size,
        "source_file": record.source_file,
        "recorded_at": record.recorded_at,
        "findings": asdict(record.findings),
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def _put(path: Path, content: bytes) -> None:
    path.touch(READ_BY_ALL, exist_ok=False)
    with path.open("r+b") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _is_whole(path: Path, sha256: str) -> bool:
    try:
        return not path.is_symlink() and sha256_of(path) == sha256
    except FileNotFoundError:
        return False
