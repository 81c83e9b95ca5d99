"""The network's vectors of a folder of photos, one folder a person, kept in a file between runs."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facevec.bootstrap import installed_networks
from facevec.config import integrity_key_file, load, models_folder
from facevec.errors import FacevecError
from facevec.integrity import key_at
from facevec.ports import Vision
from facevec.types import Purpose, Vectors
from facevec.usecases.see import Scene, see
from facevec.vision.build import GRAPHS
from facevec.vision.embed import MARGIN, TIGHTER, WIDER, InceptionEmbedder
from facevec.vision.engines.openvino_engine import OpenVinoEngine
from facevec.vision.networks.inception import inception_spec
from facevec.vision.weights.store import ModelStore

PHOTOS = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Photos with a face, in the order of people and files; vectors are those before any projection.

    people, files: (n,) str. probes: (n, d) of the face as it is, for each crop margin.
    templates, rechecks: (n, d) as enrolment and a recheck take them (`Purpose.TEMPLATE`, `Purpose.RECHECK`).
    """

    people: npt.NDArray[np.str_]
    files: npt.NDArray[np.str_]
    probes: Mapping[int, Vectors]
    templates: Vectors
    rechecks: Vectors


def embed_folder(folder: Path, *, model: str, margins: Sequence[int], cache: Path | None) -> Embedded:
    """The vectors of every photo in `folder`, of the most prominent face in each.

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
        return Embedded(saved["people"], saved["files"], probes, saved["templates"], saved["rechecks"])


def scenes_of(photos: Sequence[Path], vision: Vision) -> Iterator[tuple[Path, Scene]]:
    """Each photo with a face, seen; the others are named on stderr."""
    for number, path in enumerate(photos, start=1):
        if number % 500 == 0:
            print(f"{number} of {len(photos)} photos", file=sys.stderr, flush=True)
        try:
            scene = see(vision, path.read_bytes())
            scene.most_prominent()
        except FacevecError as error:
            print(f"photo {number}: {error}", file=sys.stderr)
            continue
        yield path, scene


def instruments(model: str, margins: Sequence[int]) -> tuple[Vision, dict[int, InceptionEmbedder]]:
    """What sees in the product, and for each margin its embedder without a projection."""
    store = ModelStore(models_folder())
    engine = OpenVinoEngine(cache=store.folder / GRAPHS, key=key_at(integrity_key_file()), threads=1)
    spec = inception_spec(store.weights(model))
    embedders = {
        margin: InceptionEmbedder(engine=engine, spec=spec, margin=margin) for margin in {MARGIN, *margins}
    }
    networks = installed_networks(load(flags={"emotion.enabled": False, "vision.threads": 1}))
    return replace(networks.vision(model), embedder=embedders[MARGIN]), embedders


def _embed(photos: Sequence[Path], model: str, margins: Sequence[int]) -> Embedded:
    vision, embedders = instruments(model, margins)
    people: list[str] = []
    files: list[str] = []
    probes: dict[int, list[npt.NDArray[np.float32]]] = {margin: [] for margin in margins}
    templates: list[npt.NDArray[np.float32]] = []
    rechecks: list[npt.NDArray[np.float32]] = []
    for path, scene in scenes_of(photos, vision):
        image, face = scene.image, scene.most_prominent()
        people.append(path.parent.name)
        files.append(path.name)
        for margin in margins:
            probes[margin].append(embedders[margin].embed(image, [face])[0])
        templates.append(embedders[MARGIN].embed(image, [face], Purpose.TEMPLATE)[0])
        rechecks.append(embedders[MARGIN].embed(image, [face], Purpose.RECHECK)[0])
    stacked = {margin: np.stack(vectors) for margin, vectors in probes.items()}
    return Embedded(np.array(people), np.array(files), stacked, np.stack(templates), np.stack(rechecks))


def _keep(embedded: Embedded, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {f"margin{margin}": vectors for margin, vectors in embedded.probes.items()}
    np.savez(
        path,
        people=embedded.people,
        files=embedded.files,
        templates=embedded.templates,
        rechecks=embedded.rechecks,
        **arrays,
    )


def _holds(path: Path, margins: Sequence[int]) -> bool:
    if not path.is_file():
        return False
    with np.load(path) as saved:
        return all(f"margin{margin}" in saved.files for margin in margins)


def _key(photos: Sequence[Path], folder: Path, model: str) -> str:
    names = [f"{path.relative_to(folder).as_posix()} {path.stat().st_size}" for path in photos]
    return hashlib.sha256(
        "\n".join([model, f"{MARGIN} {TIGHTER} {WIDER} most prominent", *names]).encode()
    ).hexdigest()[:16]
