"""The scales that were measured on a folder of people, each beside the weights of its model.

They decide who is named, so each carries a mark under the integrity key, as rows that decide do.
"""

from __future__ import annotations

from pathlib import Path

from facevec.decision.scales.document import document, scale_of
from facevec.errors import NotAuthentic, OutputUnwritable
from facevec.integrity import IntegrityKey
from facevec.types import MeasuredScale
from facevec.vision.weights import marked

SUFFIX = ".scale.json"
KIND = "scale"


def keep(measured: MeasuredScale, folder: Path, key: IntegrityKey) -> Path:
    """From now on this is the model's. Raises OutputUnwritable."""
    path = _path(folder, measured.model)
    marked.write(path, document(measured), KIND, key)
    return path


def kept(model: str, folder: Path, key: IntegrityKey) -> MeasuredScale | None:
    """What was measured for a model; None where nothing was.

    Raises NotAuthentic for what is damaged or was not written under `key`: it would decide who is named.
    """
    path = _path(folder, model)
    try:
        return marked.read(path, KIND, key, scale_of)
    except ValueError:
        raise NotAuthentic(
            f"The distances of {model} in {path} are damaged or were not measured under the integrity key "
            f"here ({key.origin}); run `facevec models measure` again, or delete the file to use what "
            "the catalogue has."
        ) from None


def forget(model: str, folder: Path) -> None:
    """What was measured for a model that is here no more. Raises OutputUnwritable."""
    path = _path(folder, model)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputUnwritable(f"{path} cannot be removed ({error.strerror or error}).") from error


def _path(folder: Path, model: str) -> Path:
    return folder / f"{model}{SUFFIX}"
