"""Everything that holds faces beside the registry, to be cleared when somebody was removed."""

from __future__ import annotations

from facevec.errors import FacevecError
from facevec.events import Events
from facevec.gallery.engines import GalleryEngine
from facevec.ports import GenerationStore

logger = Events()


class EngineCopies:
    """`ports.Copies`: generations on disk, of this engine or of one before, and what the engine keeps."""

    def __init__(self, generations: GenerationStore, engine: GalleryEngine) -> None:
        self._generations, self._engine = generations, engine

    def discard(self, before_revision: int) -> int:
        count = self._generations.discard(before_revision)
        self._engine.forget()
        return count

    def sweep(self, before_revision: int) -> None:
        self._generations.sweep(before_revision)
        try:
            self._engine.forget()
        except FacevecError as error:
            logger.warning("gallery_not_swept", reason=str(error))
