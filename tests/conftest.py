"""What several rooms' tests share: photos, weights, what to say without them; a user who is not root."""

from __future__ import annotations

import gc
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from facevec import events
from facevec.errors import FacevecError
from tests import integrity  # noqa: F401  # before anything else asks for the key
from tests.milvus import LocalMilvus

ROOT = Path(__file__).resolve().parent.parent

NEEDS = {
    "models_dir": "weights",
    "data_dir": "photos",
    "chrome": "browser",
    "server": "process",
    "site": "process",
    "postgres_url": "postgres",
    "milvus": "milvus",
    "container": "image",
    "computed": "processor",
    "vnni": "processor",
    "in_bytes": "processor",
}
"""What a fixture needs. `make quick` runs what needs none of it."""

REQUIRED = frozenset(os.environ.get("FACEVEC_TESTS_REQUIRE", "").split())
"""Needs that are there: a test of them that skips fails."""

NOT_EVERYWHERE = frozenset({"image", "milvus", "processor"})
"""Needs that a test may skip for want of, whatever else it needs, unless they are required."""

# Several tests run at a time: threads of OpenMP would wait for each other, and take a core while they do.
os.environ["OMP_NUM_THREADS"] = "1"

# There are many objects and little garbage: to look for it as often as by default takes a tenth of the time.
gc.set_threshold(20_000, 20, 20)

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _log_of_its_own() -> Iterator[None]:
    """Where a command of one test sent its events, those of the next do not go."""
    yield
    events._pending.clear()
    structlog.reset_defaults()


WAITING = frozenset({"slow", "process", "browser", "milvus"})
"""Marks of tests that take long, most of which wait for most of it."""

LAST = 0.8
"""The last of their files begins when so many of the others have, a share."""


def _places(items: list[pytest.Item]) -> dict[Path, float]:
    """Where in a run each file begins, 0 to 1: those that mostly wait are spread among those that compute, so
    that some of each run at any time. None of them is the last, nor one of real networks: they take long."""
    tests, waiting, networks = Counter[Path](), Counter[Path](), Counter[Path]()
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        tests[item.path] += 1
        waiting[item.path] += bool(marks & WAITING)
        networks[item.path] += "weights" in marks
    waits = [file for file in tests if 2 * waiting[file] >= tests[file]]
    computes = [file for file in tests if file not in waits]
    computes.sort(key=lambda file: 2 * networks[file] < tests[file])
    places = {file: LAST * place / len(waits) for place, file in enumerate(waits)}
    return places | {file: place / len(computes) for place, file in enumerate(computes)}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test by what it needs, and put files in an order in which several may run at a time."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        for fixture, need in NEEDS.items():
            if fixture in fixtures:
                item.add_marker(need)
        if "postgresql" in item.nodeid:
            item.add_marker("postgres")
    if hasattr(config, "workerinput"):
        places = _places(items)
        items.sort(key=lambda item: places[item.path])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test whose need is there may not skip."""
    report = yield
    needs = {mark.name for mark in item.iter_markers()}
    required = needs & REQUIRED
    if report.skipped and required and not needs & NOT_EVERYWHERE - REQUIRED:
        report.outcome = "failed"
        report.longrepr = f"skipped, although {', '.join(sorted(required))} must be there: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The photo folder beside the project; it is never part of it."""
    folder = Path(os.environ.get("FACEVEC_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no photos at {folder}: set FACEVEC_TEST_DATA to run this test")
    return folder


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalMilvus]:
    """A Milvus server for a file of tests: it takes a twentieth of a core while nobody asks anything."""
    try:
        server = LocalMilvus(tmp_path_factory.mktemp("milvus"))
    except ImportError as error:
        pytest.skip(f"no Milvus to test with ({error}): pip install -e '.[dev]' brings one on Linux")
    try:
        server.start()
    except (OSError, RuntimeError) as error:
        pytest.skip(f"Milvus does not start here: {error}")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder of verified weights, with casia-webface in it; fetched once when it is not there."""
    from facevec.config import models_folder
    from facevec.vision.weights.store import ModelStore

    store = ModelStore(models_folder())
    try:
        store.fetch("casia-webface")
    except FacevecError as error:
        pytest.skip(f"casia-webface is not here and cannot be fetched: {error}")
    return store.folder


@pytest.fixture(scope="session")
def zoo_file(data_dir: Path) -> Path:
    """Open Model Zoo's own weights of retail-0095, which lie beside the photos, as its graph does."""
    name = "face-reidentification-retail-0095"
    path = data_dir / "models" / name / f"{name}.bin"
    if not path.is_file():
        pytest.skip(f"no network at {path}")
    return path


@pytest.fixture(scope="session")
def retail_dir(zoo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of verified weights with retail-0095 alone."""
    from facevec.vision.weights.store import ModelStore

    store = ModelStore(sharing_graphs(tmp_path_factory.mktemp("models")))
    store.import_file(zoo_file)
    return store.folder


@pytest.fixture(scope="session")
def both_dir(models_dir: Path, zoo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of verified weights with casia-webface and retail-0095."""
    from facevec.vision.weights.store import ModelStore

    folder = sharing_graphs(tmp_path_factory.mktemp("models"))
    for file in models_dir.glob("casia-webface.*"):
        (folder / file.name).symlink_to(file)
    ModelStore(folder).import_file(zoo_file)
    return folder


@pytest.fixture(scope="session")
def vnni() -> None:
    """A processor that multiplies four 8-bit numbers at a time without cutting their sums off."""
    from facevec.machine import multiplies_bytes

    if not multiplies_bytes():
        pytest.skip("this processor does not multiply 8-bit numbers four at a time")


@pytest.fixture(scope="session")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Networks that were converted once, for all processes of this run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "graphs"
    folder.mkdir(exist_ok=True)
    return folder


def sharing_graphs(folder: Path) -> Path:
    """`folder`, in which what was converted and compiled once for any folder of models need not be again."""
    from facevec.config import models_folder
    from facevec.vision.build import COMPILED, GRAPHS

    for name in (GRAPHS, COMPILED):
        shared = models_folder() / name
        shared.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(shared)
    return folder


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user may look into, unlike pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder).resolve()


@pytest.fixture
def nobody() -> Iterator[Callable[[], None]]:
    """Call it to go on as a user whom permissions bind; root is not bound by any."""
    if not hasattr(os, "geteuid"):
        pytest.skip("Windows has no such users")
    before = os.geteuid()

    def become() -> None:
        if before == 0:
            os.seteuid(65534)

    yield become
    os.seteuid(before)
