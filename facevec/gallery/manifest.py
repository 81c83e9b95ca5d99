"""One generation's folder: two arrays, and a manifest that every byte is held against.

The checksums are those of what was meant, made in memory before anything is written: whatever happens to a
byte on its way to the disk, what is read back does not fit them.

The folder is named `<revision>-<first 16 hex digits of the manifest's SHA-256>`; the
manifest holds the SHA-256 of the arrays. So the name tells damage to everything below it, and the manifest's
mark, which takes the integrity key, tells who wrote it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facevec import __version__
from facevec.errors import GalleryError
from facevec.files import creating, digest, sync_folder
from facevec.integrity import MARK_BYTES, IntegrityKey
from facevec.types import Generation, Position, Snapshot, TemplateKey

FORMAT = 2
MANIFEST = "manifest.json"
MARK = "manifest.mark"
WORKER_IDS = "worker_ids.npy"
REFERENCES = "references.npy"

KIND = "generation"
"""What a manifest is marked as."""


def write(folder: Path, snapshot: Snapshot, key: IntegrityKey) -> str:
    """Write and fsync `snapshot` into the empty `folder`; returns the name the folder must get."""
    files = {
        WORKER_IDS: _write_array(folder / WORKER_IDS, snapshot.worker_ids),
        REFERENCES: _write_array(folder / REFERENCES, snapshot.references),
    }
    manifest = {
        "format": FORMAT,
        "facevec": __version__,
        "created_at": datetime.now(timezone.utc).isoformat(),
        "registry": snapshot.position.registry,
        "epoch": snapshot.position.epoch,
        "revision": snapshot.revision,
        "digest": snapshot.position.digest,
        "contract": snapshot.contract,
        "model": snapshot.model,
        "templates": snapshot.template_count,
        "workers": len(snapshot.worker_ids),
        "dimension": snapshot.references.shape[1],
        "set_aside": snapshot.set_aside,
        "files": files,
    }
    data = json.dumps(manifest, indent=2).encode()
    with creating(folder / MANIFEST) as file:
        file.write(data)
    with creating(folder / MARK) as file:
        file.write(key.mark(KIND, [data]).hex().encode())
    sync_folder(folder)
    return f"{snapshot.revision}-{hashlib.sha256(data).hexdigest()[:16]}"


def read(folder: Path, name: str, key: IntegrityKey) -> Generation:
    """The generation in `folder`, if it is to the last bit what was once named `name` and marked with `key`.

    Raises GalleryError.
    """
    try:
        return _read(folder, name, key)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GalleryError(f"Generation {name} cannot be read: {error}.") from error


def _read(folder: Path, name: str, key: IntegrityKey) -> Generation:
    data = (folder / MANIFEST).read_bytes()
    if not name.endswith("-" + hashlib.sha256(data).hexdigest()[:16]):
        raise GalleryError(f"The manifest of generation {name} was changed or damaged.")
    if not key.made(_mark_in(folder), KIND, [data]):
        raise GalleryError(
            f"Generation {name} was not written under the integrity key here ({key.origin}); run "
            "`facevec index rebuild`."
        )
    manifest: dict[str, Any] = json.loads(data)
    if manifest["format"] != FORMAT:
        raise GalleryError(
            f"Generation {name} has format {manifest['format']}, this facevec reads {FORMAT}; run "
            "`facevec index rebuild`."
        )
    worker_ids = _read_array(folder, WORKER_IDS, manifest)
    references = _read_array(folder, REFERENCES, manifest)
    if references.shape != (manifest["workers"], manifest["dimension"]) or len(worker_ids) != len(references):
        raise GalleryError(f"The arrays of generation {name} do not have the size its manifest says.")
    return Generation(
        name=name,
        created_at=datetime.fromisoformat(manifest["created_at"]),
        size=2 * MARK_BYTES + len(data) + sum(file["size"] for file in manifest["files"].values()),
        snapshot=Snapshot(
            position=Position(*(manifest[name] for name in ("registry", "epoch", "revision", "digest"))),
            contract=manifest["contract"],
            model=manifest["model"],
            template_count=manifest["templates"],
            worker_ids=worker_ids,
            references=references,
            set_aside=tuple(TemplateKey(*each) for each in manifest["set_aside"]),
        ),
    )


def _mark_in(folder: Path) -> bytes | None:
    """The mark of a generation; None for one from before they had any, or where it is not as written."""
    try:
        text = (folder / MARK).read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    mark = bytes.fromhex(text)
    return mark if mark.hex() == text else None


def _write_array(path: Path, array: npt.NDArray[Any]) -> dict[str, Any]:
    """Size and SHA-256 of what the file is meant to hold."""
    array = np.ascontiguousarray(array)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
    meant = (header.getvalue(), array.data.cast("B") if array.size else b"")
    sha256 = hashlib.sha256()
    for part in meant:
        sha256.update(part)
    with creating(path) as file:
        for part in meant:
            file.write(part)
    _forget(path)
    return {"size": sum(len(part) for part in meant), "sha256": sha256.hexdigest()}


def _forget(path: Path) -> None:
    """Have what is read next come from the disk and not from memory, where the system can."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _read_array(folder: Path, file_name: str, manifest: dict[str, Any]) -> npt.NDArray[Any]:
    with (folder / file_name).open("rb") as file:
        if digest(file) != manifest["files"][file_name]["sha256"]:
            raise GalleryError(f"{file_name} of generation {folder.name} was changed or damaged.")
        file.seek(0)
        array: npt.NDArray[Any] = np.load(file, allow_pickle=False)
        return array
