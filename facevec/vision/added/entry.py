"""From the description of a network that somebody brought to its entry in the catalogue."""

from __future__ import annotations

from facevec.types import Evidence, ModelScale, Purpose, RateTable
from facevec.vision.added.description import Description, PublishedDistances
from facevec.vision.engines.base import DYNAMIC, GraphSpec
from facevec.vision.models.model import EmbeddingModel, EmbeddingRecipe, View
from facevec.vision.networks.architecture import Weights

_RECHECKED = 16
"""A recheck looks at one part in so many of the side more, and less."""

_WIDEST = 1.9
"""No distance that is assumed in proportion is larger."""

ASSUMED = ModelScale(
    match=RateTable(((0.01, 0.70),), evidence=Evidence.ASSUMED),
    margin=0.1,
    look_alike_margin=0.3,
    verify=0.70,
    same_person=1.05,
    other_person=0.60,
    doubt=1.0,
)
"""Of a network of which nothing is known: narrow, so that few are named and most of a worker's own photos are
ambiguous, until somebody measures."""


def added_model(name: str, description: Description, *, size: int, sha256: str) -> EmbeddingModel:
    """The entry of a network as it was described. size: bytes of its files."""
    return EmbeddingModel(
        name=name,
        description=f"Added here: {description.length} numbers from {description.size} pixels.",
        source=description.source,
        licence=description.licence,
        size=size,
        sha256=sha256,
        dimension=description.length,
        architecture=None,
        scale=ASSUMED if description.distances is None else published_scale(description.distances),
        recipe=lambda weights: recipe_of(description, weights),
    )


def recipe_of(description: Description, weights: Weights) -> EmbeddingRecipe:
    """How the network is used."""
    margin, step = description.margin, description.size // _RECHECKED
    return EmbeddingRecipe(
        spec=GraphSpec(
            name=weights.name,
            weights_sha256=weights.sha256,
            input_shape=(DYNAMIC, 3, description.size, description.size),
            output=description.output,
            length=description.length,
            file=weights.file,
        ),
        dimension=description.length,
        size=description.size,
        landmarks=description.points(),
        channels=description.channels,
        mean=_numbers(description.mean),
        scale=_numbers(description.scale),
        views={
            Purpose.PROBE: (View(margin),),
            Purpose.TEMPLATE: (View(margin), View(margin, mirrored=True)),
            Purpose.RECHECK: (
                View(margin),
                View(margin - step, mirrored=True),
                View(margin + step, mirrored=True),
            ),
        },
    )


def published_scale(distances: PublishedDistances) -> ModelScale:
    """What was published, completed by what is assumed in proportion to it."""
    match = distances.match
    return ModelScale(
        match=RateTable(((0.01, match),), evidence=Evidence.PUBLISHED),
        margin=ASSUMED.margin,
        look_alike_margin=ASSUMED.look_alike_margin,
        verify=distances.verify or match,
        same_person=distances.same_person or min(1.3 * match, _WIDEST),
        other_person=distances.other_person or 0.9 * match,
        doubt=distances.doubt,
    )


def _numbers(value: float | list[float]) -> float | tuple[float, ...]:
    return tuple(value) if isinstance(value, list) else value
