"""Which embedding model a new registry starts with."""

from __future__ import annotations

from typing import NamedTuple

from facevec.errors import DownloadFailed, ModelMissing
from facevec.vision.weights import catalogue
from facevec.vision.weights.download import Progress
from facevec.vision.weights.store import ModelStore

AUTO = "auto"
PREFERRED, FALLBACK = "vggface2", "casia-webface"


class Choice(NamedTuple):
    """A model that is here now, and one sentence that says why it was taken."""

    name: str
    why: str


def resolve(store: ModelStore, wanted: str, progress: Progress | None = None) -> Choice:
    """Get the model `wanted`, or for `auto` the best that can be had; for commands only, as it may download.

    Raises ModelUnknown, ModelMissing, ModelCorrupt.
    """
    if wanted != AUTO:
        return _named(store, wanted, progress)
    try:
        store.fetch(PREFERRED, progress)
    except DownloadFailed as error:
        return _fallback(store, str(error), progress)
    return Choice(PREFERRED, f"{PREFERRED} was taken: it is the most accurate model that can be had.")


def _named(store: ModelStore, wanted: str, progress: Progress | None) -> Choice:
    catalogue.model(wanted)
    try:
        store.fetch(wanted, progress)
    except DownloadFailed as error:
        raise ModelMissing(f"The model {wanted} is not here and cannot be fetched: {error} {_HELP}") from None
    return Choice(wanted, f"{wanted} was taken because the settings name it.")


def _fallback(store: ModelStore, reason: str, progress: Progress | None) -> Choice:
    try:
        store.fetch(FALLBACK, progress)
    except DownloadFailed as error:
        raise ModelMissing(f"No model is here and none can be fetched: {reason} {error} {_HELP}") from None
    return Choice(FALLBACK, f"{FALLBACK} was taken because {PREFERRED} cannot be had: {reason}")


_HELP = (
    f"With a network run `facevec models fetch {FALLBACK}`; without one bring a model's file here "
    "and run `facevec models import PATH`."
)
