"""Searching for photos of people whose names are known: what evaluation and calibration measure on.

A probe takes the path of a recognition: `see`, then the identifier. Of a photo with several faces the most
prominent is searched for, as its photo is about one person. Each is rechecked, however far the nearest
worker is, so that its distance can be judged at any threshold (`decision.point.settled`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from facevec.decision.point import OperatingPoint, settled
from facevec.errors import InputError, MemoryExhausted, NoFace
from facevec.ports import Vision
from facevec.types import Refusal
from facevec.usecases.identify import Identifier, Search
from facevec.usecases.people import OnPhoto, Read, refusal
from facevec.usecases.see import see


@dataclass(frozen=True, slots=True)
class Prober:
    """Searches for photos at one operating point; `refused` collects those that cannot be searched for."""

    vision: Vision
    identifier: Identifier
    point: OperatingPoint
    read: Read
    on_photo: OnPhoto
    refused: list[Refusal] = field(default_factory=list)

    def search(self, photo: str) -> Search | None:
        """What is near the photo's face; None where it has no usable picture or face.

        Raises ModelError, RegistryError.
        """
        try:
            scene = see(self.vision, self.read(photo))
            face = scene.most_prominent()
        except (InputError, NoFace, MemoryExhausted) as error:
            self.refused.append(refusal(photo, error))
            return None
        finally:
            self.on_photo(photo)
        (search,) = self.identifier.search(scene.image, [face], self.point, recheck_all=True).searches
        return search


def named_at(search: Search, point: OperatingPoint) -> tuple[int | None, float]:
    """(whom a search names once the threshold is wide enough, None if never; distance to the nearest).

    The name is the recheck's, the distance that of `settled`, infinite in an empty gallery.
    """
    decision = point.without_threshold().decide(search.candidates, search.face.quality)
    first = point.distance(search.first)
    if first is None or decision.distance is None:
        return None, np.inf
    (distance,) = settled(np.array([first]), np.array([decision.distance]))
    return decision.worker_id, float(distance)
