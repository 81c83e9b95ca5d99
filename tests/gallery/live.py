"""Live views over drawn people."""

from __future__ import annotations

from functools import partial

from facevec.gallery.layered import LayeredGallery
from facevec.gallery.live import LiveView
from tests.gallery.people import unit_vectors
from tests.gallery.publishing import DIMENSION

PEOPLE = unit_vectors(200, DIMENSION, seed=1)


new_gallery = partial(LayeredGallery, DIMENSION)


def named(view: LiveView, person: int) -> int | None:
    """The worker at distance 0 of a person's vector."""
    _, (candidates,) = view.search(PEOPLE[person][None], 1)
    near = [candidate.worker_id for candidate in candidates if candidate.distance < 1e-6]
    return near[0] if near else None
