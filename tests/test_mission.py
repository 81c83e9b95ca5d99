"""The mission's own example, on real photos and real weights: who is named, and who is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from facevec.bootstrap import App
from facevec.config import load
from facevec.types import PhotoSource, Status
from facevec.usecases.enrol import enrol_worker


def enrolled(
    home: Path, models: Path, people: Path, model: str = "casia-webface", second: str | None = None
) -> App:
    """A registry in `home` with everyone in `people`, one folder a person."""
    flags = {"emotion.enabled": "false", "vision.embedding_model": model, "vision.second_model": second}
    app = App(load(home=home, environ={"FACEVEC_MODELS": str(models)}, flags=flags))
    for folder in sorted(people.iterdir()):
        photos = [PhotoSource(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
        enrol_worker(app.desk, folder.name, photos)
    return app


def named(app: App, path: Path) -> list[str | None]:
    """The names in a picture, None for a face that nobody is given."""
    answer = app.recognize(app.see(path.read_bytes()))
    return [face.worker.name if face.status is Status.IDENTIFIED else None for face in answer.faces]


MODELS = {
    "casia-webface": ("models_dir", "casia-webface", None),
    "retail-0095": ("retail_dir", "retail-0095", None),
    "casia-webface+retail-0095": ("both_dir", "casia-webface", "retail-0095"),
}
"""The folder of each model, and the networks that the settings name for it."""


@pytest.fixture(scope="module", params=MODELS)
def mayors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> App:
    folder, *networks = MODELS[request.param]
    models = request.getfixturevalue(folder)
    app = enrolled(tmp_path_factory.mktemp("mayors"), models, data_dir / "mayors" / "training", *networks)
    assert app.registry.state().model == request.param
    return app


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory, data_dir: Path, models_dir: Path) -> App:
    return enrolled(tmp_path_factory.mktemp("known"), models_dir, data_dir / "photos" / "known")


def test_in_the_group_five_are_named_two_are_not_and_the_building_is_no_face(mayors: App, data_dir: Path):
    names = named(mayors, data_dir / "mayors" / "group.png")
    assert sorted(name for name in names if name) == sorted(w.name for w in mayors.registry.list_workers())
    assert names.count(None) == 2


def test_every_other_photo_of_a_candidate_is_named(mayors: App, data_dir: Path):
    photos = sorted((data_dir / "mayors" / "test").glob("*/*"))
    assert len(photos) == 10
    assert [named(mayors, photo) for photo in photos] == [[photo.parent.name] for photo in photos]


def test_everyone_enrolled_is_named_in_the_probes_and_nobody_else(known: App, data_dir: Path):
    workers = {worker.name for worker in known.registry.list_workers()}
    for probe in sorted((data_dir / "photos" / "probes").iterdir()):
        names = {name for name in named(known, probe) if name}
        shown = {name for name in workers if name.split("_")[0] in probe.stem}
        assert shown <= names, probe.name


@pytest.mark.parametrize("picture", ["multiface.jpg", "crowd_2007_007763.jpg", "crowd_bald_guys.jpg"])
def test_strangers_are_given_no_name(known: App, data_dir: Path, picture: str):
    names = named(known, data_dir / "photos" / picture)
    assert len(names) >= 6
    assert set(names) == {None}


def test_dogs_are_no_faces(known: App, data_dir: Path):
    assert named(known, data_dir / "photos" / "no_face_dogs.jpg") == []
