"""Live views over drawn people."""

from __future__ import annotations

from facevec.gallery.faiss_flat import FaissFlatGallery
from facevec.gallery.live import LiveView
from tests.gallery.people import unit_vectors
from tests.gallery.publishing import DIMENSION

PEOPLE = unit_vectors(200, DIMENSION, seed=1)


def new_gallery() -> FaissFlatGallery:
    return FaissFlatGallery(DIMENSION)


def named(view: LiveView, person: int) -> int | None:
    """The worker at distance 0 of a person's vector."""
    _, (candidates,) = view.search(PEOPLE[person][None], 1)
    near = [candidate.worker_id for candidate in candidates if candidate.distance < 1e-6]
    return near[0] if near else None
