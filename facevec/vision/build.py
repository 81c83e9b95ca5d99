"""Builds what sees, from plain arguments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from facevec.usecases.analyse import Vision
from facevec.vision.decode import PillowDecoder
from facevec.vision.detect import MtcnnDetector
from facevec.vision.engines.base import Engine
from facevec.vision.weights import catalogue
from facevec.vision.weights.resolve import AUTO
from facevec.vision.weights.store import ModelStore

if TYPE_CHECKING:
    from facevec.vision.emotion import NetworkEmotionReader

EngineName = Literal["openvino", "torch"]

GRAPHS = "openvino"
"""Folder of converted graphs inside the models folder."""


def build_vision(
    *,
    models_folder: Path,
    embedding_model: str,
    emotion_model: str | None,
    engine: EngineName = "openvino",
    device: str = "cpu",
    threads: int = 0,
    detection_threshold: float = 0.9,
    max_side: int = 1600,
    max_bytes: int = 32_000_000,
    max_pixels: int = 50_000_000,
    confidence_floor: float = 0.0,
    emotion_consent_only: bool = False,
) -> Vision:
    """Decoder, detector, embedder and, unless `emotion_model` is None, emotion reader, ready to run.

    device: of the torch engine; OpenVINO runs on the CPU. threads: of one inference; 0 lets
    the engine choose. emotion_model: a name of the catalogue, or "auto" for the best that is here.
    emotion_consent_only: as in `Vision`.
    Raises EngineUnavailable, ModelUnknown, ModelMissing, ModelCorrupt.
    """
    store = ModelStore(models_folder)
    runner = _engine(engine, models_folder, device, threads)
    embedder = catalogue.embedding_model(embedding_model).embedder
    return Vision(
        decoder=PillowDecoder(max_bytes=max_bytes, max_pixels=max_pixels),
        detector=MtcnnDetector(engine=runner, threshold=detection_threshold, max_side=max_side),
        embedder=embedder(runner, store.weights(embedding_model)),
        emotion=_emotion(runner, store, emotion_model, confidence_floor) if emotion_model else None,
        emotion_consent_only=emotion_consent_only,
    )


def build_emotion_reader(
    *,
    models_folder: Path,
    emotion_model: str,
    engine: EngineName = "openvino",
    device: str = "cpu",
    threads: int = 0,
    confidence_floor: float = 0.0,
) -> NetworkEmotionReader:
    """The emotion reader alone; arguments and errors as in `build_vision`."""
    runner = _engine(engine, models_folder, device, threads)
    return _emotion(runner, ModelStore(models_folder), emotion_model, confidence_floor)


def _engine(name: EngineName, models_folder: Path, device: str, threads: int) -> Engine:
    if name == "torch":
        from facevec.vision.engines.torch_engine import TorchEngine

        return TorchEngine(device=device, threads=threads)
    from facevec.vision.engines.openvino_engine import OpenVinoEngine

    return OpenVinoEngine(cache=models_folder / GRAPHS, threads=threads)


def _emotion(engine: Engine, store: ModelStore, name: str, confidence_floor: float) -> NetworkEmotionReader:
    from facevec.vision.emotion import NetworkEmotionReader

    if name == AUTO:
        *better, shipped = catalogue.AUTO_EMOTION
        name = next((each for each in better if store.has(each)), shipped)
    recipe = catalogue.emotion_model(name).recipe(store.weights(name))
    return NetworkEmotionReader(engine=engine, recipe=recipe, confidence_floor=confidence_floor)
