"""What sees, and what searches for it: the parts of one embedding model, which are changed together."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from facevec.ports import LiveGallery, Networks, Registry, Vision
from facevec.usecases.identify import Identifier
from facevec.usecases.model import require_contract
from facevec.usecases.stages import Stage, staged_live, staged_vision
from facevec.usecases.warm import warm


class Sight:
    """By what pictures are recognised; each part is built when it is first asked for.

    model: the embedding model's name. gallery: opens one, of a contract and for vectors of so many numbers.
    """

    def __init__(
        self,
        model: str,
        networks: Networks,
        registry: Registry,
        gallery: Callable[[str, int], LiveGallery],
        stage: Stage,
    ) -> None:
        self.model = model
        self._networks = networks
        self._registry = registry
        self._gallery = gallery
        self._stage = stage
        self._vision: Vision | None = None

    @property
    def vision(self) -> Vision:
        """Decoder, detector, embedder and, unless switched off, emotion reader. Raises ModelError."""
        if self._vision is None:
            self._vision = staged_vision(self._networks.vision(self.model), self._stage)
        return self._vision

    @cached_property
    def live(self) -> LiveGallery:
        """The gallery as the registry has it now.

        Raises ContractMismatch, ModelError, RegistryError, GalleryError.
        """
        embedder = self.vision.embedder
        require_contract(self._registry, embedder.contract)
        return staged_live(self._gallery(embedder.contract, embedder.dimension), self._stage)

    @cached_property
    def identifier(self) -> Identifier:
        """Searches among the workers who may be recognised now."""
        return Identifier(self.vision.embedder, self._registry, self.live)

    def is_in_force(self) -> bool:
        """Whether the registry is of this model, or of none yet. Raises ModelError, RegistryError."""
        return self._registry.state().contract in (None, self.vision.embedder.contract)

    def warm(self) -> None:
        """Build every part, and run it once. Raises ModelError, RegistryError, ContractMismatch."""
        warm(self.vision, self.identifier.live)

    def rest(self) -> None:
        """Give back the memory that pictures took of what sees; the next one takes it again."""
        if self._vision is not None:
            self._vision.rest()
