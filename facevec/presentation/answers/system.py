"""What facevec works with: index, settings, and whether all of it is in order."""

from __future__ import annotations

from typing import Literal

from facevec.presentation.answers.base import Answer, Moment, Share
from facevec.presentation.answers.thresholds import ThresholdsAnswer


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


class ServiceInstalled(Answer):
    """Units for systemd: the files, what is in each, whether they were written, and what to run then."""

    files: tuple[str, ...]
    texts: dict[str, str]
    written: bool
    next_steps: tuple[str, ...]


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


class Health(Answer):
    """The process answers."""

    status: Literal["ok"]


class Readiness(Answer):
    """A recognition would succeed."""

    status: Literal["ready"]
    index_revision: int
