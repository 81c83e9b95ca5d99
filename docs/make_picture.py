"""Makes docs/annotated.png, the README's picture: drawn people through the real pipeline.

python -m docs.make_picture

To the network all drawings look rather alike, so the cut-off is lowered for this picture.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from facevec.bootstrap import App
from facevec.config import load
from facevec.presentation.annotate import annotate
from facevec.types import PhotoSource
from facevec.usecases.enrol import enrol_worker
from facevec.usecases.recognize import RecognizedImage
from tests.portraits import DISTINCT, draw, encoded, person, row

PICTURE = Path(__file__).parent / "annotated.png"
WORKERS = {"Ada Quill": DISTINCT[0], "Bruno Vale": DISTINCT[2], "Carmen Sol": DISTINCT[4]}
STRANGER = DISTINCT[3]
SETTINGS = {"match.threshold": "0.37", "match.min_margin": "0.02", "enrolment.other_person_threshold": "0.3"}


def main() -> None:
    """Enrol three drawn workers, recognise them and a stranger, write the picture."""
    with tempfile.TemporaryDirectory() as home:
        app = App(load(home=Path(home), flags=SETTINGS))
        for name, seed in WORKERS.items():
            photos = [
                PhotoSource(f"{seed}-{smile}", encoded(draw(person(seed), smile=smile)))
                for smile in (True, False)
            ]
            enrol_worker(app.desk, name, photos)
        scene = _scene()
        answer = app.recognize(app.see(encoded(scene)))
    _say(answer)
    Image.fromarray(annotate(np.asarray(scene), answer)).save(PICTURE, optimize=True)


def _scene() -> Image.Image:
    seeds = [*WORKERS.values(), STRANGER]
    smiles, lights = (True, False, True, False), (1.0, 0.9, 1.05, 0.95)
    return row(
        [
            draw(person(seed), size=300, smile=smile, light=light, seed=seed)
            for seed, smile, light in zip(seeds, smiles, lights, strict=True)
        ]
    )


def _say(answer: RecognizedImage) -> None:
    for face in answer.faces:
        print(face.status.value, face.worker.name if face.worker else "-", face.distance)


if __name__ == "__main__":
    main()
