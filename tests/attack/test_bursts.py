"""Issue 11, 11: small files that are huge pictures, many at a time; what they take is given back.

`benchmarks/memory_burst.py` does the same with real networks and 100 clients.
"""

from __future__ import annotations

import io
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from PIL import Image

from facevec.errors import FacevecError, ImageTruncated
from facevec.vision.decode import PillowDecoder
from facevec.vision.room import Room
from tests.bursts import PICTURES, send
from tests.web.pictures import FLAGS, portrait
from tests.web.server import Running, running

pytestmark = pytest.mark.slow

MEGABYTE = 1e6
CLIENTS = 8


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("home"), {**FLAGS, "server.rate": "0"}) as started:
        yield started


def taken(server: Running) -> float:
    (worker,) = psutil.Process(server.process.pid).children()
    return float(worker.memory_info().rss) / MEGABYTE


@pytest.mark.skipif(sys.platform != "linux", reason="of other C libraries it is not known")
def test_what_a_burst_takes_is_given_back(server: Running) -> None:
    assert [send(server.port, portrait(0)) for _ in range(3)] == [200] * 3
    time.sleep(4)
    idle = taken(server)
    for name in ("49 megapixels of WebP", "49 megapixels of PNG"):
        picture = PICTURES[name]()
        with ThreadPoolExecutor(CLIENTS) as pool:
            statuses = set(pool.map(send, [server.port] * CLIENTS, [picture] * CLIENTS))
        assert statuses <= {200, 503}
        assert 200 in statuses
    end = time.monotonic() + 20
    while (now := taken(server)) > 1.2 * idle and time.monotonic() < end:
        time.sleep(0.5)
    assert now <= 1.2 * idle, f"{now:.0f} MB of {idle:.0f}"


def failure(decoder: PillowDecoder, data: bytes) -> FacevecError:
    with pytest.raises(ImageTruncated) as error:
        decoder.decode(data)
    return error.value


def test_huge_pictures_are_decoded_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = PillowDecoder(max_bytes=10**6, max_pixels=100 * 100)
    at_once = most = expected = 0
    come = threading.Condition()

    def slowly(_file: object) -> object:
        nonlocal at_once, most
        with come:
            at_once += 1
            most = max(most, at_once)
            come.notify_all()
            come.wait_for(lambda: most == 4, 60.0 if expected == 4 else 0.05)
            at_once -= 1
        raise ValueError("enough")

    monkeypatch.setattr("facevec.vision.decode._pixels", slowly)
    picture = even(90)
    small = even(40)
    for pictures, expected in (([picture] * 4, 1), ([small] * 4, 4)):
        most = 0
        with ThreadPoolExecutor(4) as pool:
            assert [str(error) for error in pool.map(failure, [decoder] * 4, pictures)]
        assert most == expected


def even(side: int) -> bytes:
    """A picture of one colour."""
    stream = io.BytesIO()
    Image.new("RGB", (side, side)).save(stream, "PNG")
    return stream.getvalue()


def test_room_is_given_back_and_what_is_too_large_has_it_all() -> None:
    room = Room(10)
    for count in (3, 10, 1000):
        with room.holding(count):
            pass
    with pytest.raises(ValueError, match="x"), room.holding(10):
        raise ValueError("x")
    with room.holding(4), room.holding(6):
        late = threading.Thread(target=lambda: room.holding(1).__enter__(), daemon=True)
        late.start()
        late.join(0.1)
        assert late.is_alive()
    late.join(5)
    assert not late.is_alive()
