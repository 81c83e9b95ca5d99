"""What stands beside stored weights: where they came from and how to tell that they are still the same."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from facevec.files import READ_BY_ALL, replacing

Trust = Literal["pinned", "recorded at first fetch", "recorded at import", "recorded when it was added"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The pedigree of one stored model.

    source: the catalogue's source, or `import:` and the name of the file that was handed over.
    source_sha256: of the download or imported file, before conversion.
    sha256, size: of the safetensors file.
    trust: `pinned` when the source's hash was known beforehand.
    recorded_at: ISO 8601, UTC.
    """

    name: str
    source: str
    source_sha256: str
    sha256: str
    size: int
    trust: Trust
    recorded_at: str


def write(manifest: Manifest, path: Path) -> None:
    """Store `manifest` atomically."""
    with replacing(path, mode=READ_BY_ALL) as fresh:
        fresh.write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")


def read(path: Path) -> Manifest | None:
    """The manifest at `path`; None when there is none, or none that is whole."""
    try:
        return Manifest(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
