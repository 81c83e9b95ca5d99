"""Train and ship the emotion network: `python -m training.emotion --data DIR`.

Goes through all runs of the recipe, each from the weights of an earlier one, and writes the file that
ships. Runs whose weights are complete in the output folder are not repeated.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import torch

from training.emotion.data import PUBLIC_SPLIT, TRAIN_SPLIT, Faces, read_faces
from training.emotion.export import SHIPPED, export
from training.emotion.settings import Settings, read_settings
from training.emotion.teach import opinions
from training.emotion.train import HERE, train


@dataclass(frozen=True)
class Run:
    """A run of the recipe; start and teacher are earlier runs, None for none."""

    name: str
    start: str | None = None
    teacher: str | None = None


RECIPE = (
    Run("first"),
    Run("second", start="first", teacher="first"),
    Run("third", start="second", teacher="first"),
    Run("fifth", start="third", teacher="third"),
)


def weights(out: Path, name: str) -> Path:
    """Where a run's weights are."""
    return out / f"{name}.pt"


def complete(path: Path, settings: Settings) -> bool:
    """Whether the weights in `path` are those after the last epoch of these settings."""
    if not path.is_file():
        return False
    checkpoint = torch.load(path, weights_only=True)
    epochs = settings.stop_after or settings.epochs
    return bool(checkpoint["epoch"] == epochs and checkpoint["settings"] == settings.as_dict())


def follow(run: Run, out: Path, train_faces: Faces, public_faces: Faces) -> None:
    """Make the weights of one run, unless they are there."""
    settings = read_settings(HERE / f"{run.name}.toml")
    if complete(weights(out, run.name), settings):
        return
    teacher = None
    if run.teacher is not None:
        teacher = out / f"{run.teacher}-logits.pt"
        torch.save(opinions(weights(out, run.teacher), train_faces), teacher)
    start = None if run.start is None else weights(out, run.start)
    train(settings, train_faces, public_faces, out, teacher, start)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="training.emotion", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with fer2013-*.npz")
    parser.add_argument("--out", type=Path, default=Path("build/emotion"))
    parser.add_argument("--target", type=Path, default=SHIPPED)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    public = read_faces(options.data / PUBLIC_SPLIT)
    for run in RECIPE:
        follow(run, options.out, read_faces(options.data / TRAIN_SPLIT), public)
    print(json.dumps(export(weights(options.out, RECIPE[-1].name), public, options.target), indent=2))


if __name__ == "__main__":
    main()
