"""The parts that see, as the default settings make them, with some settings changed by their dotted keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from facevec.config import load
from facevec.networks import installed_networks
from facevec.ports import ImageDecoder, Networks

if TYPE_CHECKING:
    from facevec.vision.detect import MtcnnDetector
    from facevec.vision.engines.base import Engine

NOWHERE = Path("/nonexistent")
WITHOUT_EMOTIONS = {"emotion.enabled": False, "vision.threads": 1}


def networks(models: Path, flags: Mapping[str, object] | None = None) -> Networks:
    """The models of a folder."""
    return installed_networks(load(NOWHERE, {"FACEVEC_MODELS": str(models)}, flags))


def decoder(flags: Mapping[str, object] | None = None) -> ImageDecoder:
    """What makes pictures of bytes."""
    return networks(NOWHERE, flags).decoder()


def detector(engine: Engine, flags: Mapping[str, object] | None = None, *, hands: int = 1) -> MtcnnDetector:
    """What finds faces."""
    from facevec.vision.detect import MtcnnDetector  # processes of toys want the decoder alone

    vision = load(NOWHERE, {}, flags).settings.vision
    return MtcnnDetector(
        engine=engine,
        threshold=vision.detection_threshold,
        min_face=vision.min_face,
        max_side=vision.max_side,
        hands=hands,
    )
