"""The one place that builds the application from settings, with its parts as arguments, and closes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING

from facevec import config
from facevec.decision.point import OperatingPoint
from facevec.decision.resolve import enrolment_rules
from facevec.gallery.engines import ENGINES, GalleryEngine, Parts
from facevec.networks import NetworksOf, installed_networks
from facevec.ports import (
    Clock,
    Copies,
    FaceEmbedder,
    LiveGallery,
    Networks,
    Registry,
    Vision,
    utc_now,
)
from facevec.stores import Stores
from facevec.types import SYSTEM, AuditEvent, MeasuredScale, ModelScale, Review, Verification
from facevec.usecases.approvals import ApprovalDesk
from facevec.usecases.erasure import ErasureDesk
from facevec.usecases.identify import Identifier
from facevec.usecases.model import model_of, require_contract
from facevec.usecases.recognize import EVERYTHING, Circumstances, RecognizedImage, Wanted, recognize
from facevec.usecases.reviews import ReviewDesk
from facevec.usecases.scale import scale_in_force
from facevec.usecases.see import Scene, see
from facevec.usecases.sight import Sight
from facevec.usecases.stages import Stage, untimed
from facevec.usecases.standing import Standing, current_point, standing
from facevec.usecases.verify import verify_pictures, verify_worker
from facevec.usecases.visits import sightings_confirmed
from facevec.usecases.warm import can_search

if TYPE_CHECKING:
    from facevec.gallery.generations import Generations
    from facevec.usecases.enrol import EnrolmentDesk
    from facevec.usecases.migrate.other import OtherModel
    from facevec.vision.weights.store import ModelStore


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
        self._sight: Sight | None = None
        self._following = Lock()

    @cached_property
    def networks(self) -> Networks:
        """The models that are here, and what sees with them."""
        return self._networks(self.loaded)

    @cached_property
    def models(self) -> ModelStore:
        """The verified weights."""
        from facevec.vision.weights.store import ModelStore

        return ModelStore(self.loaded.models, any_weights=self.settings.vision.any_weights)

    @property
    def sight(self) -> Sight:
        """What sees and searches, by the registry's model; before the first enrolment, by the one that the
        settings ask for.

        Raises ModelMissing, and ContractMismatch when the settings ask for another model
        than the registry was enrolled with.
        """
        if self._sight is None:
            self._sight = self._newest_sight()
        return self._sight

    def _newest_sight(self) -> Sight:
        vision = self.settings.vision
        model = model_of(self.registry, vision.embedding_model, vision.second_model, self.networks.best)
        return Sight(model, self.networks, self.registry, self._open_gallery, self._stage)

    def _open_gallery(self, contract: str, dimension: int) -> LiveGallery:
        return self.gallery.live(contract, dimension)

    @property
    def vision(self) -> Vision:
        """As `Sight.vision`."""
        return self.sight.vision

    @property
    def live(self) -> LiveGallery:
        """As `Sight.live`."""
        return self.sight.live

    @property
    def identifier(self) -> Identifier:
        """As `Sight.identifier`."""
        return self.sight.identifier

    @property
    def scale(self) -> ModelScale:
        """The distances that suit the embedding model, as far as they are known now; see `usecases.scale`.

        Raises ModelError, ContractMismatch, RegistryError.
        """
        return self._scale(self.vision.embedder)

    def _scale(self, embedder: FaceEmbedder) -> ModelScale:
        return scale_in_force(self.networks, self.own_scales, embedder.model, embedder.contract)

    @cached_property
    def generations(self) -> Generations:
        """The index on disk."""
        from facevec.gallery.generations import Generations
        from facevec.registry.key_wrap import SqlKeyWrap

        return Generations(self.loaded.index_folder, self.integrity_key, wrap=SqlKeyWrap(lambda: self.engine))

    @cached_property
    def gallery(self) -> GalleryEngine:
        """The engine that searches, as the settings name it. Raises RegistryError, GalleryError."""
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
    def erasures(self) -> ErasureDesk:
        """Destroys what is kept of somebody, and proves it. Raises RegistryError."""
        from facevec.erasure.belongings import SqlBelongings

        return ErasureDesk(
            self.registry,
            SqlBelongings(self.engine, self.registry, self.records, self.clock),
            self.receipts,
            self.audit,
            self.clock,
        )

    @cached_property
    def approval_desk(self) -> ApprovalDesk:
        """Where what takes two people is asked for. Raises RegistryError."""
        return ApprovalDesk(self.approvals, self.settings.deeds_of_two)

    @cached_property
    def review_desk(self) -> ReviewDesk:
        """Where people confirm who was recognised. Raises RegistryError."""
        return ReviewDesk(self.reviews, self.settings.review.confirm, self._record_visit)

    def _record_visit(self, review: Review) -> None:
        """Somebody was seen, now that people confirmed who it was."""
        if self.settings.visits.keep:
            self.visit_queue.note(sightings_confirmed(review, self.registry))

    @cached_property
    def other_model(self) -> OtherModel:
        """What is kept beside the model in force, while it is changed."""
        from facevec.usecases.migrate.other import OtherModel

        return OtherModel(self.model_changes, self.networks)

    @property
    def desk(self) -> EnrolmentDesk:
        """What enrolment works with now."""
        sight = self._followed()
        return replace(
            self._desk(sight.vision, self.registry, sight.live),
            keep_photos=self.settings.enrolment.keep_photos,
            consents=self.settings.consent.policy(),
            successor=self.other_model.successor(sight.vision),
        )

    @contextmanager
    def trial_desk(self) -> Iterator[EnrolmentDesk]:
        """A desk like `desk` over an empty registry of its own, which is gone afterwards."""
        from facevec.gallery.faiss_engine import live_view
        from facevec.registry.trial import trial_registry

        embedder = self.vision.embedder
        with trial_registry(self.clock) as registry:
            live = live_view(registry, embedder.contract, embedder.dimension, self.clock)
            yield self._desk(self.vision, registry, live)

    def operating_point(self) -> OperatingPoint:
        """What decides now, whatever the size of the gallery. Raises RegistryError, ModelError."""
        return self._point(self.vision.embedder)

    def _point(self, embedder: FaceEmbedder) -> OperatingPoint:
        overrides = self.settings.match_overrides()
        return current_point(self.calibrations, embedder.contract, overrides, self._scale(embedder))

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

    def measure_own_workers(self) -> MeasuredScale | None:
        """Measure the distances of a model that nobody measured on those who are enrolled, where it is due.

        Raises RegistryError, NotAuthentic; see `usecases.own_workers`.
        """
        from facevec.usecases.own_workers import measure_own

        return measure_own(self.registry, self.own_scales, self.networks, self.clock)

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
        sight = self._followed()
        point = self._point(sight.vision.embedder)
        return recognize(sight.vision, sight.identifier, point, scene, self.wanted(wanted))

    def wanted(self, wanted: Wanted = EVERYTHING) -> Wanted:
        """As much of it as may be: where only those who agreed are read, nobody is of whom people have yet
        to confirm that it is them."""
        waits = self.review_desk.confirm and self.settings.emotion_consented_only
        return replace(wanted, emotion=False) if waits else wanted

    def verify_pictures(self, first: bytes, second: bytes) -> Verification:
        """Whether the subjects of two pictures are one person; see `usecases.verify`."""
        vision = self._followed().vision
        return verify_pictures(vision, self._point(vision.embedder), first, second)

    def verify_worker(self, data: bytes, worker_id: int) -> Verification:
        """Whether the subject of a picture is the worker; see `usecases.verify`."""
        sight = self._followed()
        point = self._point(sight.vision.embedder)
        return verify_worker(sight.vision, self.registry, sight.live, point, data, worker_id)

    @cached_property
    def _is_damaged(self) -> bool:
        """Whether the database is, as far as a start looks; logged once, however often that is tried."""
        from facevec.registry import soundness

        return soundness.tell(self.engine, largest=soundness.SMALL)

    def finish_removals(self) -> None:
        """Remove whoever the ledger says is removed, though the database does not know; never raises."""
        from facevec.backups.scratch import sweep
        from facevec.registry.encryption.turn import finish_destroying
        from facevec.registry.reconciling import reconcile_if_possible

        reconcile_if_possible(self.engine, self.ledger, self.clock)
        finish_destroying(self.engine)
        self.erasures.settle_if_possible()
        sweep(self.loaded.home)

    def warm(self) -> None:
        """Build every part that recognition and enrolment need, and run each model once.

        Raises ModelError, RegistryError, ContractMismatch; what was built is kept for the next try.
        """
        self._is_damaged  # noqa: B018  # asked for to be logged, once
        self.finish_removals()
        self._followed().warm()
        self.operating_point()
        self.copies.sweep(self.registry.newest_removal())
        self.desk, self.keys, self.failed_claims, self.review_desk  # noqa: B018  # asked for to be built
        self.rest()

    def rest(self) -> None:
        """Give back the memory that pictures took of what sees; the next one takes it again."""
        if self._sight is not None:
            self._sight.rest()

    def record_settings(self) -> None:
        """Tell the audit trail what is set; of a text, which may be a secret, what stands for it."""
        chosen = {key: origin for key, origin in self.loaded.origins.items() if origin != config.DEFAULT}
        values = {key: config.value(self.settings, key) for key in sorted(chosen)}
        shown = {
            key: held if isinstance(held, (bool, int, float)) else self.audit.picture(repr(held).encode())
            for key, held in values.items()
        }
        detail = {"set": shown, "from": sorted(set(chosen.values()))}
        self.audit.record(AuditEvent("settings", SYSTEM, detail=detail))

    def check(self) -> int:
        """The revision at which a recognition would be answered now.

        Raises RegistryError, SchemaMismatch when the database was changed for another facevec, and
        RegistryReplaced, at once, while one that took its place is read.
        """
        from facevec.registry.schema import require_current

        self.live.require_same()
        require_current(self.engine)
        sight = self._followed()
        return can_search(sight.live, sight.vision.embedder.dimension)

    def _followed(self) -> Sight:
        """`sight`, of the registry's model where that was changed; requests wait as long as it loads."""
        sight = self.sight
        if sight.is_in_force():
            return sight
        with self._following:
            if self._sight is sight:
                successor = self._newest_sight()
                if successor.model == sight.model:  # another contract: loading it again would not change that
                    require_contract(self.registry, sight.vision.embedder.contract)
                successor.warm()
                self._sight = successor
            return self.sight

    def _desk(self, vision: Vision, registry: Registry, live: LiveGallery) -> EnrolmentDesk:
        from facevec.usecases.enrol import EnrolmentDesk

        rules = enrolment_rules(self.settings.enrolment_overrides(), self._scale(vision.embedder))
        return EnrolmentDesk(vision, registry, live, rules, clock=self.clock)
