"""What of a model lies in a folder of models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facevec.vision.added.record import AddedModels
from facevec.vision.models.model import Model
from facevec.vision.weights.manifest import Manifest


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model of the catalogue and what of it lies here.

    path: None where nothing does. manifest: None then, for a model of the package, and where it is damaged.
    """

    model: Model
    path: Path | None
    manifest: Manifest | None


def added_status(model: Model, added: AddedModels) -> ModelStatus:
    """Of a model that somebody brought; its hashes are not checked. Raises OSError."""
    record = added.record(model.name)
    if record is None:  # removed since the catalogue was read
        return ModelStatus(model, None, None)
    pedigree = Manifest(
        name=record.name,
        source=f"add:{record.source_file}",
        source_sha256=record.sha256,
        sha256=record.sha256,
        size=record.size,
        trust="recorded when it was added",
        recorded_at=record.recorded_at,
    )
    return ModelStatus(model, added.place(model.name), pedigree)
