"""The catalogue of models, and which of them are here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.presentation.answers.base import Answer

if TYPE_CHECKING:
    from typing_extensions import Self

    from facevec.vision.models.model import Figures
    from facevec.vision.weights.status import ModelStatus


class CatalogueEntry(Answer):
    """What the catalogue says of a model."""

    name: str
    task: str
    description: str
    licence: str
    source: str


class ModelAnswer(CatalogueEntry):
    """A model of the catalogue."""

    dimension: int
    here: bool
    in_use: bool
    sha256: str | None

    @classmethod
    def of_entry(cls, entry: ModelStatus, *, in_use: bool) -> Self:
        """What the catalogue says, and whether the model lies here. in_use: whether recognition runs it."""
        sha256 = entry.manifest.sha256 if entry.manifest else None
        return cls.of(entry.model, here=entry.path is not None, in_use=in_use, sha256=sha256)


class ModelsAnswer(Answer):
    """The catalogue, and the contract of what is in use."""

    models: tuple[ModelAnswer, ...]
    contract: str


class ModelFigures(Answer):
    """Measured on LFW (docs/accuracy.md): the share of workers named rightly (TPIR) while 1 % and 0.3 % of
    strangers are named (FPIR), and the floating-point operations of one look at a face."""

    tpir_at_fpir_0_01: float
    tpir_at_fpir_0_003: float
    operations: float

    @classmethod
    def of_figures(cls, figures: Figures) -> Self:
        """What stands in the catalogue."""
        return cls(
            tpir_at_fpir_0_01=figures.named[0.01],
            tpir_at_fpir_0_003=figures.named[0.003],
            operations=figures.operations,
        )


class ModelFile(CatalogueEntry):
    """A model of the catalogue and its file here; what follows `path` is null where no intact one is.

    distances: where those that decide come from; null for a model that makes no embeddings.
    """

    download_size: int
    download_sha256: str | None
    network: str
    dimension: int
    figures: ModelFigures | None
    distances: str | None
    path: str | None
    size: int | None
    sha256: str | None
    trust: str | None
    recorded_at: str | None

    @classmethod
    def of_entry(cls, entry: ModelStatus, *, distances: str | None) -> Self:
        """What the catalogue says, and what was recorded when the file came. distances: as in the answer."""
        model, recorded = entry.model, entry.manifest
        return cls.of(
            model,
            download_size=model.size,
            download_sha256=model.sha256,
            network=model.network,
            figures=None if model.figures is None else ModelFigures.of_figures(model.figures),
            distances=distances,
            path=str(entry.path) if entry.path else None,
            size=recorded.size if recorded else None,
            sha256=recorded.sha256 if recorded else None,
            trust=recorded.trust if recorded else None,
            recorded_at=recorded.recorded_at if recorded else None,
        )


class ModelFiles(Answer):
    """The catalogue, and the folder where models lie."""

    folder: str
    models: tuple[ModelFile, ...]


class ModelRemoved(Answer):
    """The name of a network that was added, and is here no more."""

    removed: str


class ModelsConverted(Answer):
    """Networks converted to be carried: the folder, the embedding model they serve, one folder a network."""

    folder: str
    model: str
    graphs: tuple[str, ...]


class ModelsVerified(Answer):
    """The SHA-256 of each model that is whole."""

    verified: dict[str, str]
