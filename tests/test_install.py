"""What make runs to install: PyTorch without CUDA where that can be had, and as pip is told to."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import install
from tests.entries import posix

SETUP = Path(install.__file__).parent / "setup.cfg"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


def wheel(folder: Path, name: str, version: str) -> None:
    """A wheel with nothing in it, where an index has it."""
    (folder / name).mkdir(parents=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / name / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


@pytest.fixture
def indexes(tmp_path: Path) -> Iterator[str]:
    """The address of a folder `pypi`, with PyTorch for GPUs, and a folder `cpu`, with PyTorch for CPUs."""
    for pin in install.pins(SETUP):
        name, _, version = pin.partition("==")
        wheel(tmp_path / "pypi", name, version)
        wheel(tmp_path / "cpu", name, f"{version}+cpu")
    (tmp_path / "empty").mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def unconfigured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """pip without anybody's settings, installing into the folder that this is."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for name in ("FIND_LINKS", "INDEX_URL", "EXTRA_INDEX_URL", "NO_INDEX", "CONSTRAINT"):
        monkeypatch.delenv(f"PIP_{name}", raising=False)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "installed"))
    return tmp_path / "installed"


def test_the_packages_with_cpu_builds_are_pinned_as_the_package_requires_them() -> None:
    names = [pin.partition("==")[0] for pin in install.pins(SETUP)]
    assert names == ["torch", "torchvision"]
    assert all("==" in pin for pin in install.pins(SETUP))


@posix
def test_the_cpu_build_is_taken_where_its_index_answers(
    indexes: str, unconfigured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"{indexes}/pypi")
    install.take_cpu_builds(PIP, f"{indexes}/cpu", SETUP)
    installed = {path.name for path in unconfigured.glob("*.dist-info")}
    assert installed == {f"{pin.replace('==', '-')}+cpu.dist-info" for pin in install.pins(SETUP)}


@posix
def test_an_index_that_lacks_it_is_told_and_stops_nothing(
    indexes: str, unconfigured: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (unconfigured.parent / "empty" / "torch").mkdir()
    monkeypatch.setenv("PIP_INDEX_URL", f"{indexes}/empty")
    install.take_cpu_builds(PIP, f"{indexes}/empty", SETUP)
    assert "does not have torch==" in capfd.readouterr().out
    assert not unconfigured.exists()


def test_an_index_that_says_nothing_is_waited_for_no_longer_than_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        assert not install.answers(f"http://127.0.0.1:{silent.getsockname()[1]}/torch/", 0.3)
    assert time.monotonic() - start < 3


def test_an_index_that_is_not_there_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert not install.answers(f"http://127.0.0.1:{port}/torch/", 5)


@posix
@pytest.mark.parametrize(
    ("variable", "value", "own"),
    [
        ("PIP_INDEX_URL", "https://mirror.example.com/simple", True),
        ("PIP_NO_INDEX", "1", True),
        ("PIP_EXTRA_INDEX_URL", "https://download.pytorch.org/whl/cu126", True),
        ("PIP_EXTRA_INDEX_URL", "https://own.example.com/simple", False),
        ("PIP_TIMEOUT", "20", False),
    ],
)
def test_whoever_told_pip_where_to_look_has_decided(
    unconfigured: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, own: bool
) -> None:
    monkeypatch.setenv(variable, value)
    assert (install.own_index(PIP) is not None) is own


def recorder(folder: Path, config: str) -> tuple[Path, Path]:
    """A python that only writes down what is asked of its pip, which has these settings; and that record."""
    program, record = folder / "python", folder / "record"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {record}\ncase "$*" in *"config list"*) echo "{config}";; esac\n'
    )
    program.chmod(0o755)
    return program, record


@posix
@pytest.mark.parametrize(
    ("gpu", "config", "platform", "asked"),
    [
        (False, "", "linux", ["config list", "torch==", "--editable"]),
        (False, "global.index-url='https://mirror.example.com'", "linux", ["config list", "--editable"]),
        (True, "", "linux", ["--editable"]),
        (False, "", "darwin", ["--editable"]),
    ],
)
def test_make_asks_for_the_cpu_build_on_linux_without_a_gpu_alone(
    tmp_path: Path, indexes: str, monkeypatch: pytest.MonkeyPatch,
    gpu: bool, config: str, platform: str, asked: list[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(install, "has_nvidia_gpu", lambda: gpu)
    program, record = recorder(tmp_path, config)
    environ = {"FACEVEC_CPU_INDEX": f"{indexes}/cpu"}
    assert install.main([str(program), ".[demo]"], environ, platform) == 0
    lines = record.read_text().splitlines()
    assert len(lines) == len(asked)
    assert all(part in line for part, line in zip(asked, lines, strict=True))


def test_make_runs_it_before_anything_is_installed() -> None:
    isolated = [sys.executable, "-I", "-S", "-c", "import runpy; runpy.run_path('install.py')"]
    assert subprocess.run(isolated, cwd=SETUP.parent, check=False).returncode == 0
