"""What a network said of the views of a picture's faces, for as long as the picture is there.

A face is embedded for several purposes, one after the other, and they share views: near the threshold, and of
every photo that something is measured on, the view of the first search is one of the recheck's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from facevec.types import Face, Image, Vectors
from facevec.vision.models.model import View

FaceView = tuple[Face, View]
Ask = Callable[[Sequence[FaceView]], Vectors]
"""(n, d): a row for each."""


class SeenViews:
    """Rows of one network; thread-safe."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[Image, dict[FaceView, npt.NDArray[np.float32]]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, image: Image, wanted: Sequence[FaceView], ask: Ask) -> Vectors:
        """(n, d): a row for each of `wanted` on `image`; `ask` is called, once, for those that are new."""
        with self._lock:
            known = self._kept.setdefault(image, {})
            rows = {each: known[each] for each in wanted if each in known}
        new = [each for each in dict.fromkeys(wanted) if each not in rows]
        if new:
            rows.update(zip(new, ask(new), strict=True))
            with self._lock:
                known.update((each, rows[each]) for each in new)
        return np.stack([rows[each] for each in wanted])
