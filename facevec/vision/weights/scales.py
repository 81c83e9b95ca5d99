"""The scales that were measured on a folder of people, each beside the weights of its model.

They decide who is named, so each carries a mark under the integrity key, as rows that decide do.
"""

from __future__ import annotations

import json
from pathlib import Path

from facevec.decision.scales.document import document, scale_of
from facevec.errors import NotAuthentic, OutputUnwritable
from facevec.files import FOLDER, READ_BY_ALL, open_file, replacing
from facevec.integrity import IntegrityKey
from facevec.types import MeasuredScale

SUFFIX = ".scale.json"
KIND = "scale"


def keep(measured: MeasuredScale, folder: Path, key: IntegrityKey) -> Path:
    """From now on this is the model's. Raises OutputUnwritable."""
    written = json.dumps(document(measured), sort_keys=True)
    path = _path(folder, measured.model)
    try:
        folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        with replacing(path, mode=READ_BY_ALL) as fresh:
            marked = {"measured": json.loads(written), "mark": key.mark(KIND, [written.encode()]).hex()}
            fresh.write_text(json.dumps(marked, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputUnwritable(
            f"{path} cannot be written ({error.strerror or error}); make room there or set FACEVEC_MODELS to "
            "another folder."
        ) from error
    return path


def kept(model: str, folder: Path, key: IntegrityKey) -> MeasuredScale | None:
    """What was measured for a model; None where nothing was.

    Raises NotAuthentic for what is damaged or was not written under `key`: it would decide who is named.
    """
    path = _path(folder, model)
    try:
        with open_file(path) as file:
            marked = json.load(file)
        written = json.dumps(marked["measured"], sort_keys=True)
        if key.made(bytes.fromhex(marked["mark"]), KIND, [written.encode()]):
            return scale_of(marked["measured"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise NotAuthentic(
        f"The distances of {model} in {path} are damaged or were not measured under the integrity key here "
        f"({key.origin}); run `facevec models measure` again, or delete the file to use what "
        "the catalogue has."
    )


def forget(model: str, folder: Path) -> None:
    """What was measured for a model that is here no more. Raises OutputUnwritable."""
    path = _path(folder, model)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputUnwritable(f"{path} cannot be removed ({error.strerror or error}).") from error


def _path(folder: Path, model: str) -> Path:
    return folder / f"{model}{SUFFIX}"
