"""Does one thing with next to no memory left, and prints the code of the error that it ends in.

`python -m tests.starved PART GRAPHS`, the last a folder of converted networks; a process of its own,
because a limit cannot be lifted again.
"""

from __future__ import annotations

import io
import resource
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from facevec.errors import FacevecError
from facevec.memory import watched
from tests.integrity import KEY

LEFT = 16_000_000
"""Bytes that the process may still take."""

Part = Callable[[], object]


def starve() -> None:
    """From now on the process may take only a little more than it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + LEFT
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _decode(kind: str, **options: object) -> Part:
    from tests.parts import decoder

    ramp = Image.linear_gradient("L").resize((6000, 4000)).convert("RGB")
    file = io.BytesIO()
    ramp.save(file, kind, **options)
    data = file.getvalue()
    decode = decoder().decode
    return lambda: decode(data)


def _network(graphs: Path, threads: int, *, at_once: int = 1, side_by_side: int = 0) -> Part:
    from facevec.vision.engines.openvino_engine import OpenVinoEngine
    from facevec.vision.networks.mtcnn import mtcnn_spec

    engine = OpenVinoEngine(cache=graphs, key=KEY, threads=threads, at_once=at_once)
    network = engine.load(mtcnn_spec("pnet"), side_by_side=side_by_side)
    network.run(np.zeros((1, 100, 100, 4), np.float32))
    batch = np.zeros((1, 3000, 3000, 4), np.float32)
    return lambda: network.run(batch)


def _elsewhere(part: Part) -> Part:
    """`part` on a thread that has done nothing before."""
    pool = ThreadPoolExecutor(2)
    idle = threading.Barrier(2)
    for _ in range(2):  # both are there before memory is short
        pool.submit(idle.wait)
    return lambda: pool.submit(part).result()


def _graph(graphs: Path) -> Part:
    from facevec.vision.engines.openvino_engine import OpenVinoEngine
    from facevec.vision.networks.mtcnn import mtcnn_spec

    engine = OpenVinoEngine(cache=graphs, key=KEY, threads=1)
    engine.load(mtcnn_spec("onet"))
    return lambda: [engine.load(mtcnn_spec("onet")) for _ in range(50)]


def _torch(_graphs: Path) -> Part:
    import torch

    return lambda: torch.zeros(100_000_000)


def _opencv(_graphs: Path) -> Part:
    import cv2

    pixels = np.zeros((100, 100, 3), np.uint8)
    return lambda: cv2.resize(pixels, (10_000, 10_000))


def _sqlite(_graphs: Path) -> Part:
    from sqlalchemy import text

    from facevec.registry.engine import open_engine
    from facevec.registry.failures import explained

    engine = open_engine(f"sqlite:///{tempfile.mkdtemp()}/registry.db", key=KEY)

    def query() -> None:
        with explained(engine), engine.connect() as connection:
            connection.execute(text("SELECT length(randomblob(400000000))")).all()

    return query


def _library(_graphs: Path) -> Part:
    def load() -> None:
        import cv2  # noqa: F401  # its libraries find no room

    return load


def _thread(_graphs: Path) -> Part:
    threading.stack_size(256_000_000)
    return lambda: threading.Thread(target=print).start()


def _speechless() -> object:
    raise SystemError("error return without exception set")


PARTS: dict[str, Callable[[Path], Part]] = {
    "NumPy": lambda _: lambda: np.ones(100_000_000),
    "PNG": lambda _: _decode("PNG"),
    "JPEG": lambda _: _decode("JPEG"),
    "progressive JPEG": lambda _: _decode("JPEG", progressive=True),
    "WebP": lambda _: _decode("WEBP", method=0),
    "OpenVINO in one thread": lambda graphs: _network(graphs, 1),
    "OpenVINO in two threads": lambda graphs: _network(graphs, 2),
    "OpenVINO side by side": lambda graphs: _network(graphs, 2, side_by_side=2),
    "OpenVINO on a new thread": lambda graphs: _elsewhere(_network(graphs, 2, side_by_side=2)),
    "OpenVINO in streams": lambda graphs: _network(graphs, 4, side_by_side=2),
    "OpenVINO in streams of one thread": lambda graphs: _network(graphs, 1, at_once=2),
    "OpenVINO loading": _graph,
    "torch": _torch,
    "OpenCV": _opencv,
    "SQLite": _sqlite,
    "library": _library,
    "thread": _thread,
    "C without a word": lambda _: _speechless,
}


def main(name: str, graphs: Path) -> None:
    part = PARTS[name](graphs)
    starve()
    try:
        with watched():
            part()
    except FacevecError as error:
        sys.stdout.write(error.code)
    else:
        sys.stdout.write("there was enough")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
