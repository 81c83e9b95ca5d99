"""The models that facevec knows, by name."""

from __future__ import annotations

from typing import TypeVar

from facevec.errors import ModelUnknown
from facevec.types import ModelScale
from facevec.vision.models.facenet import CASIA_WEBFACE, VGGFACE2
from facevec.vision.models.fer_pytorch import FER_MOBILENETV2, FER_RESNET34
from facevec.vision.models.model import EmbeddingModel, EmotionModel, Model
from facevec.vision.models.retail import RETAIL_0095
from facevec.vision.models.small_residual import EMOTION_SMALL

CATALOGUE: dict[str, Model] = {
    model.name: model
    for model in (
        VGGFACE2,
        CASIA_WEBFACE,
        RETAIL_0095,
        EMOTION_SMALL,
        FER_RESNET34,
        FER_MOBILENETV2,
    )
}

Kind = TypeVar("Kind", bound=Model)

AUTO_EMBEDDING = (VGGFACE2.name, CASIA_WEBFACE.name)
"""What `auto` takes to recognise faces, the more accurate first."""

AUTO_EMOTION = (FER_RESNET34.name, EMOTION_SMALL.name)
"""What `auto` takes to read emotions, the more accurate first; the last one ships."""


def model(name: str) -> Model:
    """The catalogue's entry of this name.

    Raises ModelUnknown.
    """
    try:
        return CATALOGUE[name]
    except KeyError:
        known = ", ".join(CATALOGUE)
        raise ModelUnknown(f"There is no model {name!r}; the catalogue has {known}.") from None


def embedding_model(name: str) -> EmbeddingModel:
    """The entry of a model for recognising faces.

    Raises ModelUnknown.
    """
    return _of(EmbeddingModel, name, f"makes no embeddings; use {' or '.join(AUTO_EMBEDDING)}")


def emotion_model(name: str) -> EmotionModel:
    """The entry of a model for reading emotions.

    Raises ModelUnknown.
    """
    return _of(EmotionModel, name, f"does not read emotions; {' and '.join(AUTO_EMOTION)} do")


def scale(name: str) -> ModelScale:
    """The distances of an embedding model.

    Raises ModelUnknown.
    """
    return embedding_model(name).scale


def _of(kind: type[Kind], name: str, otherwise: str) -> Kind:
    entry = model(name)
    if not isinstance(entry, kind):
        raise ModelUnknown(f"{name} {otherwise}.")
    return entry
