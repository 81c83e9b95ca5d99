"""Pictures looked at before they are asked for, several at a time, beside what becomes of those before them.

What sees is slow and knows nothing of workers, so it may run ahead; whatever asks or changes the registry
keeps its order. Use cases go on as if there were no such thing: they read a photo, `see` it and embed its
faces, and each of these is done by then, or done now: what was embedded ahead the embedder knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields

from facevec.errors import FacevecError, MemoryExhausted
from facevec.memory import let_go
from facevec.ports import Vision
from facevec.types import Face, Purpose
from facevec.usecases.people import Read
from facevec.usecases.portrait import may_be_meant
from facevec.usecases.recognize import BATCH
from facevec.usecases.see import Scene, VisionAhead, see

Wanted = Callable[[Scene], Sequence[tuple[Sequence[Face], Purpose]]]
"""Which faces of a scene will be embedded, and for what. May raise NoFace."""

Picture = tuple[str, Wanted]
"""Its name, as `Read` takes it, and what will be wanted of it."""

_WAITING = 2
"""So many pictures may wait, seen, for each that is being looked at."""

_ROOM = 256_000_000
"""Bytes of pictures that wait; beyond them only the next is looked at."""

_BEHIND = 64_000_000
"""Bytes of pictures that were asked for last, and are there yet for whoever goes back to them."""


def as_templates(scene: Scene) -> Sequence[tuple[Sequence[Face], Purpose]]:
    """What enrolment wants. Raises NoFace."""
    return [(may_be_meant(scene), Purpose.TEMPLATE)]


def as_probe(scene: Scene) -> Sequence[tuple[Sequence[Face], Purpose]]:
    """What `probes.Prober` wants."""
    face = [scene.most_prominent()]
    return [(face, Purpose.PROBE), (face, Purpose.RECHECK)]


def to_recognize(scene: Scene) -> Sequence[tuple[Sequence[Face], Purpose]]:
    """What `recognize` wants of every face; what is near the threshold is embedded once more in its turn."""
    starts = range(0, len(scene.faces), BATCH)
    return [(scene.faces[start : start + BATCH], Purpose.PROBE) for start in starts]


def for_every_purpose(scene: Scene) -> Sequence[tuple[Sequence[Face], Purpose]]:
    """What `measure` wants."""
    face = [scene.most_prominent()]
    return [(face, purpose) for purpose in Purpose]


@contextmanager
def looking_ahead(
    vision: Vision,
    read: Read,
    pictures: Sequence[Picture],
    *,
    worth: Callable[[bytes], bool] = lambda _data: True,
) -> Iterator[tuple[Vision, Read]]:
    """`vision` and `read` for a block that goes through `pictures`, in this order.

    It may leave some out, and go back; of these the last are there yet, others are seen when they are asked
    for. What went wrong with a picture is raised where it would have been without looking ahead. worth:
    whether to look at all, or only to read.
    """
    pictures = [*dict(pictures).items()]  # one that comes twice is seen ahead once
    if len(pictures) <= 1:
        yield vision, read
        return
    with ThreadPoolExecutor(vision.at_once, "ahead") as threads:
        ahead = _Ahead(vision, read, pictures, worth, threads)
        try:
            yield ahead.vision, ahead.read
        finally:
            threads.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """A picture that was read. scene: None where it was not worth a look; error: what `see` is to raise."""

    data: bytes
    scene: Scene | None = None
    error: Exception | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data) + (self.scene.image.pixels.nbytes if self.scene else 0)


class _Ahead:
    """`see.Scenes`, for one thread that asks."""

    def __init__(
        self,
        vision: Vision,
        read: Read,
        pictures: Sequence[Picture],
        worth: Callable[[bytes], bool],
        threads: ThreadPoolExecutor,
    ) -> None:
        self._vision, self._read, self._pictures, self._worth = vision, read, pictures, worth
        self._threads = threads
        self._places = {name: place for place, (name, _) in enumerate(pictures)}
        self._sights: dict[int, Future[_Sight]] = {}
        self._behind: dict[str, _Sight] = {}
        self._next = self._begun = 0
        self._now: _Sight | None = None
        parts = {each.name: getattr(vision, each.name) for each in fields(vision)}
        self.vision = VisionAhead(**parts, scenes=self)

    def read(self, name: str) -> bytes:
        """`people.Read`."""
        place = self._places.get(name, -1)
        if place < self._next:
            self._now = self._behind.get(name)
            return self._read(name) if self._now is None else self._now.data
        for left_out in range(self._next, place):
            self._forget(left_out)
        self._begin(place)
        self._now = None
        self._next = place + 1
        self._now = self._sights.pop(place).result()
        if isinstance(self._now.error, MemoryExhausted):
            self._make_room()
            self._now = self._look(*self._pictures[place])  # alone it may fit
        self._keep(name, self._now)
        return self._now.data

    def of(self, data: bytes) -> Scene | None:
        """`see.Scenes`."""
        sight = self._now
        if sight is None or sight.data is not data:
            return None
        if sight.error is not None:
            raise sight.error
        return sight.scene

    def _begin(self, place: int) -> None:
        """Have the picture at `place` and some that follow looked at; one at a time, none follows."""
        alone = self._vision.at_once == 1 or self._held() > _ROOM
        further = 0 if alone else self._vision.at_once * _WAITING
        end = min(place + 1 + further, len(self._pictures))
        for ahead in range(max(self._begun, place), end):
            self._sights[ahead] = self._threads.submit(self._look, *self._pictures[ahead])
        self._begun = max(self._begun, end)

    def _held(self) -> int:
        seen = [sight for sight in self._sights.values() if sight.done() and sight.exception() is None]
        return sum(sight.result().size for sight in seen)

    def _keep(self, name: str, sight: _Sight) -> None:
        self._behind[name] = sight
        held = sum(one.size for one in self._behind.values())
        while held > _BEHIND:
            held -= self._behind.pop(next(iter(self._behind))).size

    def _make_room(self) -> None:
        """Let go of all that was seen ahead, when what is being looked at is done with."""
        self._behind.clear()
        for sight in self._sights.values():
            sight.cancel()
        wait(self._sights.values())
        self._sights.clear()
        self._begun = self._next

    def _forget(self, place: int) -> None:
        sight = self._sights.pop(place, None)
        if sight is not None:
            sight.cancel()

    def _look(self, name: str, wanted: Wanted) -> _Sight:
        data = self._read(name)
        if not self._worth(data):
            return _Sight(data)
        try:
            scene = see(self._vision, data)
        except FacevecError as error:
            let_go(error)
            return _Sight(data, error=error)
        with suppress(FacevecError):  # raised where it is embedded anew
            for faces, purpose in wanted(scene):
                self._vision.embedder.embed(scene.image, faces, purpose)
        return _Sight(data, scene)
