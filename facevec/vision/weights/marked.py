"""Documents beside the weights that decide something, each with a mark under the integrity key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from facevec.errors import OutputUnwritable
from facevec.files import FOLDER, READ_BY_ALL, open_file, replacing
from facevec.integrity import IntegrityKey

Kept = TypeVar("Kept")


def write(path: Path, document: Mapping[str, Any], kind: str, key: IntegrityKey) -> None:
    """From now on this is what `path` holds. Raises OutputUnwritable."""
    written = json.dumps(document, sort_keys=True)
    try:
        path.parent.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        with replacing(path, mode=READ_BY_ALL) as fresh:
            marked = {"measured": json.loads(written), "mark": key.mark(kind, [written.encode()]).hex()}
            fresh.write_text(json.dumps(marked, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputUnwritable(
            f"{path} cannot be written ({error.strerror or error}); make room there or set FACEVEC_MODELS to "
            "another folder."
        ) from error


def read(
    path: Path, kind: str, key: IntegrityKey, kept_of: Callable[[Mapping[str, Any]], Kept]
) -> Kept | None:
    """What `kept_of` makes of the document at `path`; None where none is.

    Raises ValueError for what is damaged or was not written under `key`.
    """
    try:
        with open_file(path) as file:
            marked = json.load(file)
        written = json.dumps(marked["measured"], sort_keys=True)
        if key.made(bytes.fromhex(marked["mark"]), kind, [written.encode()]):
            return kept_of(marked["measured"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise ValueError(f"{path} has no mark that holds")
