"""`facevec evaluate-emotion` with the model that ships, on drawn faces: any input, any answer."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from facevec.cli.main import cli
from facevec.outcomes import OUTCOMES, PARTIAL_EXIT_CODE
from facevec.types import EMOTIONS
from tests.cli.conftest import Run
from tests.conftest import sharing_graphs

pytestmark = pytest.mark.slow

FACES = 40


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one command; only the model of the package is there."""
    monkeypatch.setenv("FACEVEC_HOME", str(tmp_path / "home"))
    models = tmp_path / "models"
    models.mkdir()
    monkeypatch.setenv("FACEVEC_MODELS", str(sharing_graphs(models)))
    monkeypatch.setenv("FACEVEC_VISION__THREADS", "1")
    return lambda *words: CliRunner().invoke(cli, ["evaluate-emotion", *map(str, words)])


def arrays() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        "images": random.integers(0, 256, (FACES, 48, 48), dtype=np.uint8),
        "labels": np.arange(FACES) % len(EMOTIONS),
        "names": np.array(EMOTIONS),
    }


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    path = tmp_path / "faces.npz"
    np.savez(path, **arrays())
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The same faces as pictures, some folders under other words."""
    words = {"happiness": "Happy", "sadness": "sad"}
    faces = arrays()
    for number, (image, label) in enumerate(zip(faces["images"], faces["labels"], strict=True)):
        inner = tmp_path / "faces" / words.get(EMOTIONS[label], EMOTIONS[label])
        inner.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(inner / f"{number}.png")
    return tmp_path / "faces"


def figures(answer: dict) -> dict:
    return {name: value for name, value in answer.items() if name != "ms_per_face"}


def test_an_npz_and_a_folder_of_the_same_faces_give_the_same_figures(
    run: Run, npz: Path, folder: Path
) -> None:
    of_npz, of_folder = (json.loads(run(path, "--json").stdout) for path in (npz, folder))
    assert figures(of_npz) == figures(of_folder)
    assert (of_npz["model"], of_npz["faces"], of_npz["refused"]) == ("emotion-small", FACES, [])
    counts = np.array(of_npz["confusion"]["counts"])
    assert counts.sum(axis=1).tolist() == [one["faces"] for one in of_npz["classes"]] == [6] * 5 + [5] * 2
    assert of_npz["accuracy"] == round(counts.trace() / FACES, 4)
    assert of_npz["at_confidence_floor"]["floor"] == 0.4
    assert of_npz["floors"][0]["answered"] == 1.0
    assert of_npz["ms_per_face"] > 0


def test_the_table_says_it_to_people(run: Run, npz: Path) -> None:
    result = run(npz)
    assert result.exit_code == 0
    for said in ("emotion-small", "accuracy", "macro-F1", "calibration error", "ms", *EMOTIONS):
        assert said in result.stdout


def test_the_report_needs_nothing_beside_it(run: Run, npz: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    assert run(npz, "--report", out).exit_code == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "emotion-small on faces.npz" in page
    assert re.findall(r'(?:src|href)="(?!data:)', page) == []
    shown = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    written = [
        (out / f"{name}.png").read_bytes() for name in ("confusion", "classes", "reliability", "floor")
    ]
    assert [base64.b64decode(one) for one in shown] == written
    assert all(Image.open(out / f"{name}.png").width > 500 for name in ("confusion", "floor"))
    assert json.loads((out / "figures.json").read_text())["faces"] == FACES


def test_a_bad_picture_is_named_and_stops_nothing(run: Run, folder: Path) -> None:
    (folder / "fear" / "notes.png").write_text("no picture")
    result = run(folder, "--json")
    assert result.exit_code == PARTIAL_EXIT_CODE
    answer = json.loads(result.stdout)
    assert answer["faces"] == FACES
    assert [one["code"] for one in answer["refused"]] == ["not_an_image"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"labels": np.zeros(3, int)}, "labels"),
        ({"labels": np.full(FACES, 7)}, "places in names"),
        ({"labels": np.full(FACES, -1)}, "places in names"),
        ({"images": np.zeros((FACES, 48, 48), np.float32)}, "uint8"),
        ({"images": np.zeros((0, 48, 48), np.uint8), "labels": np.zeros(0, int)}, "uint8"),
        ({"names": np.array([*EMOTIONS[:-1], "boredom"])}, "boredom"),
        ({"names": None}, "missing"),
        ({"labels": np.array([{}] * FACES)}, "damaged"),
    ],
)
def test_an_npz_that_cannot_be_used_says_why(run: Run, tmp_path: Path, change: dict, said: str) -> None:
    path = tmp_path / "odd.npz"
    np.savez(path, **{name: value for name, value in {**arrays(), **change}.items() if value is not None})
    result = run(path)
    assert result.exit_code == OUTCOMES["input_invalid"].exit_code
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_what_is_no_data_says_so(run: Run, npz: Path, tmp_path: Path) -> None:
    cut, text, array = tmp_path / "cut.npz", tmp_path / "text.npz", tmp_path / "array.npy"
    cut.write_bytes(npz.read_bytes()[:5000])
    text.write_text("text")
    np.save(array, np.zeros(3))
    empty, odd = tmp_path / "empty", tmp_path / "odd"
    (empty / "fear").mkdir(parents=True)
    (odd / "boredom").mkdir(parents=True)
    Image.new("RGB", (50, 50)).save(odd / "boredom" / "a.png")
    for path in (cut, text, array, empty, odd):
        assert run(path).exit_code == OUTCOMES["input_invalid"].exit_code, path
    assert run(tmp_path / "nothing").exit_code == OUTCOMES["file_not_found"].exit_code


def test_other_models_are_asked_for_by_name(run: Run, npz: Path) -> None:
    assert run(npz, "--model", "nobody").exit_code == OUTCOMES["model_unknown"].exit_code
    assert run(npz, "--model", "casia-webface").exit_code != 0
    missing = run(npz, "--model", "fer-resnet34")
    assert missing.exit_code == OUTCOMES["model_missing"].exit_code
    assert "facevec models fetch fer-resnet34" in missing.stderr


def test_where_emotions_are_switched_off_none_are_evaluated(
    run: Run, npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEVEC_EMOTION__ENABLED", "false")
    result = run(npz)
    assert result.exit_code == OUTCOMES["settings_invalid"].exit_code
    assert "emotion.enabled" in result.stderr


def test_without_matplotlib_the_report_says_what_to_install(
    run: Run, npz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = run(npz, "--report", tmp_path / "report")
    assert result.exit_code == OUTCOMES["extra_missing"].exit_code
    assert "facevec[report]" in result.stderr
    assert not (tmp_path / "report").exists()


def test_clutter_is_passed_over_and_a_loose_picture_named(run: Run, folder: Path) -> None:
    (folder / "@eaDir").mkdir()
    (folder / "sad" / "Thumbs.db").write_text("clutter")
    (folder / "loose.png").write_bytes((folder / "sad" / "3.png").read_bytes())
    result = run(folder, "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == PARTIAL_EXIT_CODE
    assert (answer["faces"], [one["source"] for one in answer["refused"]]) == (
        FACES,
        [str(folder / "loose.png")],
    )
    assert answer["passed_over"] == [str(folder / "@eaDir"), str(folder / "sad" / "Thumbs.db")]
    assert "Passed over, as no photos of anybody: @eaDir, Thumbs.db." in run(folder).stdout
