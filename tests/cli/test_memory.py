"""Memory that runs out in a command: at one picture of several, and before any."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from facevec.config import Loaded
from facevec.errors import MemoryExhausted
from facevec.networks import NetworksOf
from facevec.outcomes import OUTCOMES, PARTIAL_EXIT_CODE
from facevec.types import Face, Image
from tests.cli.conftest import Run, names
from tests.parts import decoder
from tests.portraits import draw, encoded, person
from tests.toy import Someone, ToyDetector, ToyNetworks, picture

ROOT = Path(__file__).resolve().parents[2]
EXIT_CODE = OUTCOMES[MemoryExhausted.code].exit_code
HUGE = b"a picture that needs too much"
ENGINES_WORDS = "Exception from core.cpp:117:\nException from plugin.cpp:54:\nstd::bad_alloc\n"


class DecoderWithLittleRoom:
    def decode(self, data: bytes) -> Image:
        if data == HUGE:
            raise MemoryError
        return decoder().decode(data)


class FailingDetector(ToyDetector):
    def __init__(self, words: str) -> None:
        self._words = words

    def detect(self, image: Image) -> tuple[Face, ...]:
        raise RuntimeError(self._words)


def little_room(_loaded: Loaded) -> ToyNetworks:
    return ToyNetworks(image_decoder=DecoderWithLittleRoom())


def failing(words: str) -> NetworksOf:
    return lambda _loaded: ToyNetworks(detector=FailingDetector(words))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Folders of Ann and Bob, and among Bob's photos one for which there is no memory."""
    for name, contents in {
        "Ann/1.jpg": picture(Someone(1)),
        "Bob/1.jpg": HUGE,
        "Bob/2.jpg": picture(Someone(2)),
    }.items():
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)
    return tmp_path / "photos"


def test_a_picture_that_needs_too_much_stops_no_other(run: Run, photos: Path) -> None:
    pictures = sorted(photos.rglob("*.jpg"))
    ended = run("recognize", *pictures, "--json", networks=little_room)
    assert ended.exit_code == PARTIAL_EXIT_CODE
    errors = [image.get("error", {}).get("code") for image in json.loads(ended.stdout)["images"]]
    assert errors == [None, MemoryExhausted.code, None]
    assert run("recognize", pictures[1], networks=little_room).exit_code == EXIT_CODE


def test_an_import_goes_on_with_the_next_person_and_says_which_photo_needs_too_much(
    run: Run, photos: Path
) -> None:
    ended = run("worker", "import", photos, "--json", networks=little_room)
    assert ended.exit_code == PARTIAL_EXIT_CODE
    _ann, bob = json.loads(ended.stdout)["workers"]
    (refused,) = bob["refused"]
    assert refused["code"] == MemoryExhausted.code
    assert str(photos / "Bob" / "1.jpg") in refused["reason"]
    assert names(run) == ["Ann"]


def test_a_worker_is_not_added_with_a_part_of_the_photos(run: Run, photos: Path) -> None:
    ended = run("worker", "add", "Bob", *sorted((photos / "Bob").iterdir()), networks=little_room)
    assert ended.exit_code == EXIT_CODE
    assert "1.jpg: Memory ran out" in ended.stderr
    assert names(run) == []


def test_what_an_engine_says_of_it_is_understood(run: Run, photos: Path) -> None:
    ended = run("recognize", photos / "Ann" / "1.jpg", "--json", networks=failing(ENGINES_WORDS))
    assert ended.exit_code == EXIT_CODE
    assert json.loads(ended.stdout)["error"]["code"] == MemoryExhausted.code


def test_of_an_unexpected_error_every_line_is_shown(run: Run, photos: Path) -> None:
    words = "Exception from core.cpp:117:\n\nThe useful line.\n" + "x" * 5000 + " its end"
    ended = run("recognize", photos / "Ann" / "1.jpg", networks=failing(words))
    assert ended.exit_code == 1
    assert "core.cpp:117: The useful line." in ended.stderr
    assert "its end" in ended.stderr
    assert len(ended.stderr) < 1200


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space of a process so")
def test_a_command_that_finds_no_memory_for_its_models_says_so(tmp_path: Path, models_dir: Path) -> None:
    starved = (
        "import cv2, faiss, openvino, sys\n"
        "from tests.starved import starve\n"
        "from facevec.cli.main import main\n"
        "starve()\n"
        "main()\n"
    )
    photo = tmp_path / "photo.png"
    photo.write_bytes(encoded(draw(person(0), seed=0)))
    command = [sys.executable, "-c", starved, "--home", tmp_path / "home", "recognize", photo, "--json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == EXIT_CODE, ended.stderr[-2000:]
    assert json.loads(ended.stdout)["error"]["code"] == MemoryExhausted.code
    assert ended.stderr.startswith("Error: Memory ran out.")
