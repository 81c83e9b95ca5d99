"""The model that is not in force while a registry's model is changed: loaded when it is needed, and kept."""

from __future__ import annotations

from facevec.errors import ContractMismatch, FacevecError, ModelError
from facevec.events import Events
from facevec.ports import FaceEmbedder, ModelChanges, Networks, Vision
from facevec.types import Model
from facevec.usecases.migrate.reembed import Reembedder, Successor

logger = Events()


class OtherModel:
    """networks: what is here; the other model may not be on every machine."""

    def __init__(self, changes: ModelChanges, networks: Networks) -> None:
        self._changes, self._networks = changes, networks
        self._loaded: tuple[Model, FaceEmbedder] | None = None
        self._lacking: str | None = None

    def successor(self, vision: Vision) -> Successor | None:
        """For an enrolment by `vision`: None without a change, and where the other model is not here.

        What is then enrolled without it waits for whoever carries on the change; why is logged, once.
        Raises RegistryError.
        """
        change = self._changes.current()
        other = None if change is None else change.beside(vision.embedder.contract)
        if other is None:
            return None
        try:
            embedder = self.embedder(other)
        except (ModelError, ContractMismatch) as error:
            self._tell(other, error)
            return None
        return Successor(embedder, self._changes, self.reembedder(vision, embedder))

    def _tell(self, other: Model, error: FacevecError) -> None:
        """An enrolment asks for each photo."""
        reason = str(error)
        if reason != self._lacking:
            self._lacking = reason
            logger.warning("other_model_not_used", model=other.name, reason=reason)

    def embedder(self, model: Model) -> FaceEmbedder:
        """Raises ModelError; ContractMismatch where the model here makes templates of another contract."""
        if self._loaded is None or self._loaded[0] != model:
            embedder = self._networks.vision(model.name).embedder
            if embedder.contract != model.contract:
                raise ContractMismatch(
                    f"{model.name} makes templates of contract {embedder.contract} here, and the change "
                    f"began with {model.contract}; use the facevec and the weights that it began with."
                )
            self._loaded = model, embedder
        return self._loaded[1]

    @staticmethod
    def reembedder(vision: Vision, other: FaceEmbedder) -> Reembedder:
        """Of `vision`'s model and the other."""
        return Reembedder(vision, {each.contract: each for each in (vision.embedder, other)})
