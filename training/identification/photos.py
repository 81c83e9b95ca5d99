"""The network's vectors of a folder of photos, one folder a person, kept in a file between runs."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facevec.config import models_folder
from facevec.errors import FacevecError
from facevec.types import Face, Image, Looks, Vectors
from facevec.vision.build import GRAPHS
from facevec.vision.decode import PillowDecoder
from facevec.vision.detect import MtcnnDetector
from facevec.vision.embed import MARGIN, TIGHTER, WIDER, InceptionEmbedder
from facevec.vision.engines.openvino_engine import OpenVinoEngine
from facevec.vision.networks.inception import inception_spec
from facevec.vision.weights.store import ModelStore

PHOTOS = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Photos with a face, in the order of people and files; vectors are those before any projection.

    people, files: (n,) str. probes: (n, d) of the face as it is, for each crop margin.
    templates, second: (n, d) as enrolment and a second look take them (`Looks.MIRRORED`, `Looks.AGAIN`).
    """

    people: npt.NDArray[np.str_]
    files: npt.NDArray[np.str_]
    probes: Mapping[int, Vectors]
    templates: Vectors
    second: Vectors


def embed_folder(folder: Path, *, model: str, margins: Sequence[int], cache: Path | None) -> Embedded:
    """The vectors of every photo in `folder`, of the face nearest the centre in each.

    cache: a folder where they are kept; the same photos are known by their names and sizes.
    """
    photos = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in PHOTOS)
    if cache is None:
        return _embed(photos, model, margins)
    kept = cache / f"{_key(photos, folder, model)}.npz"
    if not _holds(kept, margins):
        _keep(_embed(photos, model, margins), kept)
    with np.load(kept) as saved:
        probes = {margin: saved[f"margin{margin}"] for margin in margins}
        return Embedded(saved["people"], saved["files"], probes, saved["templates"], saved["second"])


def central(image: Image, faces: Sequence[Face]) -> Face | None:
    """The face nearest to the middle: the person whom the folder names."""

    def off_centre(face: Face) -> float:
        box = face.box
        return abs(box.x_min + box.x_max - image.width) + abs(box.y_min + box.y_max - image.height)

    return min(faces, key=off_centre, default=None)


def faces_of(photos: Sequence[Path], detector: MtcnnDetector) -> Iterator[tuple[Path, Image, Face]]:
    """Each photo with its central face; photos that cannot be read or show no face are named on stderr."""
    decoder = PillowDecoder(max_bytes=32_000_000, max_pixels=50_000_000)
    for number, path in enumerate(photos, start=1):
        if number % 500 == 0:
            print(f"{number} of {len(photos)} photos", file=sys.stderr, flush=True)
        try:
            image = decoder.decode(path.read_bytes())
        except FacevecError as error:
            print(f"photo {number}: {error}", file=sys.stderr)
            continue
        face = central(image, detector.detect(image))
        if face is None:
            print(f"photo {number}: no face", file=sys.stderr)
            continue
        yield path, image, face


def instruments(model: str, margins: Sequence[int]) -> tuple[MtcnnDetector, dict[int, InceptionEmbedder]]:
    """The product's detector, and for each margin its embedder without a projection."""
    store = ModelStore(models_folder())
    engine = OpenVinoEngine(cache=store.folder / GRAPHS, threads=1)
    spec = inception_spec(store.weights(model))
    embedders = {
        margin: InceptionEmbedder(engine=engine, spec=spec, margin=margin) for margin in {MARGIN, *margins}
    }
    return MtcnnDetector(engine=engine), embedders


def _embed(photos: Sequence[Path], model: str, margins: Sequence[int]) -> Embedded:
    detector, embedders = instruments(model, margins)
    people: list[str] = []
    files: list[str] = []
    probes: dict[int, list[npt.NDArray[np.float32]]] = {margin: [] for margin in margins}
    templates: list[npt.NDArray[np.float32]] = []
    second: list[npt.NDArray[np.float32]] = []
    for path, image, face in faces_of(photos, detector):
        people.append(path.parent.name)
        files.append(path.name)
        for margin in margins:
            probes[margin].append(embedders[margin].embed(image, [face])[0])
        templates.append(embedders[MARGIN].embed(image, [face], Looks.MIRRORED)[0])
        second.append(embedders[MARGIN].embed(image, [face], Looks.AGAIN)[0])
    stacked = {margin: np.stack(vectors) for margin, vectors in probes.items()}
    return Embedded(np.array(people), np.array(files), stacked, np.stack(templates), np.stack(second))


def _keep(embedded: Embedded, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {f"margin{margin}": vectors for margin, vectors in embedded.probes.items()}
    np.savez(
        path,
        people=embedded.people,
        files=embedded.files,
        templates=embedded.templates,
        second=embedded.second,
        **arrays,
    )


def _holds(path: Path, margins: Sequence[int]) -> bool:
    if not path.is_file():
        return False
    with np.load(path) as saved:
        return all(f"margin{margin}" in saved.files for margin in margins)


def _key(photos: Sequence[Path], folder: Path, model: str) -> str:
    names = [f"{path.relative_to(folder).as_posix()} {path.stat().st_size}" for path in photos]
    return hashlib.sha256("\n".join([model, f"{MARGIN} {TIGHTER} {WIDER}", *names]).encode()).hexdigest()[:16]
