"""A crash leaves nothing of what the service held in memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.server import Running, running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's way")

CRASH = """
import ctypes, os, resource, sys
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
if sys.argv[1] == "forbidden":
    from facevec.dumps import forbid_dumps
    forbid_dumps()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE), flush=True)
os.abort()
"""


def crash(kind: str, folder: Path) -> tuple[list[str], list[Path]]:
    """What was said, and the files that were left."""
    process = subprocess.run(
        [sys.executable, "-c", CRASH, kind],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.returncode < 0, process.stderr
    return process.stdout.splitlines(), list(folder.iterdir())


def test_a_crash_after_dumps_were_forbidden_leaves_none(tmp_path: Path) -> None:
    assert crash("forbidden", tmp_path) == (["0 0 0"] * 2, [])


def test_the_attack_succeeds_where_they_were_not(tmp_path: Path) -> None:
    (line,), _ = crash("allowed", tmp_path)
    assert line.startswith("1 ")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("home")) as server:
        yield server


def test_neither_the_service_nor_its_worker_may_leave_one(server: Running) -> None:
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert children
    for process in (pid, *children):
        limits = Path(f"/proc/{process}/limits").read_text().splitlines()
        (core,) = (line.split() for line in limits if line.startswith("Max core file size"))
        assert core[4:6] == ["0", "0"]


COMMAND = """
import atexit, resource, sys
atexit.register(lambda: print(resource.getrlimit(resource.RLIMIT_CORE)))
import runpy
module, sys.argv[1:] = sys.argv[1], sys.argv[2:]
runpy.run_module(module, run_name="__main__")
"""


@pytest.mark.parametrize("words", [["facevec", "worker", "list"], ["facevec.jobs.nightly"]])
def test_a_command_and_the_nightly_job_may_leave_none(words: list[str], tmp_path: Path) -> None:
    environment = {**os.environ, "FACEVEC_HOME": str(tmp_path / "home"), "FACEVEC_MODELS": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", COMMAND, *words],
        capture_output=True, text=True, check=False, timeout=60, env=environment,
    )  # fmt: skip
    assert said.stdout.splitlines()[-1] == "(0, 0)", said.stderr
