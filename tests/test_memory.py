"""Whether memory ran out, as whoever wanted it says so."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from facevec.errors import ImageTruncated, MemoryExhausted, NoFace, RegistryError
from facevec.memory import exhaustion_in, ran_out, watched
from tests.integrity import KEY
from tests.starved import PARTS

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def converted(graphs: Path) -> Path:
    """`graphs` with what is run here; so none of these processes needs torch for it."""
    from facevec.vision.engines.openvino_engine import OpenVinoEngine
    from facevec.vision.networks.mtcnn import mtcnn_spec

    for stage in ("pnet", "onet"):
        OpenVinoEngine(cache=graphs, key=KEY, threads=1).load(mtcnn_spec(stage))
    return graphs


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space of a process so")
@pytest.mark.parametrize("part", PARTS)
def test_whatever_wants_memory_that_is_not_there_says_so_in_the_end(part, converted):
    command = [sys.executable, "-m", "tests.starved", part, converted]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.stdout == "memory_exhausted", ended.stderr[-2000:]


# As they were met.
SAID = [
    MemoryError(),
    MemoryError("Unable to allocate 6.98 MiB for an array with shape (381, 1601, 3) and data type int32"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    OSError("out of memory when reading image file"),
    ImportError("_swigfaiss.abi3.so: failed to map segment from shared object"),
    ImportError("libaom.so.3: cannot allocate memory in static TLS block"),
    RuntimeError("Exception from core.cpp:117:\nException from plugin.cpp:54:\nstd::bad_alloc\n"),
    RuntimeError("Exception from core.cpp:117:\nException from plugin.cpp:54:\ncan't alloc\n"),
    RuntimeError("Exception from plugin.cpp:54:\nResource temporarily unavailable\n"),
    RuntimeError("core.cpp:84:\nCan not create file mapping for 8, err=Cannot allocate memory"),
    RuntimeError("Check 'ptr' failed at cpu_memory.cpp:257:\nFailed to allocate 10624768 bytes of memory"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("Exception from node.cpp:823:\n[CPU] Reorder node 'x' std::future_error: Broken promise\n"),
    RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("can't start new thread"),
    Exception("OpenCV(5.0.0) alloc.cpp:73: error: (-4:Insufficient memory) Failed to allocate 30000 bytes"),
    OperationalError("SELECT 1", {}, Exception("out of memory")),
]


@pytest.mark.parametrize("error", SAID, ids=lambda error: str(error)[:40])
def test_what_says_that_memory_ran_out_is_told_so(error):
    with pytest.raises(MemoryExhausted, match=r"^Memory ran out\. .*vision\.max_side") as raised, watched():
        raise error
    assert raised.value.__cause__ is error


class _ServerError(Exception):
    sqlstate = "53200"


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("Exception from core.cpp:117: no such layer"),
        SystemError("error return without exception set"),
        BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
        OSError(errno.ENOSPC, "No space left on device"),
        ImportError("libx.so: failed to map segment from shared object: Operation not permitted"),
        NoFace("out of memory is nobody's name"),
        OperationalError("SELECT :name", {"name": "out of memory"}, Exception("no such table")),
        OperationalError("SELECT 1", {}, _ServerError("out of memory")),
    ],
)
def test_what_says_something_else_stays_what_it_is(error):
    assert not ran_out(error)
    with pytest.raises(type(error)) as raised, watched():
        raise error
    assert raised.value is error


@pytest.mark.parametrize("reason", [MemoryError(), OSError("out of memory when reading image file")])
def test_an_error_that_came_of_it_is_told_as_what_it_came_of(reason):
    with pytest.raises(MemoryExhausted), watched():
        raise ImageTruncated("damaged") from reason
    with pytest.raises(RegistryError), watched():
        raise RegistryError("busy") from RuntimeError("locked")


def test_what_is_told_once_is_not_told_again():
    exhaustion = MemoryExhausted("photo.jpg: Memory ran out.")
    assert exhaustion_in(exhaustion) is exhaustion
    with pytest.raises(MemoryExhausted) as raised, watched():
        raise exhaustion
    assert raised.value is exhaustion


def test_the_memory_that_was_taken_until_then_is_given_back():
    def take() -> None:
        taken = bytearray(10)
        raise MemoryError(len(taken))

    with pytest.raises(MemoryError) as raised:
        take()
    frame = raised.traceback[-1].frame.raw
    assert "taken" in frame.f_locals
    assert exhaustion_in(raised.value) is not None
    assert "taken" not in frame.f_locals
