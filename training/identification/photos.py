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

from facevec.config import integrity_key_file, load, models_folder
from facevec.errors import FacevecError
from facevec.integrity import key_at
from facevec.networks import installed_networks
from facevec.ports import Vision
from facevec.types import ModelScale, Purpose, Vectors
from facevec.usecases.model import networks_of
from facevec.usecases.see import Scene, see
from facevec.vision.build import GRAPHS
from facevec.vision.embed import NetworkEmbedder
from facevec.vision.engines.openvino_engine import OpenVinoEngine
from facevec.vision.models.model import EmbeddingRecipe, View
from facevec.vision.weights.store import ModelStore

PHOTOS = (".jpg", ".jpeg", ".png", ".webp")

_ARRAYS = ("people", "files", "probes", "templates", "rechecks")


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Photos with a face, in the order of people and files; vectors are those before any projection, of
    several networks (`vision.joint`) each network's in a row.

    people, files: (n,) str. probes, templates, rechecks: (n, d) as a search, enrolment and a recheck take
    them (`Purpose`). once: (n, d) of one look at the face, for each crop margin that was asked for.
    """

    people: npt.NDArray[np.str_]
    files: npt.NDArray[np.str_]
    probes: Vectors
    templates: Vectors
    rechecks: Vectors
    once: Mapping[int, Vectors]


def embed_folder(folder: Path, *, model: str, cache: Path | None, margins: Sequence[int] = ()) -> Embedded:
    """The vectors of every photo in `folder`, of the most prominent face in each.

    cache: a folder where they are kept; the same photos are known by their names and sizes. margins: for
    a model of one network.
    """
    photos = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in PHOTOS)
    if len(networks_of(model)) == 1:
        return _embed_once(photos, folder, model, cache, margins)
    apart = [_embed_once(photos, folder, name, cache, ()) for name in networks_of(model)]
    probes, templates, rechecks = (
        np.hstack([getattr(embedded, name) for embedded in apart])
        for name in ("probes", "templates", "rechecks")
    )
    return Embedded(apart[0].people, apart[0].files, probes, templates, rechecks, {})


def _embed_once(
    photos: Sequence[Path], folder: Path, network: str, cache: Path | None, margins: Sequence[int]
) -> Embedded:
    if cache is None:
        return _embed(photos, network, margins)
    kept = cache / f"{_key(photos, folder, network)}.npz"
    if not _holds(kept, margins):
        _keep(_embed(photos, network, margins), kept)
    with np.load(kept) as saved:
        once = {margin: saved[f"margin{margin}"] for margin in margins}
        return Embedded(*(saved[name] for name in _ARRAYS), once)


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


def recipe(model: str) -> EmbeddingRecipe:
    """How the product uses a model that is here."""
    store = ModelStore(models_folder())
    return store.catalogue.embedding_model(model).recipe(store.weights(model))


def scale_of(model: str) -> ModelScale:
    """The distances of a model, as the product uses them."""
    return ModelStore(models_folder()).catalogue.scale(model)


def instruments(model: str, margins: Sequence[int] = ()) -> tuple[Vision, dict[int, NetworkEmbedder]]:
    """What sees in the product, but without a projection; and for each margin what looks once."""
    folder, own = models_folder(), recipe(model)
    engine = OpenVinoEngine(cache=folder / GRAPHS, key=key_at(integrity_key_file()), threads=1)
    once = {
        margin: NetworkEmbedder(engine, replace(own, views={**own.views, Purpose.PROBE: (View(margin),)}))
        for margin in margins
    }
    networks = installed_networks(load(flags={"emotion.enabled": False, "vision.threads": 1}))
    return replace(networks.vision(model), embedder=NetworkEmbedder(engine, own)), once


def _embed(photos: Sequence[Path], model: str, margins: Sequence[int]) -> Embedded:
    vision, embedders = instruments(model, margins)
    people: list[str] = []
    files: list[str] = []
    once: dict[int, list[npt.NDArray[np.float32]]] = {margin: [] for margin in margins}
    by_purpose: dict[Purpose, list[npt.NDArray[np.float32]]] = {purpose: [] for purpose in Purpose}
    for path, scene in scenes_of(photos, vision):
        image, faces = scene.image, [scene.most_prominent()]
        people.append(path.parent.name)
        files.append(path.name)
        for margin, embedder in embedders.items():
            once[margin].append(embedder.embed(image, faces)[0])
        for purpose, vectors in by_purpose.items():
            vectors.append(vision.embedder.embed(image, faces, purpose)[0])
    return Embedded(
        np.array(people),
        np.array(files),
        np.stack(by_purpose[Purpose.PROBE]),
        np.stack(by_purpose[Purpose.TEMPLATE]),
        np.stack(by_purpose[Purpose.RECHECK]),
        {margin: np.stack(vectors) for margin, vectors in once.items()},
    )


def _keep(embedded: Embedded, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {name: getattr(embedded, name) for name in _ARRAYS}
    once = {f"margin{margin}": vectors for margin, vectors in embedded.once.items()}
    np.savez(path, **arrays, **once)


def _holds(path: Path, margins: Sequence[int]) -> bool:
    if not path.is_file():
        return False
    with np.load(path) as saved:
        return all(f"margin{margin}" in saved.files for margin in margins)


def _key(photos: Sequence[Path], folder: Path, model: str) -> str:
    names = [f"{path.relative_to(folder).as_posix()} {path.stat().st_size}" for path in photos]
    views = recipe(model).views
    looks = [f"{purpose.value} {views[purpose]} most prominent" for purpose in Purpose]
    return hashlib.sha256("\n".join([model, *looks, *names]).encode()).hexdigest()[:16]
