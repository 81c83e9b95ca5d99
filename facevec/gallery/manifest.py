"""One generation's folder: its files, see `stored`, and a manifest that every byte is held against.

The checksums are those of what was meant, made in memory before anything is written: whatever happens to a
byte on its way to the disk, what is read back does not fit them.

The folder is named `<revision>-<first 16 hex digits of the manifest's SHA-256>`; the manifest holds the
SHA-256 of the files, one of which holds that of each reference. So the name tells damage to everything below
it, and the manifest's mark, which takes the integrity key, tells who wrote it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from facevec import __version__
from facevec.errors import GalleryError
from facevec.files import creating, sync_folder
from facevec.gallery import sealing, stored
from facevec.gallery.segment import Segment
from facevec.gallery.stored import RowsToWrite
from facevec.integrity import MARK_BYTES, IntegrityKey
from facevec.ports import KeyWrap
from facevec.types import Generation, Position, Snapshot, TemplateKey

CLEAR, ENCRYPTED = 3, 4
"""The formats of a generation."""

MANIFEST = "manifest.json"
MARK = "manifest.mark"

KIND = "generation"
"""What a manifest is marked as."""


def write(
    folder: Path, snapshot: Snapshot, rows: RowsToWrite, key: IntegrityKey, wrap: KeyWrap | None = None
) -> str:
    """Write and fsync `rows` into the empty `folder`; returns the name the folder must get."""
    cipher = sealing.begin(folder, wrap)
    written = stored.write(folder, rows, cipher)
    manifest = {
        "format": CLEAR if cipher is None else ENCRYPTED,
        "facevec": __version__,
        "created_at": datetime.now(timezone.utc).isoformat(),
        "registry": snapshot.position.registry,
        "epoch": snapshot.position.epoch,
        "revision": snapshot.revision,
        "digest": snapshot.position.digest,
        "contract": snapshot.contract,
        "model": snapshot.model,
        "templates": snapshot.template_count,
        "set_aside": snapshot.set_aside,
        "workers": len(rows.worker_ids),
        "dimension": rows.dimension,
        **written._asdict(),
    }
    data = json.dumps(manifest, indent=2).encode()
    with creating(folder / MANIFEST) as file:
        file.write(data)
    with creating(folder / MARK) as file:
        file.write(key.mark(KIND, [data]).hex().encode())
    sync_folder(folder)
    return f"{snapshot.revision}-{hashlib.sha256(data).hexdigest()[:16]}"


def read(
    folder: Path, name: str, key: IntegrityKey, wrap: KeyWrap | None = None, *, whole: bool
) -> tuple[Generation, Segment]:
    """The generation in `folder`, if it is what was once named `name` and marked with `key`, and its rows.

    whole: see `stored.read`. Raises GalleryError, RegistryError where it cannot be decrypted.
    """
    try:
        return _read(folder, name, key, wrap, whole=whole)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GalleryError(f"Generation {name} cannot be read: {error}.") from error


def _read(
    folder: Path, name: str, key: IntegrityKey, wrap: KeyWrap | None, *, whole: bool
) -> tuple[Generation, Segment]:
    data = (folder / MANIFEST).read_bytes()
    if not name.endswith("-" + hashlib.sha256(data).hexdigest()[:16]):
        raise GalleryError(f"The manifest of generation {name} was changed or damaged.")
    if not key.made(_mark_in(folder), KIND, [data]):
        raise GalleryError(
            f"Generation {name} was not written under the integrity key here ({key.origin}); run "
            "`facevec index rebuild`."
        )
    manifest: dict[str, Any] = json.loads(data)
    if manifest["format"] not in (CLEAR, ENCRYPTED):
        raise GalleryError(
            f"Generation {name} has format {manifest['format']}, this facevec reads {CLEAR} and {ENCRYPTED}; "
            "run `facevec index rebuild`."
        )
    size, cipher = 2 * MARK_BYTES + len(data), None
    if manifest["format"] == ENCRYPTED:
        size, cipher = size + (folder / sealing.KEY).stat().st_size, sealing.cipher_of(folder, wrap)
    segment = stored.read(folder, manifest, cipher, whole=whole)
    generation = Generation(
        name=name,
        created_at=datetime.fromisoformat(manifest["created_at"]),
        size=size + sum(file["size"] for file in manifest["files"].values()),
        workers=manifest["workers"],
        snapshot=Snapshot(
            position=Position(*(manifest[name] for name in ("registry", "epoch", "revision", "digest"))),
            contract=manifest["contract"],
            model=manifest["model"],
            template_count=manifest["templates"],
            set_aside=tuple(TemplateKey(*each) for each in manifest["set_aside"]),
        ),
    )
    return generation, segment


def _mark_in(folder: Path) -> bytes | None:
    """The mark of a generation; None for one from before they had any, or where it is not as written."""
    try:
        text = (folder / MARK).read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    mark = bytes.fromhex(text)
    return mark if mark.hex() == text else None
