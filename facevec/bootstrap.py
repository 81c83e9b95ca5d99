"""The one place that builds the application from settings, with its parts as arguments, and closes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from facevec import config
from facevec.decision.point import OperatingPoint
from facevec.decision.resolve import enrolment_rules
from facevec.ports import (
    Clock,
    Copies,
    LiveGallery,
    Networks,
    Registry,
    Vision,
    utc_now,
)
from facevec.stores import Stores
from facevec.types import MeasuredScale, ModelScale, Verification
from facevec.usecases.enrol import EnrolmentDesk
from facevec.usecases.identify import Identifier
from facevec.usecases.model import model_of, require_contract
from facevec.usecases.night.night import Thresholds
from facevec.usecases.recognize import EVERYTHING, Circumstances, RecognizedImage, Wanted, recognize
from facevec.usecases.scale import scale_in_force
from facevec.usecases.see import Scene, see
from facevec.usecases.stages import Stage, staged_live, staged_vision, untimed
from facevec.usecases.standing import Standing, current_point, standing
from facevec.usecases.verify import verify_pictures, verify_worker

if TYPE_CHECKING:
    from facevec.gallery.engines import GalleryEngine
    from facevec.gallery.generations import Generations
    from facevec.usecases.retention import RetentionReport
    from facevec.vision.build import InstalledNetworks
    from facevec.vision.weights.store import ModelStore


AT_ONCE = 4
"""Most pictures that are looked at at the same time: only inferences really run side by side."""

NetworksOf = Callable[[config.Loaded], Networks]
"""What sees, for these settings."""


def installed_networks(loaded: config.Loaded, *, at_once: int = 1) -> InstalledNetworks:
    """The models of the models folder, as the settings want them. at_once: as in `ports.Vision`."""
    from facevec.integrity import key_at
    from facevec.vision.build import InstalledNetworks

    vision, emotion = loaded.settings.vision, loaded.settings.emotion
    return InstalledNetworks(
        folder=loaded.models,
        key=key_at(loaded.integrity_key_file),
        prepared=loaded.within_home(vision.graphs) if vision.graphs else None,
        engine=vision.engine,
        device=vision.device,
        threads=vision.threads,
        at_once=at_once,
        precision=vision.precision,
        detection_threshold=vision.detection_threshold,
        min_face=vision.min_face,
        max_side=vision.max_side,
        max_bytes=vision.max_file_bytes,
        max_pixels=vision.max_pixels,
        turns=vision.turns,
        emotion_model=emotion.model if emotion.enabled else None,
        emotion_consent_only=loaded.settings.emotion_consented_only,
        confidence_floor=emotion.confidence_floor,
        any_weights=vision.any_weights,
    )


def networks_for_many(loaded: config.Loaded) -> InstalledNetworks:
    """As `installed_networks`, for whoever goes through many pictures: several are looked at at once.

    So each inference has fewer threads, which then wait less for each other.
    """
    cores, threads = processors(), loaded.settings.vision.threads
    at_once = max(1, min(AT_ONCE, cores // max(1, threads)))
    return replace(installed_networks(loaded, at_once=at_once), threads=threads or max(1, cores // at_once))


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class App(Stores):
    """The parts, each built when it is first asked for: listing workers loads no model.

    Build it in the process that uses it, never before a fork: torch, OpenVINO and FAISS
    do not survive one. Access the parts once in one thread (`warm`) before sharing it.
    Close it, or use it as a context manager: its connections go with it.
    """

    def __init__(
        self,
        loaded: config.Loaded,
        *,
        networks: NetworksOf = installed_networks,
        clock: Clock = utc_now,
        stage: Stage = untimed,
    ) -> None:
        super().__init__(loaded, clock)
        self._stage = stage
        self._networks = networks

    @cached_property
    def networks(self) -> Networks:
        """The models that are here, and what sees with them."""
        return self._networks(self.loaded)

    @cached_property
    def models(self) -> ModelStore:
        """The verified weights."""
        from facevec.vision.weights.store import ModelStore

        return ModelStore(self.loaded.models, any_weights=self.settings.vision.any_weights)

    @cached_property
    def embedding_model(self) -> str:
        """The registry's model; before the first enrolment, the one the settings ask for.

        Raises ModelMissing, and ContractMismatch when the settings ask for another model
        than the registry was enrolled with.
        """
        vision = self.settings.vision
        return model_of(self.registry, vision.embedding_model, vision.second_model, self.networks.best)

    @cached_property
    def vision(self) -> Vision:
        """Decoder, detector, embedder and, unless switched off, emotion reader. Raises ModelError."""
        return staged_vision(self.networks.vision(self.embedding_model), self._stage)

    @property
    def scale(self) -> ModelScale:
        """The distances that suit the embedding model, as far as they are known now; see `usecases.scale`.

        Raises ModelError, ContractMismatch, RegistryError.
        """
        embedder = self.vision.embedder
        return scale_in_force(self.networks, self.own_scales, embedder.model, embedder.contract)

    @cached_property
    def generations(self) -> Generations:
        """The index on disk."""
        from facevec.gallery.generations import Generations

        return Generations(self.loaded.index_folder, self.integrity_key)

    @cached_property
    def gallery(self) -> GalleryEngine:
        """The engine that searches, as the settings name it. Raises RegistryError, GalleryError."""
        from facevec.gallery.engines import ENGINES, Parts

        settings = self.settings.gallery
        return ENGINES[settings.engine](
            Parts(
                registry=self.registry,
                generations=self.generations,
                references=self.references,
                leases=self.leases,
                clock=self.clock,
                key=self.integrity_key,
                milvus_url=settings.milvus_url,
            )
        )

    @cached_property
    def copies(self) -> Copies:
        """What holds faces beside the registry. Raises RegistryError, GalleryError."""
        from facevec.gallery.copies import EngineCopies

        return EngineCopies(self.generations, self.gallery)

    @cached_property
    def live(self) -> LiveGallery:
        """The gallery as the registry has it now.

        Raises ContractMismatch, ModelError, RegistryError, GalleryError.
        """
        embedder = self.vision.embedder
        require_contract(self.registry, embedder.contract)
        return staged_live(self.gallery.live(embedder.contract, embedder.dimension), self._stage)

    @cached_property
    def identifier(self) -> Identifier:
        """Searches among the workers who may be recognised now."""
        return Identifier(self.vision.embedder, self.registry, self.live)

    @property
    def desk(self) -> EnrolmentDesk:
        """What enrolment works with now."""
        return replace(
            self._desk(self.registry, self.live),
            keep_photos=self.settings.enrolment.keep_photos,
            consents=self.settings.consent.policy(),
        )

    @contextmanager
    def trial_desk(self) -> Iterator[EnrolmentDesk]:
        """A desk like `desk` over an empty registry of its own, which is gone afterwards."""
        from facevec.gallery.faiss_engine import live_view
        from facevec.registry.trial import trial_registry

        embedder = self.vision.embedder
        with trial_registry(self.clock) as registry:
            live = live_view(registry, embedder.contract, embedder.dimension, self.clock)
            yield self._desk(registry, live)

    def operating_point(self) -> OperatingPoint:
        """What decides now, whatever the size of the gallery. Raises RegistryError, ModelError."""
        contract = self.vision.embedder.contract
        return current_point(self.calibrations, contract, self.settings.match_overrides(), self.scale)

    def standing(self) -> Standing | None:
        """What decides in today's gallery, and what cannot be promised. Loads no model. Raises RegistryError.

        None before the first enrolment, and for a model that is not known here.
        """
        return standing(
            self.registry,
            self.calibrations,
            self.settings.match_overrides(),
            partial(scale_in_force, self.networks, self.own_scales),
        )

    def thresholds(self) -> Thresholds | None:
        """What decides who is whom in today's gallery. Loads no model. Raises RegistryError.

        None as for `standing`.
        """
        standing = self.standing()
        if standing is None:
            return None
        rules = enrolment_rules(self.settings.enrolment_overrides(), standing.point.scale)
        return Thresholds(rules, standing.point)

    def measure_own_workers(self) -> MeasuredScale | None:
        """Measure the distances of a model that nobody measured on those who are enrolled, where it is due.

        Raises RegistryError, NotAuthentic; see `usecases.own_workers`.
        """
        from facevec.usecases.own_workers import measure_own

        return measure_own(self.registry, self.own_scales, self.networks, self.clock)

    def enforce_retention(self) -> RetentionReport:
        """Destroy what is kept too long; see `usecases.retention`. Raises RegistryError."""
        from facevec.usecases.retention import enforce_retention

        return enforce_retention(self.registry, self.kept, self.settings.consent.retention(), self.clock())

    def circumstances(self) -> Circumstances:
        """What decides a recognition now, whatever the picture. Raises RegistryError, ModelError."""
        revision = self.check()
        return Circumstances(
            model=self.vision.embedder.model,
            point=self.identifier.in_gallery(self.operating_point()),
            detection_threshold=self.vision.detector.threshold,
            index_revision=revision,
            emotions=self.vision.emotion is not None,
        )

    def see(self, data: bytes) -> Scene:
        """Every face in the picture `data`. Raises what `ImageDecoder.decode` raises, ModelError."""
        return see(self.vision, data)

    def recognize(self, scene: Scene, wanted: Wanted = EVERYTHING) -> RecognizedImage:
        """Every face of `scene`, named where the nearest worker is near enough; see `usecases.recognize`."""
        return recognize(self.vision, self.identifier, self.operating_point(), scene, wanted)

    def verify_pictures(self, first: bytes, second: bytes) -> Verification:
        """Whether the subjects of two pictures are one person; see `usecases.verify`."""
        return verify_pictures(self.vision, self.operating_point(), first, second)

    def verify_worker(self, data: bytes, worker_id: int) -> Verification:
        """Whether the subject of a picture is the worker; see `usecases.verify`."""
        return verify_worker(self.vision, self.registry, self.live, self.operating_point(), data, worker_id)

    @cached_property
    def _is_damaged(self) -> bool:
        """Whether the database is, as far as a start looks; logged once, however often that is tried."""
        from facevec.registry import soundness

        return soundness.tell(self.engine, largest=soundness.SMALL)

    def finish_removals(self) -> None:
        """Remove whoever the ledger says is removed, though the database does not know; never raises."""
        from facevec.backups.scratch import sweep
        from facevec.registry.reconciling import reconcile_if_possible

        reconcile_if_possible(self.engine, self.ledger, self.clock)
        sweep(self.loaded.home)

    def warm(self) -> None:
        """Build every part that recognition and enrolment need, and run each model once.

        Raises ModelError, RegistryError, ContractMismatch; what was built is kept for the next try.
        """
        from facevec.usecases.warm import warm

        self._is_damaged  # noqa: B018  # asked for to be logged, once
        self.finish_removals()
        warm(self.desk.vision, self.live)
        self.operating_point()
        self.copies.sweep(self.registry.newest_removal())
        self.identifier, self.copies, self.keys, self.failed_claims  # noqa: B018  # asked for to be built

    def check(self) -> int:
        """The revision at which a recognition would be answered now.

        Raises RegistryError, SchemaMismatch when the database was changed for another facevec, and
        RegistryReplaced, at once, while one that took its place is read.
        """
        from facevec.registry.schema import require_current
        from facevec.usecases.warm import can_search

        self.live.require_same()
        require_current(self.engine)
        return can_search(self.live, self.vision.embedder.dimension)

    def _desk(self, registry: Registry, live: LiveGallery) -> EnrolmentDesk:
        rules = enrolment_rules(self.settings.enrolment_overrides(), self.scale)
        return EnrolmentDesk(self.vision, registry, live, rules, clock=self.clock)
