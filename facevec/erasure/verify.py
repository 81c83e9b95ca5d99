"""Looking for what a receipt says was destroyed, in every place where facevec keeps anything."""

from __future__ import annotations

from collections.abc import Iterator

from facevec.erasure.places import PLACES
from facevec.erasure.search import Scene, Search, cannot_tell
from facevec.erasure.traces import Tracer
from facevec.errors import FacevecError, ReceiptUnusable
from facevec.types import PlaceChecked, Receipt


def check(receipt: Receipt, scene: Scene) -> Iterator[PlaceChecked]:
    """Every place, in turn; one that cannot be read keeps no other from being looked at.

    Raises ReceiptUnusable.
    """
    tracer = Tracer(scene.key)
    try:
        traces = tracer.unsealed(receipt.traces)
    except ValueError as error:
        raise ReceiptUnusable("The traces in the receipt do not open under this integrity key.") from error
    search = Search(receipt, scene, tracer, traces)
    for name, look in PLACES:
        try:
            yield from look(search)
        except FacevecError as error:
            yield cannot_tell(name, str(error))
        except OSError as error:
            yield cannot_tell(name, f"{error.filename or name} cannot be read: {error.strerror or error}.")
