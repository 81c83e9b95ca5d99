"""The models by name: those that facevec knows, and those that were added to a folder of models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from facevec.errors import ModelCorrupt, ModelUnknown
from facevec.types import ModelScale
from facevec.usecases.model import networks_of
from facevec.vision.models import pairs
from facevec.vision.models.facenet import CASIA_WEBFACE, VGGFACE2
from facevec.vision.models.fer_pytorch import FER_MOBILENETV2, FER_RESNET34
from facevec.vision.models.model import EmbeddingModel, EmotionModel, Model
from facevec.vision.models.retail import RETAIL_0095
from facevec.vision.models.small_residual import EMOTION_SMALL

KNOWN: dict[str, Model] = {
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
"""The models that facevec knows by itself, wherever their weights are."""

Kind = TypeVar("Kind", bound=Model)

AUTO_EMBEDDING = (VGGFACE2.name, CASIA_WEBFACE.name)
"""What `auto` takes to recognise faces, the more accurate first."""

AUTO_EMOTION = (FER_RESNET34.name, EMOTION_SMALL.name)
"""What `auto` takes to read emotions, the more accurate first; the last one ships."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What can be used: the models that facevec knows, and those `added` to one folder of models, by name.

    damaged: names of what was added there and does not say any more what it is.
    """

    added: Mapping[str, Model] = field(default_factory=dict)
    damaged: frozenset[str] = frozenset()

    @property
    def models(self) -> Mapping[str, Model]:
        """Every model by its name."""
        return {**KNOWN, **self.added}

    def model(self, name: str) -> Model:
        """The entry of this name.

        Raises ModelUnknown, and ModelCorrupt for one that is damaged.
        """
        try:
            return self.models[name]
        except KeyError:
            if name in self.damaged:
                raise ModelCorrupt(
                    f"The description of {name}, which was added here, is damaged; `facevec models remove "
                    f"{name}`, then add it again."
                ) from None
            if len(networks_of(name)) > 1:
                raise ModelUnknown(f"{name} is several networks together; name one of them.") from None
            known = ", ".join(self.models)
            raise ModelUnknown(f"There is no model {name!r}; the catalogue has {known}.") from None

    def embedding_model(self, name: str) -> EmbeddingModel:
        """The entry of a model for recognising faces.

        Raises ModelUnknown.
        """
        return self._of(EmbeddingModel, name, f"makes no embeddings; use {' or '.join(AUTO_EMBEDDING)}")

    def emotion_model(self, name: str) -> EmotionModel:
        """The entry of a model for reading emotions.

        Raises ModelUnknown.
        """
        return self._of(EmotionModel, name, f"does not read emotions; {' and '.join(AUTO_EMOTION)} do")

    def scale(self, name: str) -> ModelScale:
        """The distances of an embedding model, of one network or of several.

        Raises ModelUnknown.
        """
        scales = {network: self.embedding_model(network).scale for network in networks_of(name)}
        if len(scales) == 1:
            return scales[name]
        return pairs.MEASURED.get(frozenset(scales)) or pairs.estimated([*scales.values()])

    def _of(self, kind: type[Kind], name: str, otherwise: str) -> Kind:
        entry = self.model(name)
        if not isinstance(entry, kind):
            raise ModelUnknown(f"{name} {otherwise}.")
        return entry
