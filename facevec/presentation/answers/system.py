"""What facevec works with: index, models, database, settings, keys, and whether all of it is in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from facevec.presentation.answers.base import Answer, Moment, Share
from facevec.presentation.answers.thresholds import ThresholdsAnswer
from facevec.types import Scope

if TYPE_CHECKING:
    from typing_extensions import Self

    from facevec.registry.conversion import Survey
    from facevec.vision.models.model import Figures
    from facevec.vision.weights.status import ModelStatus


class TemplateSetAside(Answer):
    """A template that is not as facevec wrote it, and is searched by nobody."""

    worker_id: int
    photo_id: int


class IndexState(Answer):
    """The registry beside what the engine keeps of it; what follows `generation` is null where it keeps none.

    engine: as in `gallery.engine`. kind: how it searches. generation: the index on disk; null with another
    engine than faiss, whose references the counts after it are.
    """

    engine: str
    kind: str
    model: str | None
    contract: str | None
    registry_revision: int
    workers: int
    templates: int
    generation: str | None
    generation_revision: int | None
    generation_workers: int | None
    lag: int | None
    created_at: Moment | None
    size: int | None
    fault: str | None
    set_aside: tuple[TemplateSetAside, ...]


class ConsentRule(Answer):
    """Whether nobody is recognised without a consent, and how many workers have none recorded."""

    required: bool
    without: int


class IndexAnswer(IndexState):
    """The registry beside what the engine keeps of it; what follows `generation` is null where it keeps none.

    engine: as in `gallery.engine`. kind: how it searches. generation: the index on disk; null with another
    engine than faiss, whose references the counts after it are.
    """

    live_revision: int
    thresholds: ThresholdsAnswer | None
    consent: ConsentRule


class IndexWithAge(IndexState):
    """The registry beside what the engine keeps of it, and how old an index on disk is."""

    age_seconds: float | None
    thresholds: ThresholdsAnswer | None


class ProofAnswer(Answer):
    """What searches, held against the exact oracle, as `usecases.prove_index.Proof`; times are medians."""

    engine: str
    workers: int
    probes: int
    neighbours: int
    right: int
    recall: Share
    different: int
    milliseconds: float
    batch_milliseconds: float


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


class ServiceInstalled(Answer):
    """Units for systemd: the files, and the commands to run then."""

    files: tuple[str, ...]
    next_steps: tuple[str, ...]


class ModelsVerified(Answer):
    """The SHA-256 of each model that is whole."""

    verified: dict[str, str]


class SchemaAnswer(Answer):
    """The version that the database has and the one that this facevec needs; what is damaged in it."""

    current: str | None
    head: str
    faults: tuple[str, ...]


class LogCompacted(Answer):
    """How many changes the change log let go of."""

    let_go: int


class SchemaUpgraded(Answer):
    """The version that the database had, has, and needs; where the registry lies as it was before."""

    before: str | None
    backup: str | None
    current: str | None
    head: str
    adopted: dict[str, int]


class RegistryCopied(Answer):
    """Where the copy is, how many rows of each table it has, where the source stood, and how many changes
    came while it was copied: they are not in it."""

    where: str
    rows: dict[str, int]
    revision: int
    missed: int


class EncryptionAnswer(Answer):
    """Whether new values are encrypted, and how many values are, and are not, by table."""

    encrypts: bool
    encrypted: dict[str, int]
    clear: dict[str, int]

    @classmethod
    def counted(cls, survey: Survey) -> EncryptionAnswer:
        by_table = survey.by_table.items()
        return cls(
            encrypts=survey.encrypts,
            encrypted={table: sealed for table, (sealed, _) in by_table},
            clear={table: clear for table, (_, clear) in by_table},
        )


class MarkedRows(Answer):
    """The rows of a table. refused: those that were not written under the integrity key."""

    table: str
    count: int
    refused: tuple[str, ...]


class IntegrityAnswer(Answer):
    """Every row that decides, held against the integrity key."""

    key_file: str
    tables: tuple[MarkedRows, ...]


class SettingAnswer(Answer):
    """A setting and where it comes from."""

    key: str
    value: object
    origin: str


class SettingsAnswer(Answer):
    """Every setting, and the two folders that everything lies in."""

    home: str
    models: str
    settings: tuple[SettingAnswer, ...]
    thresholds: ThresholdsAnswer | None


class ProfilesAnswer(Answer):
    """Each profile by its name, and what it is for."""

    profiles: dict[str, str]


class ProfileSetting(Answer):
    """A setting of a profile, why it is so, and whether it is in force here."""

    key: str
    value: object
    why: str
    in_force: bool


class ProfileAnswer(Answer):
    """A profile and every setting in it."""

    name: str
    settings: tuple[ProfileSetting, ...]


class CheckAnswer(Answer):
    """What was looked at, how it is, and what was seen or should be done."""

    name: str
    level: Literal["ok", "warn", "fail"]
    text: str


class DoctorAnswer(Answer):
    """Every check, in the order in which they were made."""

    checks: tuple[CheckAnswer, ...]


class KeyAnswer(Answer):
    """A key of the service, without the secret."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    revoked_at: Moment | None


class NewKey(KeyAnswer):
    """A key and its secret, which is shown this once."""

    key: str


class KeysAnswer(Answer):
    """Every key that was ever made."""

    keys: tuple[KeyAnswer, ...]


class LocalKeyAnswer(Answer):
    """The file with this machine's own key."""

    path: str


class LinkAnswer(Answer):
    """A link that opens the page once, within so many minutes."""

    link: str
    minutes: int


class Health(Answer):
    """The process answers."""

    status: Literal["ok"]


class Readiness(Answer):
    """A recognition would succeed."""

    status: Literal["ready"]
    index_revision: int
