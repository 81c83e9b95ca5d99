"""The ways to do it: each is loaded, is shown who is enrolled, and then names whom it sees."""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from facevec.bootstrap import App
    from facevec.usecases.recognize import RecognizedImage
    from facevec.vision.weights.store import ModelStore

Gallery = Mapping[str, Sequence[bytes]]

FACENET_DISTANCE = 1.0
"""Of unit vectors; nearer is the same person, for those who compare plain vectors."""

DLIB_DISTANCE = 0.6
"""What face_recognition compares with unless it is asked otherwise."""

SMALL = "retail-0095"
"""The network of least arithmetic; it names more people rightly than casia-webface (docs/accuracy.md)."""

AS_MUCH_AS_DLIB: Mapping[str, object] = {
    "vision.min_face": 40,
    "vision.turns": False,
    "vision.precision": "auto",
    "emotion.enabled": False,
}
"""Then facevec does no more than face_recognition, which reads no expressions, and whose detector looks for
80 pixels in a picture that is enlarged to twice its sides, as it lies; in the fastest proven precision."""

PLAIN = "plain pipeline"
"""What the table calls the way that all are held against."""

DETECTION = 0.9
"""Smallest score of MTCNN's that counts."""


class Sight(NamedTuple):
    """One face. name: whose it is, None for a stranger's. emotion: None where the way reads none."""

    name: str | None
    emotion: str | None


class Way(Protocol):
    """From photos of people to whom a picture shows."""

    def enrol(self, gallery: Gallery) -> None:
        """Remember these people."""
        ...

    def recognize(self, data: bytes) -> list[Sight]:
        """Every face of a picture."""
        ...

    def recognize_folder(self, pictures: Sequence[Path]) -> list[Sight]:
        """Every face of many pictures, in their order."""
        ...


class OneByOne:
    """A way that knows nothing better for many pictures than one after the other."""

    def recognize_folder(self: Way, pictures: Sequence[Path]) -> list[Sight]:
        return [sight for path in pictures for sight in self.recognize(path.read_bytes())]


class Facevec:
    """facevec's own walk of a request, as `facevec recognize` takes it: of one picture, or of many."""

    def __init__(self, home: Path, flags: Mapping[str, object]) -> None:
        from facevec import config
        from facevec.bootstrap import App

        wanted = {"vision.embedding_model": "casia-webface", "emotion.model": "emotion-small", **flags}
        self._app = App(config.load(home, flags=wanted))
        self._loaded_for_many = partial(config.load, home, flags={**wanted, "vision.threads": 0})

    def enrol(self, gallery: Gallery) -> None:
        from facevec.types import PhotoSource
        from facevec.usecases.enrol import enrol_worker

        for name, photos in gallery.items():
            sources = [PhotoSource(str(number), data) for number, data in enumerate(photos)]
            enrol_worker(self._app.desk, name, sources)

    def recognize(self, data: bytes) -> list[Sight]:
        return _sights(self._app.recognize(self._app.see(data)))

    def recognize_folder(self, pictures: Sequence[Path]) -> list[Sight]:
        from facevec.cli.people import reader
        from facevec.usecases.ahead import looking_ahead, to_recognize
        from facevec.usecases.see import see

        app, sights = self._app_for_many, []
        names = [str(path) for path in pictures]
        read = reader(app.settings.vision.max_file_bytes)
        with looking_ahead(app.vision, read, [(name, to_recognize) for name in names]) as (vision, ahead):
            for name in names:
                scene = see(vision, ahead(name))
                sights += _sights(app.recognize(scene))
        return sights

    @cached_property
    def _app_for_many(self) -> App:
        from facevec.bootstrap import App
        from facevec.networks import networks_for_many

        return App(self._loaded_for_many(), networks=networks_for_many)


def _sights(image: RecognizedImage) -> list[Sight]:
    return [
        Sight(face.worker.name if face.worker else None, face.emotion.top if face.emotion else None)
        for face in image.faces
    ]


class Plain(OneByOne):
    """facenet-pytorch as its README shows it, and a ResNet-34 for emotions as fer-pytorch's.

    The embedder has facevec's weights. The ResNet's are drawn: fer-pytorch's are not to be had everywhere,
    and no number is slower than another. one_by_one: each face alone, as loops over faces do.
    """

    def __init__(self, *, one_by_one: bool = False) -> None:
        import torch

        from benchmarks.vision_speed import plain_detector
        from facevec.vision.models.facenet import CASIA_WEBFACE

        self._torch = torch
        self._detector = plain_detector()  # before torchvision, which it mends
        from torchvision.models import resnet34

        weights = _store().weights(CASIA_WEBFACE.name)
        self._embedder = CASIA_WEBFACE.recipe(weights).spec.build().eval()
        self._emotion = resnet34(num_classes=7).eval()
        self._most = 1 if one_by_one else sys.maxsize
        self._names: list[str] = []
        self._vectors = np.empty((0, 512), np.float32)

    def enrol(self, gallery: Gallery) -> None:
        rows = []
        for name, photos in gallery.items():
            for data in photos:
                vectors, _ = self._look(data)
                if len(vectors):
                    rows.append(vectors[0])
                    self._names.append(name)
        self._vectors = np.stack(rows)

    def recognize(self, data: bytes) -> list[Sight]:
        vectors, emotions = self._look(data)
        return [
            Sight(_nearest(vector, self._vectors, self._names, FACENET_DISTANCE), emotion)
            for vector, emotion in zip(vectors, emotions, strict=True)
        ]

    def _look(self, data: bytes) -> tuple[np.ndarray, list[str]]:
        """(n, 512) unit vectors, and the most likely emotion of each."""
        from PIL import Image

        picture = Image.open(io.BytesIO(data)).convert("RGB")
        boxes, scores = self._detector.detect(picture)
        boxes = [] if boxes is None else boxes[scores >= DETECTION]
        if not len(boxes):
            return np.empty((0, 512), np.float32), []
        crops = self._detector.extract(picture, boxes, None)
        faces = [picture.crop(tuple(box)).convert("L").resize((224, 224)) for box in boxes]
        greys = self._torch.from_numpy(np.stack(faces).astype(np.float32) / 255)[:, None].expand(
            -1, 3, -1, -1
        )
        with self._torch.no_grad():
            vectors = self._torch.cat([self._embedder(part) for part in crops.split(self._most)])
            logits = self._torch.cat([self._emotion(part) for part in greys.split(self._most)])
        return vectors.numpy(), [str(int(row.argmax())) for row in logits]


class Dlib(OneByOne):
    """The package face_recognition as its README shows it. It reads no emotions."""

    def __init__(self) -> None:
        self._package = _face_recognition()
        self._names: list[str] = []
        self._vectors = np.empty((0, 128))

    def enrol(self, gallery: Gallery) -> None:
        rows = []
        for name, photos in gallery.items():
            for data in photos:
                rows += (vectors := self._look(data)[:1])
                self._names += [name] * len(vectors)
        self._vectors = np.stack(rows)

    def recognize(self, data: bytes) -> list[Sight]:
        return [
            Sight(_nearest(vector, self._vectors, self._names, DLIB_DISTANCE), None)
            for vector in self._look(data)
        ]

    def _look(self, data: bytes) -> list[np.ndarray]:
        picture = self._package.load_image_file(io.BytesIO(data))
        vectors: list[np.ndarray] = self._package.face_encodings(picture)
        return vectors


def _store() -> ModelStore:
    from facevec.config import models_folder
    from facevec.vision.weights.store import ModelStore

    return ModelStore(models_folder())


def _nearest(vector: np.ndarray, known: np.ndarray, names: Sequence[str], limit: float) -> str | None:
    if not len(known):
        return None
    distances = np.linalg.norm(known - vector, axis=1)
    place = int(distances.argmin())
    return names[place] if distances[place] <= limit else None


def _face_recognition() -> ModuleType:
    """The package; its models ask for their own folder by a module that setuptools no longer has."""
    if importlib.util.find_spec("pkg_resources") is None:
        folder = Path(importlib.util.find_spec("face_recognition_models").submodule_search_locations[0])
        stand_in = SimpleNamespace(resource_filename=lambda _package, name: str(folder / name))
        sys.modules["pkg_resources"] = stand_in  # type: ignore[assignment]  # all that is asked of it
    import face_recognition

    return face_recognition


def ways(home: Path, threads: int) -> dict[str, partial[Way]]:
    """Those that can run here, by what the table calls them. home: an empty folder that outlives a start."""
    as_set: dict[str, Mapping[str, object]] = {
        "facevec, fp32": {},
        "facevec, fastest proven": {"vision.precision": "auto"},
        "facevec, as pictures lie": {"vision.turns": False},
    }
    if _store().has(SMALL):
        small = {"vision.embedding_model": SMALL}
        as_set[f"facevec, {SMALL}"] = small
        as_set[f"facevec, {SMALL}, as much as face_recognition"] = {**small, **AS_MUCH_AS_DLIB}
    known: dict[str, partial[Way]] = {
        name: partial(Facevec, home / str(place), {"vision.threads": threads, **flags})
        for place, (name, flags) in enumerate(as_set.items())
    }
    known[PLAIN] = partial(Plain)
    known["face by face"] = partial(Plain, one_by_one=True)
    if importlib.util.find_spec("face_recognition") and importlib.util.find_spec("dlib"):
        known["face_recognition"] = partial(Dlib)
    return known
