"""Open Model Zoo's face-reidentification-retail-0095: small, and taught on aligned faces.

Its file of weights holds the numbers of the network and nothing else, in half precision, one tensor after the
other in the order of the layers. These are facevec's own (`networks.mobile_face`), so the graph beside that
file is not needed, and the network runs on every engine.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facevec.types import Cohort, ModelScale, Purpose, RateTable
from facevec.vision.engines.base import DYNAMIC
from facevec.vision.models.model import EmbeddingModel, EmbeddingRecipe, Figures, Foreign, View
from facevec.vision.models.templates import OPEN_MODEL_ZOO
from facevec.vision.networks.architecture import Architecture, State, Weights

if TYPE_CHECKING:
    from torch import nn

_FILE = "face-reidentification-retail-0095.bin"
_SHA256 = "241229ca3d206321868d46ce74a3c0b06c49cea58db7dc70b2e842ff287545d1"
_SIZE, _DIMENSION = 128, 256


def _layers() -> nn.Module:
    from facevec.vision.networks.mobile_face import MobileFaceNet

    return MobileFaceNet()


_ARCHITECTURE = Architecture("mobile-face-se", version=1, layers=_layers)


def read(path: Path, sha256: str) -> State | None:
    """The state in the zoo's file at `path`; None when it is another file."""
    if sha256 != _SHA256:
        return None
    numbers = np.fromfile(path, "<f2")
    shapes = _ARCHITECTURE.shapes()
    ends = np.cumsum([math.prod(shape) for shape in shapes.values()])
    parts = np.split(numbers, ends[:-1])
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def _recipe(weights: Weights) -> EmbeddingRecipe:
    return EmbeddingRecipe(
        spec=_ARCHITECTURE.spec(weights, (DYNAMIC, 3, _SIZE, _SIZE)),
        dimension=_DIMENSION,
        size=_SIZE,
        landmarks=OPEN_MODEL_ZOO,
        channels="BGR",
        mean=0.0,
        scale=1.0,
        views={
            Purpose.PROBE: (View(0),),
            Purpose.TEMPLATE: (View(0), View(0, mirrored=True)),
            Purpose.RECHECK: (View(0), View(-8, mirrored=True), View(8, mirrored=True)),
        },
    )


RETAIL_0095 = EmbeddingModel(
    name="retail-0095",
    description=("Open Model Zoo's face-reidentification-retail-0095, small and fast, for aligned faces."),
    source=(
        "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2023.0/models_bin/1/"
        f"face-reidentification-retail-0095/FP16/{_FILE}"
    ),
    licence="Apache-2.0; what it was trained on is not published",
    size=2_213_628,
    sha256=_SHA256,
    dimension=_DIMENSION,
    architecture=_ARCHITECTURE,
    stored_sha256="b37cbb136b9269bfd30fc1380842a485a5638a101f6ea34b52df4d68013792c2",
    foreign=Foreign(words=f"Open Model Zoo's {_FILE} (FP16)", from_file=read),
    scale=ModelScale(
        # As `python -m benchmarks.rates` measures them; the others as `verification` and
        # `enrolment` do.
        match=RateTable(
            (
                (0.003, 0.975),
                (0.005, 0.997),
                (0.01, 1.029),
                (0.02, 1.053),
                (0.03, 1.067),
                (0.05, 1.084),
                (0.1, 1.110),
                (0.2, 1.137),
                (0.3, 1.157),
            ),
            decline=0.036,
        ),
        margin=0.1,
        look_alike_margin=0.25,  # as `python -m benchmarks.look_alikes` measures it
        verify=1.13,
        same_person=1.20,
        other_person=1.007,
        cohort=Cohort(distance=1.25, decline=0.05),
    ),
    recipe=_recipe,
    figures=Figures(named={0.01: 0.991, 0.003: 0.986}, operations=0.58e9),
)
