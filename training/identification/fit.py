"""Makes the projection that ships: `python -m training.identification.fit --data DIR`.

DIR holds one folder a person. People with at least two photos are learnt from.
The same photos give the same file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from facevec.vision.projection import projection_path
from training.identification.learn import learn, serialized
from training.identification.photos import embed_folder, recipe


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="casia-webface")
    parser.add_argument("--cache", type=Path, help="folder that keeps the network's vectors between runs")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()

    embedded = embed_folder(options.data, model=options.model, cache=options.cache)
    _, owners, counts = np.unique(embedded.people, return_inverse=True, return_counts=True)
    several = counts[owners] > 1
    notes = {
        "model": options.model,
        "margin": str(recipe(options.model).margin),
        "data": "LFW (deep-funneled), people with 2 to 6 photos",
        "people": str(int((counts > 1).sum())),
        "photos": str(int(several.sum())),
        "holds": "a mean, principal axes and a crowd drawn from a Gaussian; no person's vector",
    }
    arrays = learn(embedded.probes[several], owners[several])
    out = options.out or projection_path(options.model)
    out.write_bytes(serialized(arrays, notes))
    print(f"{out}: {out.stat().st_size} bytes from {notes['photos']} photos of {notes['people']} people")


if __name__ == "__main__":
    main()
