"""What sees, from a folder of weights and plain arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from facevec.errors import EngineUnavailable, ModelMissing, SettingsError
from facevec.integrity import IntegrityKey
from facevec.machine import processors
from facevec.ports import Vision
from facevec.types import FASTER, MeasuredScale, ModelScale, Precision, PrecisionProof
from facevec.usecases.model import AUTO, networks_of
from facevec.usecases.prove import Candidate, LeftOut
from facevec.vision.decode import PillowDecoder
from facevec.vision.detect import MtcnnDetector
from facevec.vision.embed import NetworkEmbedder, embedding_contract
from facevec.vision.engines.base import Engine
from facevec.vision.joint import JointEmbedder
from facevec.vision.models.model import EmbeddingRecipe
from facevec.vision.precision import Wanted, chosen
from facevec.vision.projection import Projection, shipped_projection
from facevec.vision.weights import proofs, scales
from facevec.vision.weights.catalogue import AUTO_EMBEDDING, AUTO_EMOTION
from facevec.vision.weights.store import ModelStore

if TYPE_CHECKING:
    from facevec.vision.emotion import NetworkEmotionReader

EngineName = Literal["openvino", "torch"]

GRAPHS = "openvino"
"""Folder of converted graphs inside the models folder."""

_HANDS = 2
"""On one picture: its largest level takes as long as all the others, and each hand takes memory."""

COMPILED = "compiled"
"""Folder beside it of what was compiled of them for a processor; whoever deletes it loses time only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledNetworks:
    """`ports.Networks`: the weights of a models folder.

    device: of the torch engine; OpenVINO runs on the CPU. threads: for one picture; 0 lets the engine
    choose. at_once: as in `Vision`; each picture has threads of its own then. precision: of the networks
    that make embeddings. emotion_model: a name of the catalogue, "auto" for the best that is here, or None
    where emotions are switched off. key: vouches for what is converted, measured and kept. prepared: folder
    of networks that were converted elsewhere, for OpenVINO, None where there is none. any_weights: as in
    `ModelStore`. The others are as in `Vision`, `PillowDecoder` and `MtcnnDetector`.
    """

    folder: Path
    key: IntegrityKey
    prepared: Path | None
    any_weights: bool
    engine: EngineName
    device: str
    threads: int
    at_once: int
    precision: Wanted
    detection_threshold: float
    min_face: float
    max_side: int
    max_bytes: int
    max_pixels: int
    turns: bool
    emotion_model: str | None
    emotion_consent_only: bool
    confidence_floor: float

    def best(self) -> str:
        store = self._store()
        for name in AUTO_EMBEDDING:
            if store.has(name):
                return name
        raise ModelMissing(
            f"No embedding model is in {store.folder}; `facevec models fetch` gets one, "
            "`facevec models import PATH` takes a file you have."
        )

    def scale(self, model: str) -> ModelScale:
        return self._store().catalogue.scale(model)

    def measured(self, model: str) -> MeasuredScale | None:
        return scales.kept(model, self.folder, self.key)

    def keep_measured(self, measured: MeasuredScale) -> None:
        scales.keep(measured, self.folder, self.key)

    def vision(self, model: str) -> Vision:
        """Raises EngineUnavailable, ModelUnknown, ModelMissing, ModelCorrupt."""
        return self._vision(model, self._engine())

    def prepare(self, model: str, folder: Path) -> None:
        """Convert into `folder` what `vision` runs with OpenVINO, so that it can be carried; see `prepared`.

        Raises what `vision` raises, and OutputUnwritable.
        """
        from facevec.vision.engines.openvino_engine import PreparingEngine

        self._vision(model, PreparingEngine(folder))

    def precisions(
        self, model: str, wanted: Sequence[Precision] = FASTER
    ) -> tuple[Vision, tuple[Candidate, ...], tuple[LeftOut, ...]]:
        """(what sees with the network `model` in fp32, its embedder in each of `wanted` that is faster here,
        those in which it would compute as in fp32).

        Raises what `vision` raises, and EngineUnavailable where none is faster.
        """
        from facevec.vision.engines.calibrated import NothingToRound
        from facevec.vision.engines.openvino_engine import OpenVinoEngine

        engine = self._engine()
        faster = [precision for precision in wanted if engine.computes(precision)]
        if not isinstance(engine, OpenVinoEngine) or not faster:
            raise EngineUnavailable(
                f"What runs the networks here does not compute in {' or '.join(wanted)}; there is nothing "
                "to show."
            )
        known = _known(self._store(), model)
        vision = replace(self, precision="fp32", emotion_model=None)._vision(model, engine)
        candidates: list[Candidate] = []
        left_out: list[LeftOut] = []
        for precision in faster:
            try:
                embedder = NetworkEmbedder(engine, *known, precision)
            except NothingToRound as error:
                left_out.append(LeftOut(precision, error.reason))
            else:
                candidates.append(Candidate(embedder, precision, engine.processor))
        if not candidates:
            raise EngineUnavailable(f"{NothingToRound.reason} There is nothing to show.")
        return vision, tuple(candidates), tuple(left_out)

    def keep_proof(self, proof: PrecisionProof) -> None:
        """From now on it counts. Raises OutputUnwritable."""
        proofs.keep(proof, self.folder, self.key)

    def _vision(self, model: str, runner: Engine) -> Vision:
        store = self._store()
        networks = [self._network(runner, store, name) for name in networks_of(model)]
        detector = MtcnnDetector(
            engine=runner,
            threshold=self.detection_threshold,
            min_face=self.min_face,
            max_side=self.max_side,
            hands=self._hands(),
        )
        return Vision(
            decoder=self.decoder(),
            detector=detector,
            embedder=networks[0] if len(networks) == 1 else JointEmbedder(networks),
            emotion=self._emotion(runner, store, self.emotion_model) if self.emotion_model else None,
            confidence_floor=self.confidence_floor,
            emotion_consent_only=self.emotion_consent_only,
            turns=self.turns,
            precisions=tuple(network.precision for network in networks),
            at_once=self.at_once,
            rest=runner.rest,
            lack=detector.lack,
        )

    def decoder(self) -> PillowDecoder:
        return PillowDecoder(max_bytes=self.max_bytes, max_pixels=self.max_pixels)

    def emotion_classifier(self) -> NetworkEmotionReader:
        if self.emotion_model is None:
            raise SettingsError("Emotions are switched off here: emotion.enabled is false.")
        return self._emotion(self._engine(), self._store(), self.emotion_model)

    def _hands(self) -> int:
        """Two for one picture alone; each of torch's would take all cores."""
        if self.engine != "openvino" or self.at_once > 1:
            return 1
        return min(_HANDS, self.threads or processors())

    def _store(self) -> ModelStore:
        return ModelStore(self.folder, any_weights=self.any_weights)

    def _engine(self) -> Engine:
        if self.engine == "torch":
            from facevec.vision.engines.torch_engine import TorchEngine

            return TorchEngine(device=self.device, threads=self.threads)
        from facevec.vision.engines.openvino_engine import OpenVinoEngine

        return OpenVinoEngine(
            cache=self.folder / GRAPHS,
            key=self.key,
            threads=self.threads,
            at_once=self.at_once,
            prepared=self.prepared,
            compiled=self.folder / COMPILED,
        )

    def _emotion(self, engine: Engine, store: ModelStore, name: str) -> NetworkEmotionReader:
        from facevec.vision.emotion import NetworkEmotionReader

        if name == AUTO:
            *better, shipped = AUTO_EMOTION
            name = next((each for each in better if store.has(each)), shipped)
        model = store.catalogue.emotion_model(name)
        wanted = [each for each in model.precisions if self.precision in ("auto", each)]
        precision: Precision = next((each for each in wanted if engine.computes(each)), "fp32")
        return NetworkEmotionReader(engine, model.recipe(store.weights(name)), precision)

    def _network(self, engine: Engine, store: ModelStore, name: str) -> NetworkEmbedder:
        recipe, projection = _known(store, name)
        contract = embedding_contract(recipe, projection.digest if projection else None)

        def proof_of(precision: Precision) -> PrecisionProof | None:
            return proofs.proof_of(name, contract, precision, self.folder, self.key)

        proof = chosen(self.precision, name, proof_of, engine.computes)
        if proof is None:
            return NetworkEmbedder(engine, recipe, projection)
        return NetworkEmbedder(engine, recipe, projection, proof.precision, own_contract=not proof.agrees)


def _known(store: ModelStore, name: str) -> tuple[EmbeddingRecipe, Projection | None]:
    recipe = store.catalogue.embedding_model(name).recipe(store.weights(name))
    return recipe, shipped_projection(name, recipe.dimension)
