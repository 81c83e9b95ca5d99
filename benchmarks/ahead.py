"""Photos looked at one after the other, and several at once: `python -m benchmarks.ahead DIR [--photos 60]`.

Both in turns in one run, on the same photos, as enrolment looks at them: decoded, searched for faces, the one
that a photo is about embedded. Processor time is what a busy machine can be held to; the time on the clock
needs an idle one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from facevec.cli.people import reader
from facevec.config import load
from facevec.networks import installed_networks, networks_for_many
from facevec.ports import Vision
from facevec.usecases.ahead import as_templates, looking_ahead
from facevec.usecases.people import Read
from facevec.usecases.see import see

ROUNDS = 3


def walk(vision: Vision, photos: Sequence[str], read: Read) -> None:
    """Look at every photo, as an import does."""
    with looking_ahead(vision, read, [(photo, as_templates) for photo in photos]) as (ahead, read_ahead):
        for photo in photos:
            scene = see(ahead, read_ahead(photo))
            for faces, purpose in as_templates(scene) if scene.faces else ():
                ahead.embedder.embed(scene.image, faces, purpose)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """(seconds on the clock, of the processor)."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def main() -> None:
    """Print milliseconds a photo, the least of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=60)
    options = parser.parse_args()
    photos = [str(path) for path in sorted(options.folder.rglob("*.jpg"))[: options.photos]]
    loaded = load(flags={"emotion.enabled": False})
    read = reader(loaded.settings.vision.max_file_bytes)
    ways = {"one after the other": installed_networks(loaded), "several at once": networks_for_many(loaded)}
    visions = {name: networks.vision(networks.best()) for name, networks in ways.items()}
    for vision in visions.values():
        walk(vision, photos[:2], read)
    rounds = [
        {name: timed(lambda vision=vision: walk(vision, photos, read)) for name, vision in visions.items()}
        for _ in range(ROUNDS)
    ]
    for name in visions:
        clock, processor = (min(each[name][place] for each in rounds) for place in (0, 1))
        print(
            f"{name:>20}: {1000 * clock / len(photos):.0f} ms a photo, "
            f"{1000 * processor / len(photos):.0f} ms of the processor"
        )


if __name__ == "__main__":
    main()
