"""The one place that builds the application from settings."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from facevec import config, policy
from facevec.errors import ContractMismatch, ModelMissing, ModelUnknown, SettingsError
from facevec.ports import (
    ApiKeys,
    Calibrations,
    EmotionClassifier,
    GenerationStore,
    ImageDecoder,
    LiveGallery,
    Registry,
)
from facevec.types import EMBEDDING_DIMENSION, Calibration, Distances, Thresholds

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from facevec.usecases.analyse import Vision
    from facevec.usecases.calibrate import ThresholdStatus
    from facevec.usecases.enrol import EnrolmentDesk
    from facevec.vision.weights.store import ModelStore


class App:
    """The parts, each built when it is first asked for: listing workers loads no model.

    Build it in the process that uses it, never before a fork: torch, OpenVINO and FAISS
    do not survive one. Access the parts once in one thread (`warm`) before sharing it.
    """

    def __init__(self, loaded: config.Loaded) -> None:
        self.loaded = loaded
        self.settings = loaded.settings

    @cached_property
    def engine(self) -> Engine:
        """The registry's database, its schema made or checked. Raises RegistryError."""
        from facevec.registry.engine import open_engine
        from facevec.registry.schema import prepare

        engine = open_engine(self.loaded.registry_url)
        prepare(engine)
        return engine

    @cached_property
    def registry(self) -> Registry:
        """The registry. Raises RegistryError."""
        from facevec.registry.repository import SqlRegistry

        return SqlRegistry(self.engine)

    @cached_property
    def keys(self) -> ApiKeys:
        """The keys of the service. Raises RegistryError."""
        from facevec.registry.api_keys import SqlApiKeys

        return SqlApiKeys(self.engine)

    @cached_property
    def calibrations(self) -> Calibrations:
        """The calibrations of this registry. Raises RegistryError."""
        from facevec.registry.calibrations import SqlCalibrations

        return SqlCalibrations(self.engine)

    @cached_property
    def models(self) -> ModelStore:
        """The verified weights."""
        from facevec.vision.weights.store import ModelStore

        return ModelStore(self.loaded.models)

    @cached_property
    def embedding_model(self) -> str:
        """The registry's model; before the first enrolment, the one the settings ask for.

        Raises ModelMissing, and ContractMismatch when the settings ask for another model
        than the registry was enrolled with.
        """
        wanted = self.settings.vision.embedding_model
        recorded = self.registry.state().model
        if recorded is not None and wanted not in ("auto", recorded):
            raise ContractMismatch(
                f"The registry was enrolled with {recorded} and the settings ask for {wanted}; embeddings of "
                f"two models are never compared. Set vision.embedding_model to {recorded} or auto."
            )
        if recorded is not None or wanted != "auto":
            return recorded or wanted
        return self._model_at_hand()

    @cached_property
    def vision(self) -> Vision:
        """Decoder, detector, embedder and, unless switched off, emotion reader. Raises ModelError."""
        from facevec.vision.build import build_vision

        vision, emotion = self.settings.vision, self.settings.emotion
        return build_vision(
            models_folder=self.loaded.models,
            embedding_model=self.embedding_model,
            emotion_model=emotion.model if emotion.enabled else None,
            engine=vision.engine,
            device=vision.device,
            threads=vision.threads,
            detection_threshold=vision.detection_threshold,
            max_side=vision.max_side,
            max_bytes=vision.max_file_bytes,
            max_pixels=vision.max_pixels,
            confidence_floor=emotion.confidence_floor,
            emotion_consent_only=emotion.consented_only,
        )

    @cached_property
    def decoder(self) -> ImageDecoder:
        """What makes pictures of bytes, alone."""
        from facevec.vision.decode import PillowDecoder

        vision = self.settings.vision
        return PillowDecoder(max_bytes=vision.max_file_bytes, max_pixels=vision.max_pixels)

    @cached_property
    def emotion_classifier(self) -> EmotionClassifier:
        """The emotion model alone. Raises ModelError, and SettingsError where emotions are switched off."""
        from facevec.vision.build import build_emotion_reader

        vision, emotion = self.settings.vision, self.settings.emotion
        if not emotion.enabled:
            raise SettingsError("Emotions are switched off here: emotion.enabled is false.")
        return build_emotion_reader(
            models_folder=self.loaded.models,
            emotion_model=emotion.model,
            engine=vision.engine,
            device=vision.device,
            threads=vision.threads,
            confidence_floor=emotion.confidence_floor,
        )

    @cached_property
    def generations(self) -> GenerationStore:
        """The index on disk."""
        from facevec.gallery.faiss_flat import FaissFlatGallery
        from facevec.gallery.generations import Generations

        return Generations(self.loaded.index_folder, lambda: FaissFlatGallery(EMBEDDING_DIMENSION))

    @cached_property
    def live(self) -> LiveGallery:
        """The gallery as the registry has it now. Raises ContractMismatch, ModelError, RegistryError."""
        from facevec.gallery.faiss_flat import FaissFlatGallery
        from facevec.gallery.live import LiveView

        contract = self.vision.embedder.contract
        recorded = self.registry.state().contract
        if recorded not in (None, contract):
            raise ContractMismatch(
                f"The registry was enrolled under embedding contract {recorded} and this facevec makes "
                f"{contract}; the two are never compared. Use the facevec and the settings it was enrolled "
                "with, or enrol the workers again in a new FACEVEC_HOME."
            )
        return LiveView(
            self.registry, contract, lambda: FaissFlatGallery(EMBEDDING_DIMENSION), self.generations
        )

    @cached_property
    def distances(self) -> Distances:
        """What suits the embedding model. Raises ModelError, ContractMismatch."""
        from facevec.vision.weights.catalogue import distances

        return distances(self.embedding_model)

    @property
    def thresholds(self) -> Thresholds:
        """What decides a recognition now: settings, else the newest calibration, else the model's own.

        One small query each time it is asked for, so that a calibration counts at once in every process.
        """
        calibration = self.calibrations.latest(self.vision.embedder.contract)
        return self.settings.thresholds(_calibrated(self.distances, calibration))

    def threshold_status(self) -> ThresholdStatus | None:
        """What decides now and where it comes from. Loads no model. Raises RegistryError.

        None before the first enrolment, and for a model that the catalogue does not have.
        """
        from facevec.usecases.calibrate import ThresholdStatus, outdated
        from facevec.vision.weights.catalogue import distances

        state = self.registry.state()
        if state.model is None or state.contract is None:
            return None
        try:
            measured = distances(state.model)
        except ModelUnknown:
            return None
        _, workers, _ = self.registry.enrolled(state.contract)
        calibration = self.calibrations.latest(state.contract)
        newest = calibration or self.calibrations.latest()
        own = _calibrated(measured, calibration)
        thresholds = policy.for_gallery(self.settings.thresholds(own), workers)
        otherwise: Literal["calibration", "model"] = "model" if calibration is None else "calibration"
        match = self.settings.match
        return ThresholdStatus(
            match_threshold=thresholds.match_threshold,
            min_margin=thresholds.min_margin,
            threshold_from="settings" if match.threshold else otherwise,
            margin_from="settings" if match.min_margin else otherwise,
            calibration=newest,
            outdated=None if newest is None else outdated(newest, state.contract, workers),
        )

    @cached_property
    def desk(self) -> EnrolmentDesk:
        """What enrolment works with."""
        from facevec.usecases.enrol import EnrolmentDesk

        return EnrolmentDesk(
            self.vision, self.registry, self.live, self.settings.enrolment.rules(self.distances)
        )

    @contextmanager
    def trial_desk(self) -> Iterator[EnrolmentDesk]:
        """A desk like `desk` over an empty registry of its own, which is gone afterwards."""
        from facevec.gallery.faiss_flat import FaissFlatGallery
        from facevec.gallery.live import LiveView
        from facevec.registry.address import sqlite_url
        from facevec.registry.engine import open_engine
        from facevec.registry.repository import SqlRegistry
        from facevec.registry.schema import prepare
        from facevec.usecases.enrol import EnrolmentDesk

        rules = replace(self.settings.enrolment.rules(self.distances), keep_photos=False)
        contract = self.vision.embedder.contract
        with tempfile.TemporaryDirectory(prefix="facevec-", dir=config.temporary_folder()) as folder:
            engine = open_engine(sqlite_url(Path(folder) / "trial.db"))
            try:
                prepare(engine)
                registry = SqlRegistry(engine)
                live = LiveView(registry, contract, lambda: FaissFlatGallery(EMBEDDING_DIMENSION))
                yield EnrolmentDesk(self.vision, registry, live, rules)
            finally:
                engine.dispose()

    def warm(self) -> None:
        """Build every part that recognition and enrolment need, and run each model once.

        Raises ModelError, RegistryError, ContractMismatch; what was built is kept for the next try.
        """
        from facevec.usecases.warm import warm

        warm(self.desk.vision, self.live)
        self.thresholds, self.generations, self.keys, self.models  # noqa: B018  # asked for to be built

    def check(self) -> int:
        """The revision at which a recognition would be answered now.

        Raises RegistryError, SchemaMismatch when the database was changed for another facevec.
        """
        from facevec.registry.schema import require_current
        from facevec.usecases.warm import can_search

        require_current(self.engine)
        return can_search(self.live, EMBEDDING_DIMENSION)

    def _model_at_hand(self) -> str:
        from facevec.vision.weights.resolve import FALLBACK, PREFERRED

        for name in (PREFERRED, FALLBACK):
            if self.models.has(name):
                return name
        raise ModelMissing(
            f"No embedding model is in {self.models.folder}; `facevec models fetch` gets one, "
            "`facevec models import PATH` takes a file you have."
        )


def _calibrated(own: Distances, calibration: Calibration | None) -> Distances:
    """`own` such that the calibration's threshold counts in a gallery as large as it was measured in."""
    if calibration is None:
        return own
    match = calibration.match_threshold + own.decline * policy.growth(calibration.workers)
    return replace(own, match=match, margin=calibration.min_margin)


def build(loaded: config.Loaded | None = None) -> App:
    """The application of `loaded` settings, or of those in force here. Raises SettingsError."""
    return App(loaded or config.load())
