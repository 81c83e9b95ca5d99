"""The seed's two systems rebuilt beside facevec: `python -m benchmarks.baselines DIR`.

DIR holds one folder a person, or `training` and `test` with one folder a person each. The seed's 5-NN
compares pixels (grey, 64 x 64, most votes of the five nearest); its CNN is a small network trained from
scratch on the same crops. Both see the faces that facevec's own detector finds. The 5-NN always names
somebody; the CNN says "unknown" below a probability of `SURE`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from facevec import config
from facevec.bootstrap import App
from facevec.cli.people import people_in
from facevec.decision.point import OperatingPoint
from facevec.errors import FacevecError
from facevec.ports import Vision
from facevec.types import PhotoSource
from facevec.usecases.enrol import EnrolmentDesk, enrol_worker
from facevec.usecases.people import Person
from facevec.usecases.see import Scene, see

SIDE, NEIGHBOURS, SURE = 64, 5, 0.9
EPOCHS, BATCH, LEARNING_RATE = 80, 32, 1e-3
UNKNOWN = -1
Crops = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """One face a photo. crops: (n, SIDE, SIDE), 0 to 1. labels: a person's number, or UNKNOWN."""

    crops: Crops
    labels: Labels
    scenes: Sequence[Scene]


@dataclass(frozen=True, slots=True)
class Result:
    """Shares of the test photos named rightly and of the strangers not named; seconds to add a person."""

    name: str
    accuracy: float
    rejected: float
    seconds_to_add: float


def faces_in(vision: Vision, photos: Sequence[tuple[str, int]]) -> Faces:
    """The most prominent face of each photo; photos without one are left out."""
    crops, labels, scenes = [], [], []
    for path, label in photos:
        try:
            scene = see(vision, Path(path).read_bytes())
            box = scene.most_prominent().box
        except FacevecError:
            continue
        crop = scene.image.pixels[int(box.y_min) : int(box.y_max) + 1, int(box.x_min) : int(box.x_max) + 1]
        grey = cv2.resize(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        crops.append(grey.astype(np.float32) / 255)
        labels.append(label)
        scenes.append(scene)
    return Faces(np.stack(crops), np.array(labels, np.int64), scenes)


def nearest_pixels(training: Faces, probes: Faces) -> Labels:
    """Most votes of the five nearest pictures."""
    known = training.crops.reshape(len(training.crops), -1)
    answers = []
    for probe in probes.crops.reshape(len(probes.crops), -1):
        nearest = np.argsort(((known - probe) ** 2).sum(axis=1), kind="stable")[:NEIGHBOURS]
        answers.append(Counter(training.labels[nearest].tolist()).most_common(1)[0][0])
    return np.array(answers, np.int64)


def trained_network(training: Faces) -> nn.Module:
    """A small CNN, from scratch, on the crops and their mirror images."""
    torch.manual_seed(0)
    people = int(training.labels.max()) + 1
    network = nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.5), nn.Linear(64 * (SIDE // 8) ** 2, 128), nn.ReLU()),
        nn.Linear(128, people),
    )
    both = np.concatenate([training.crops, training.crops[:, :, ::-1]])
    pictures = torch.from_numpy(both.copy()).unsqueeze(1)
    labels = torch.from_numpy(np.tile(training.labels, 2))
    optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(labels)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(pictures[rows]), labels[rows]).backward()
            optimizer.step()
    return network.eval()


def read_by_network(network: nn.Module, probes: Faces) -> Labels:
    """The most probable person, or UNKNOWN below `SURE`."""
    with torch.no_grad():
        shares = network(torch.from_numpy(probes.crops).unsqueeze(1)).softmax(dim=1)
    top, labels = shares.max(dim=1)
    return np.where(top.numpy() >= SURE, labels.numpy(), UNKNOWN)


def enrolled(desk: EnrolmentDesk, photos: Sequence[tuple[str, int]]) -> dict[int, int]:
    """Worker id -> the person's number."""
    workers = {}
    for label in sorted({label for _, label in photos}):
        sources = [PhotoSource(path, Path(path).read_bytes()) for path, whose in photos if whose == label]
        worker = enrol_worker(desk, f"Person {label}", sources).worker
        if worker is not None:
            workers[worker.id] = label
    return workers


def read_by_facevec(
    desk: EnrolmentDesk, workers: dict[int, int], point: OperatingPoint, probes: Faces
) -> Labels:
    """Who facevec names, or UNKNOWN."""
    answers = []
    for scene in probes.scenes:
        result = desk.identifier.search(scene.image, [scene.most_prominent()], point)
        (search,) = result.searches
        named = result.point.decide(search.candidates, search.face.quality).worker_id
        answers.append(UNKNOWN if named is None else workers[named])
    return np.array(answers, np.int64)


def judged(
    name: str, read: Callable[[Faces], Labels], test: Faces, strangers: Faces, seconds: float
) -> Result:
    """The shares that were right."""
    return Result(
        name,
        float((read(test) == test.labels).mean()),
        float((read(strangers) == UNKNOWN).mean()),
        seconds,
    )


def split(
    folder: Path, enrol_photos: int
) -> tuple[list[tuple[str, int]], list[tuple[str, int]], list[Person]]:
    """(training photos, test photos, people with one photo)."""
    if (folder / "training").is_dir():
        known = people_in(folder / "training").people
        numbers = {person.name: number for number, person in enumerate(known)}
        training = [(photo, numbers[person.name]) for person in known for photo in person.photos]
        tested = people_in(folder / "test").people
        return training, [(photo, numbers[one.name]) for one in tested for photo in one.photos], []
    people = people_in(folder).people
    known = [person for person in people if len(person.photos) > enrol_photos]
    training = [(photo, n) for n, person in enumerate(known) for photo in person.photos[:enrol_photos]]
    test = [(photo, n) for n, person in enumerate(known) for photo in person.photos[enrol_photos:]]
    return training, test, [person for person in people if len(person.photos) == 1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--strangers", type=Path, help="loose photos; else people with one photo")
    parser.add_argument("--enrol-photos", type=int, default=4)
    parser.add_argument("--most-strangers", type=int, default=200)
    options = parser.parse_args()
    training_photos, test_photos, single = split(options.folder, options.enrol_photos)
    outsiders = [photo for person in single for photo in person.photos]
    if options.strangers:
        outsiders += [str(path) for path in sorted(options.strangers.iterdir()) if path.is_file()]
    with tempfile.TemporaryDirectory() as home:
        app = App(config.load(Path(home)))
        training, test = faces_in(app.vision, training_photos), faces_in(app.vision, test_photos)
        strangers = faces_in(app.vision, [(photo, UNKNOWN) for photo in outsiders[: options.most_strangers]])
        results = [
            judged("5-NN on pixels", lambda faces: nearest_pixels(training, faces), test, strangers, 0.0)
        ]
        started = time.perf_counter()
        network = trained_network(training)
        seconds = time.perf_counter() - started
        results.append(
            judged(
                "CNN from scratch", lambda faces: read_by_network(network, faces), test, strangers, seconds
            )
        )
        with app.trial_desk() as desk:
            started = time.perf_counter()
            workers = enrolled(desk, training_photos)
            seconds = (time.perf_counter() - started) / max(len(workers), 1)
            point = app.operating_point()
            results.append(
                judged(
                    "facevec",
                    lambda faces: read_by_facevec(desk, workers, point, faces),
                    test,
                    strangers,
                    seconds,
                )
            )
    people = int(training.labels.max()) + 1
    print(
        f"{people} people, {len(training.labels)} training, {len(test.labels)} test, "
        f"{len(strangers.labels)} strangers"
    )
    print(
        "| system | named rightly | strangers not named | seconds to add one more person |\n|---|---|---|---|"
    )
    for one in results:
        print(f"| {one.name} | {one.accuracy:.3f} | {one.rejected:.3f} | {one.seconds_to_add:.2f} |")


if __name__ == "__main__":
    main()
