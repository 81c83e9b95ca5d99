"""Changing the embedding model of a registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from facevec.types import Coverage, Model, ModelChange, Vector, WaitingPhoto


class ModelChanges(Protocol):
    """The change that is under way, if one is. Every method may raise RegistryError.

    Those that need one raise ContractMismatch where none is.
    """

    def current(self) -> ModelChange | None:
        """The change that is under way."""
        ...

    def required(self) -> ModelChange:
        """The change that is under way; one is needed."""
        ...

    def begin(self, model: Model) -> ModelChange:
        """From the model in force to `model`; the same again goes on.

        Raises ContractMismatch where another change is under way, `model` is in force, or nobody is enrolled.
        """
        ...

    def coverage(self) -> Coverage:
        """How far it has come."""
        ...

    def waiting(
        self, contract: str, after_worker: int, limit: int
    ) -> tuple[int | None, Sequence[WaitingPhoto]]:
        """(the last worker, None after all; photos without a template of `contract`, by ascending worker).

        after_worker: after whom to go on. limit: of workers. Photos whose template is rotten are left out.
        """
        ...

    def waiting_photo(self, sha256: str) -> tuple[str, WaitingPhoto] | None:
        """(the contract of which it has none, the photo) of this very file, where it waits."""
        ...

    def pixels(self, photo_id: int) -> bytes | None:
        """The file of a photo that was kept; empty where it cannot be read any more."""
        ...

    def keep(self, worker_id: int, contract: str, templates: Mapping[int, Vector]) -> int:
        """Write templates by photo, where the photo is still the worker's and waits for it; how many.

        All of them or none. What the worker is sealed as is sealed under `contract`, too.
        """
        ...

    def switch(self, *, leave_behind: bool = False) -> ModelChange:
        """From now on `after` decides, in every process. Raises ContractMismatch where somebody has no
        template of it yet, unless they may be left behind.
        """
        ...

    def back(self) -> ModelChange:
        """From now on `before` decides again."""
        ...

    def finish(self) -> tuple[ModelChange, int]:
        """Forget the templates of the model that is not in force, and photos that have no other; no backup
        brings these back.

        (the change, the photos that were forgotten)
        """
        ...
