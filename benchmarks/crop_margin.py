"""Which margin round a face serves the embedding network best: `python benchmarks/crop_margin.py DIR`.

DIR holds one folder a person. People with at least three photos are enrolled with all but the last, which
is a mated probe; people with one photo are strangers. Prints rank-1 and TPIR at FPIR 0.01 and 0.003 of
each margin, all on the same detections, with one mean template a worker.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from facevec.config import models_folder
from facevec.policy import pairwise_distances, unit
from facevec.types import Face, Image, Vectors
from facevec.vision.build import GRAPHS
from facevec.vision.crop import embedding_crops
from facevec.vision.decode import PillowDecoder
from facevec.vision.detect import MtcnnDetector
from facevec.vision.engines.openvino_engine import OpenVinoEngine
from facevec.vision.networks.inception import SIZE, inception_spec
from facevec.vision.weights.store import ModelStore

MARGINS = (0, 14, 24, 32, 40, 48)


def central(image: Image, faces: tuple[Face, ...]) -> Face | None:
    """The face nearest to the middle: the person whom the folder names."""

    def off_centre(face: Face) -> float:
        box = face.box
        return abs(box.x_min + box.x_max - image.width) + abs(box.y_min + box.y_max - image.height)

    return min(faces, key=off_centre, default=None)


def figures(references: Vectors, probes: Vectors, strangers: Vectors) -> tuple[float, ...]:
    """Rank-1, then TPIR at FPIR 0.01 and 0.003; row i of `probes` is worker i."""
    distances = pairwise_distances(probes, references)
    named = distances.argmin(axis=1) == np.arange(len(probes))
    nearest = np.sort(pairwise_distances(strangers, references).min(axis=1))
    cuts = [nearest[int(rate * len(nearest))] for rate in (0.01, 0.003)]
    return (named.mean(), *((named & (distances.min(axis=1) < cut)).mean() for cut in cuts))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="casia-webface")
    parser.add_argument("--people", type=int, default=200, help="enrolled; as many strangers times two")
    options = parser.parse_args()

    store = ModelStore(models_folder())
    engine = OpenVinoEngine(cache=store.folder / GRAPHS, threads=1)
    detector = MtcnnDetector(engine=engine)
    network = engine.load(
        inception_spec(options.model, store.sha256(options.model), lambda: store.path(options.model))
    )
    decoder = PillowDecoder()

    def vectors(paths: list[Path]) -> dict[int, Vectors] | None:
        found = [(image, central(image, detector.detect(image))) for image in map(read, paths)]
        pairs = [(image, [face]) for image, face in found if face]
        if len(pairs) < len(paths):
            return None
        return {
            margin: embed([embedding_crops(*pair, size=SIZE, margin=margin)[0] for pair in pairs])
            for margin in MARGINS
        }

    def read(path: Path) -> Image:
        return decoder.decode(path.read_bytes())

    def embed(crops: list[np.ndarray]) -> Vectors:
        batch = ((np.stack(crops).astype(np.float32) - 127.5) / 128).transpose(0, 3, 1, 2)
        return network.run(batch)[0]

    photos = [sorted(person.glob("*.jpg")) for person in sorted(options.folder.iterdir())]
    workers = [found for paths in photos if len(paths) >= 3 and (found := vectors(paths))][: options.people]
    alone = [paths for paths in photos if len(paths) == 1][: 2 * options.people]
    strangers = [found for paths in alone if (found := vectors(paths))]
    print(f"{len(workers)} workers, as many probes, {len(strangers)} strangers")
    for margin in MARGINS:
        references = np.stack([unit(found[margin][:-1].mean(axis=0)) for found in workers])
        probes = np.stack([found[margin][-1] for found in workers])
        others = np.concatenate([found[margin] for found in strangers])
        rank1, *tpir = figures(references, probes, others)
        print(f"margin {margin:2}: rank-1 {rank1:.4f}  TPIR {tpir[0]:.4f} at 0.01, {tpir[1]:.4f} at 0.003")


if __name__ == "__main__":
    main()
