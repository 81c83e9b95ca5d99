"""What a process may use of a machine is what its container was given, not what the machine has."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from facevec import machine

GROUPS = {
    "whole machine": {"proc/self/cgroup": "0::/\n"},
    "half, version 2": {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"},
    "two and a bit": {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "210000 100000\n"},
    "a group around it": {
        "proc/self/cgroup": "0::/system.slice/facevec.service\n",
        "sys/fs/cgroup/system.slice/facevec.service/cpu.max": "max 100000\n",
        "sys/fs/cgroup/system.slice/cpu.max": "100000 100000\n",
    },
    "half, version 1": {
        "proc/self/cgroup": "9:name=systemd:/\n4:cpu,cpuacct:/docker/1\n",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    },
    "none, version 1": {
        "proc/self/cgroup": "1:cpu:/\n",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    },
    "no system of groups": {},
}
PLANNED = [(8, 0), (1, 1), (3, 3), (1, 1), (1, 1), (8, 0), (8, 0)]


@pytest.mark.parametrize(("files", "planned"), [*zip(GROUPS.values(), PLANNED, strict=True)], ids=GROUPS)
def test_processors_are_those_that_the_container_was_given(
    files: dict[str, str], planned: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_seen", lambda: 8)
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert (machine.processors(tmp_path), machine.planned_threads(tmp_path)) == planned


def test_what_was_imported_is_old_at_once() -> None:
    with machine.importing():
        imported: list[list[int]] = [[] for _ in range(10_000)]
    assert any(one is imported for one in gc.get_objects(generation=2))
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_what_somebody_froze_stays_frozen() -> None:
    gc.freeze()
    try:
        with machine.importing():
            pass
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the system does not list threads")
def test_a_product_of_matrices_has_no_threads_of_its_own() -> None:
    program = (
        "import facevec, os, numpy; numpy.ones((900, 900)) @ numpy.ones((900, 900)); "
        "print(len(os.listdir('/proc/self/task')))"
    )
    unset = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    answer = subprocess.run(
        [sys.executable, "-c", program], env=unset, capture_output=True, text=True, check=False
    )
    assert answer.stdout.strip() == "1", answer.stderr


@pytest.mark.parametrize(
    ("cpuinfo", "by_four", "by_two"),
    [("flags\t\t: fpu avx2 avx_vnni\n", True, False), ("flags : avx2 avx512f avx512_vnni\n", True, False),
     ("model name : \udcff of a hypervisor\nflags : avx_vnni\n", True, False),
     ("flags : fma avx2 bmi2\n", False, True), ("flags : avx2 avx512f\n", False, False),
     ("flags : fpu sse4_1 avx\n", False, False),
     ("Features : asimd i8mm\n", False, False), (None, False, False)],
)  # fmt: skip
def test_8_bit_numbers_are_multiplied_where_linux_says_so(
    tmp_path: Path, cpuinfo: str | None, by_four: bool, by_two: bool
) -> None:
    if cpuinfo is not None:
        (tmp_path / "proc").mkdir()
        content = ("processor : 0\n" + cpuinfo).encode(errors="surrogateescape")
        (tmp_path / "proc/cpuinfo").write_bytes(content)
    assert machine.multiplies_bytes(tmp_path) is by_four
    assert machine.multiplies_bytes_in_pairs(tmp_path) is by_two
