"""`facevec recognize` and `facevec crop`: answers, and pictures that cannot be used."""

from __future__ import annotations

import json
import os
import weakref
from pathlib import Path

import pytest

from facevec import bootstrap
from facevec.errors import MemoryExhausted, NotAnImage
from facevec.outcomes import OUTCOMES, PARTIAL_EXIT_CODE
from facevec.types import EMOTIONS, Image
from facevec.usecases import ahead
from facevec.usecases.see import Scene
from tests.cli.conftest import Run, run_out_of_disk
from tests.parts import decoder
from tests.toy import Someone, picture

ADA, STRANGER = 1, 9


@pytest.fixture
def photo(run: Run, tmp_path: Path) -> Path:
    """A picture of Ada, who is enrolled, and of a stranger."""
    enrolled = tmp_path / "ada.jpg"
    enrolled.write_bytes(picture(Someone(ADA)))
    run("worker", "add", "Ada", enrolled, "--external-id", "E1")
    path = tmp_path / "two.jpg"
    path.write_bytes(picture(Someone(ADA, 1), Someone(STRANGER, size=90)))
    return path


def test_the_answer_has_the_shape_that_is_promised(run: Run, photo: Path) -> None:
    answer = json.loads(run("recognize", photo, "--json").stdout)
    assert set(answer) == {"images", "model", "match_threshold", "detection_threshold", "index_revision"}
    (image,) = answer["images"]
    decided = {"match_threshold", "index_revision"}
    assert set(image) == {"path", "width", "height", "turned", "faces", "faces_detected"} | decided
    assert {name: image[name] for name in decided} == {name: answer[name] for name in decided}
    assert image["path"] == str(photo)
    ada, stranger = image["faces"]
    for face in (ada, stranger):
        assert set(face) == {"box", "detection_score", "status", "worker", "distance", "margin", "emotion"}
        assert set(face["box"]) == {"x_min", "y_min", "x_max", "y_max"}
        assert tuple(face["emotion"]["scores"]) == EMOTIONS
        assert face["emotion"]["top"] == "happiness"
    assert ada["status"] == "identified"
    assert ada["worker"] == {"id": 1, "name": "Ada", "external_id": "E1"}
    assert stranger["status"] == "unknown"
    assert stranger["worker"] is None
    assert ada["distance"] < answer["match_threshold"] < stranger["distance"]


@pytest.mark.parametrize("stdin", ["-", "/dev/stdin"])
def test_a_picture_may_come_through_a_pipe(run: Run, photo: Path, stdin: str) -> None:
    piped = run("recognize", stdin, "--json", input=photo.read_bytes())
    assert (
        json.loads(piped.stdout)["images"][0]["faces"]
        == (json.loads(run("recognize", photo, "--json").stdout)["images"][0]["faces"])
    )


def test_the_table_names_everyone(run: Run, photo: Path) -> None:
    result = run("recognize", photo)
    assert result.exit_code == 0
    for said in ("2 faces", "Ada", "identified", "unknown", "happiness 100%"):
        assert said in result.stdout


def test_an_empty_picture_is_an_empty_list(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "empty.jpg"
    path.write_bytes(picture())
    answer = json.loads(run("recognize", path, "--json").stdout)
    assert answer["images"][0]["faces"] == []


def test_a_bad_picture_among_good_ones_stands_in_its_place(run: Run, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    result = run("recognize", photo, tmp_path / "text.jpg", photo, "--json")
    assert result.exit_code == PARTIAL_EXIT_CODE
    first, bad, last = json.loads(result.stdout)["images"]
    assert first == last
    with pytest.raises(NotAnImage) as refusal:
        decoder().decode(b"no picture")
    assert bad == {
        "path": str(tmp_path / "text.jpg"),
        "error": {"code": "not_an_image", "message": str(refusal.value)},
    }
    assert str(tmp_path / "text.jpg") in result.stderr


def test_only_bad_pictures_end_with_their_own_code(run: Run, tmp_path: Path) -> None:
    missing = OUTCOMES["file_not_found"].exit_code
    one = run("recognize", tmp_path / "a.jpg", "--json")
    assert one.exit_code == missing
    assert json.loads(one.stdout)["error"]["code"] == "file_not_found"
    assert run("recognize", tmp_path / "a.jpg", tmp_path / "b.jpg").exit_code == missing
    mixed = run("recognize", tmp_path / "a.jpg", tmp_path)
    assert mixed.exit_code == OUTCOMES["input_invalid"].exit_code


def test_pictures_that_could_not_be_recognized_are_not_kept(
    run: Run, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before: list[weakref.ref[Image]] = []
    kept = []

    def full(_vision: object, _identifier: object, _point: object, scene: Scene, _wanted: object) -> None:
        kept.append(sum(image() is not None for image in before))
        before.append(weakref.ref(scene.image))
        raise MemoryExhausted("There is no room.")

    monkeypatch.setattr(bootstrap, "recognize", full)
    monkeypatch.setattr(ahead, "_BEHIND", 0)  # nor for whoever goes back to them
    others = [tmp_path / "second.jpg", tmp_path / "third.jpg"]
    for path in others:
        path.write_bytes(photo.read_bytes())
    ended = run("recognize", photo, *others)
    assert ended.exit_code == OUTCOMES["memory_exhausted"].exit_code
    assert kept == [0, 0, 0]


def test_a_file_over_the_limit_is_not_read(run: Run, photo: Path) -> None:
    result = run("--set", "vision.max_file_bytes=10", "recognize", photo)
    assert result.exit_code == OUTCOMES["file_too_large"].exit_code
    assert "vision.max_file_bytes" in result.stderr


@pytest.mark.parametrize("out", ["two.jpg", "x.gif", "nowhere/x.jpg"])
def test_an_output_that_cannot_be_is_refused_before_any_work(run: Run, photo: Path, out: str) -> None:
    before = photo.read_bytes()
    result = run("recognize", photo, "--annotate", photo.parent / out)
    assert result.exit_code == OUTCOMES["output_unwritable"].exit_code
    assert photo.read_bytes() == before


def test_settings_of_the_command_line_decide(run: Run, photo: Path) -> None:
    answer = json.loads(run("--set", "match.threshold=0.01", "recognize", photo, "--json").stdout)
    assert answer["match_threshold"] == 0.01
    assert {face["status"] for face in answer["images"][0]["faces"]} == {"unknown"}


def test_crop_mirrors_the_folders_and_replaces_nothing(run: Run, tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "one.jpg").write_bytes(picture(Someone(ADA)))
    (source / "two.jpg").write_bytes(picture(Someone(ADA), Someone(STRANGER)))
    (source / "none.jpg").write_bytes(picture())
    result = run("crop", source, out, "--json")
    assert result.exit_code == PARTIAL_EXIT_CODE
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png")) == [
        "deep/one.png", "two-1.png", "two-2.png",
    ]  # fmt: skip
    assert [one["code"] for one in json.loads(result.stdout)["refused"]] == ["no_face"]
    first = json.loads(result.stdout)
    again = json.loads(run("crop", source, out, "--json").stdout)
    assert again == {**first, "written": [], "already_there": first["written"]}
    (out / "two-1.png").unlink()
    third = run("crop", source, out)
    assert third.exit_code == PARTIAL_EXIT_CODE
    said = (
        f"1 faces written to {out}, 2 there already (--overwrite replaces them), 1 pictures without a face."
    )
    assert said in third.stdout
    assert len(json.loads(run("crop", source, out, "--overwrite", "--json").stdout)["written"]) == 3


def test_a_second_crop_has_nothing_to_do_and_says_so(run: Run, tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    (source / "one.jpg").write_bytes(picture(Someone(ADA)))
    assert run("crop", source, out).stdout == f"1 faces written to {out}.\n"
    again = run("crop", source, out)
    assert again.exit_code == 0
    assert again.stdout == f"0 faces written to {out}, 1 there already (--overwrite replaces them).\n"
    (source / "broken.jpg").write_text("no picture")
    assert "1 files that could not be used." in run("crop", source, out).stdout


LONG = {
    "255 bytes": "a" * 251,
    "62 emoji": "\U0001f600" * 62,
    "characters of two bytes": "é" * 125,
    "bytes of another encoding": os.fsdecode(b"\xe9" * 250),
}


@pytest.mark.parametrize("stem", LONG.values(), ids=LONG)
def test_long_names_are_shortened_and_stay_apart(run: Run, tmp_path: Path, stem: str) -> None:
    source, cropped, drawn = tmp_path / "in", tmp_path / "crops", tmp_path / "drawn"
    source.mkdir()
    two = picture(Someone(ADA), Someone(STRANGER))
    (source / f"{stem}.jpg").write_bytes(two)
    (source / f"{stem[:-1]}b.jpg").write_bytes(two)
    for _ in range(2):
        assert run("crop", source, cropped).exit_code == 0
        assert len(list(cropped.iterdir())) == 4
        assert run("recognize", *source.iterdir(), "--annotate", drawn).exit_code == 0
        assert len(list(drawn.iterdir())) == 2


def test_a_picture_is_recognized_although_it_cannot_be_drawn(
    run: Run, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facevec.cli.recognize.write_whole", run_out_of_disk)
    result = run("recognize", photo, "--annotate", photo.parent / "out.jpg", "--json")
    assert result.exit_code == PARTIAL_EXIT_CODE
    assert json.loads(result.stdout)["images"][0]["faces"][0]["worker"]["name"] == "Ada"
    assert "No space left" in result.stderr


def test_a_name_that_no_folder_takes_is_refused_in_a_sentence(run: Run, photo: Path) -> None:
    for out in (photo.parent / ("x" * 300 + ".jpg"), photo.parent / ("x" * 300) / "x.jpg"):
        result = run("recognize", photo, "--annotate", out)
        assert result.stderr.startswith("Error: ")
        assert result.exit_code in (PARTIAL_EXIT_CODE, OUTCOMES["output_unwritable"].exit_code)


@pytest.mark.parametrize("options", [(), ("--overwrite",)])
def test_crops_of_two_pictures_never_share_a_name(run: Run, tmp_path: Path, options: tuple[str, ...]) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for name in ("a-1.jpg", "b.jpg", "b.webp", "b-jpg.jpg"):
        (source / name).write_bytes(picture(Someone(ADA)))
    (source / "a.jpg").write_bytes(picture(Someone(ADA), Someone(STRANGER)))
    result = run("crop", source, out, *options, "--json")
    assert result.exit_code == 0
    written = json.loads(result.stdout)["written"]
    assert len(written) == len(set(written)) == 6
    assert sorted(written) == sorted(map(str, out.iterdir()))
    again = run("crop", source, out, "--overwrite", "--json")
    assert json.loads(again.stdout)["written"] == written


def test_crop_does_not_write_among_its_sources(run: Run, tmp_path: Path) -> None:
    for out in (tmp_path, tmp_path / "faces"):
        assert run("crop", tmp_path, out).exit_code == OUTCOMES["output_unwritable"].exit_code
