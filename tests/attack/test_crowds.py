"""Pictures of more faces than anybody needs to know: a bound and a deadline, and the answer says so."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from facevec import config
from facevec.types import Face, Image, Purpose, Vectors
from facevec.web import create_app
from tests.local import local_client
from tests.toy import Someone, ToyEmbedder, ToyNetworks
from tests.toy.pictures import picture_of_rows

pytestmark = pytest.mark.slow

CROWD = [Someone(1000 + number, size=60 - min(number, 100) / 5) for number in range(1435)]
ROWS = tuple(tuple(CROWD[start : start + 41]) for start in range(0, len(CROWD), 41))
MOST = 40


class CountingEmbedder(ToyEmbedder):
    """Notes how many faces it was handed, and takes its time."""

    def __init__(self) -> None:
        self.embedded = 0
        self.seconds = 0.0

    def embed(self, image: Image, faces: Sequence[Face], purpose: Purpose = Purpose.PROBE) -> Vectors:
        self.embedded += len(faces)
        time.sleep(self.seconds)
        return super().embed(image, faces, purpose)


@pytest.fixture
def embedder() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def seconds() -> str:
    """That a picture may take: so many that a machine at work has them, too."""
    return "60"


@pytest.fixture
def ask(tmp_path: Path, embedder: CountingEmbedder, seconds: str) -> Iterator[Callable[..., dict]]:
    """The answer to a picture of the crowd; no time is wasted unless a test asks for it."""
    flags = {"server.rate": "0", "server.max_faces": str(MOST), "server.picture_seconds": seconds}
    loaded = config.load(tmp_path, environ={}, flags=flags)
    app = create_app(loaded, networks=lambda _: ToyNetworks(embedder=embedder))
    assert app.extensions["facevec"].readiness.wait(60)
    client = local_client(app)

    def send(**fields: object) -> dict:
        data = {"file": (io.BytesIO(picture_of_rows(ROWS)), "crowd.png"), **fields}
        answer = client.post("/api/v1/recognize", data=data)
        assert answer.status_code == 200, answer.text
        return answer.json["images"][0]

    yield send
    app.extensions["facevec"].readiness.stop()


def test_no_more_faces_are_decided_than_the_settings_allow(ask, embedder) -> None:
    image = ask()
    assert (len(image["faces"]), image["faces_detected"]) == (MOST, len(CROWD))
    assert embedder.embedded <= 2 * MOST
    sides = [round(face["box"]["x_max"] - face["box"]["x_min"], 1) for face in image["faces"]]
    assert sides == sorted(sides, reverse=True)
    assert sides[0] == CROWD[0].size


def test_a_client_may_ask_for_fewer_and_for_no_more(ask) -> None:
    assert [len(ask(max_faces=str(most))["faces"]) for most in (3, MOST, 1000)] == [3, MOST, MOST]


@pytest.mark.parametrize("seconds", ["2"])
def test_a_picture_has_so_much_time(ask, embedder) -> None:
    embedder.seconds = 1.5
    started = time.monotonic()
    image = ask()
    assert 0 < len(image["faces"]) < MOST
    assert image["faces_detected"] == len(CROWD)
    assert time.monotonic() - started < 9
