"""`facevec service install`: units that systemd takes, kept from everything but their own data."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from click.testing import CliRunner, Result

from facevec.cli.main import cli
from facevec.cli.units import Program
from tests.entries import posix

HIGHEST_EXPOSURE = 1.5
"""systemd's own measure, 0 to 10; below 2.0 it says OK."""

Install = Callable[..., Result]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    monkeypatch.setenv("FACEVEC_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "executable", "/opt/facevec/bin/python")
    return lambda *words: CliRunner().invoke(cli, ["service", "install", *map(str, words)])


def units(folder: Path) -> list[Path]:
    return sorted(folder.rglob("facevec*.service"))


@posix
def test_it_writes_the_service_its_socket_the_nightly_job_its_timer_and_their_user(
    install: Install, tmp_path: Path
) -> None:
    installed = json.loads(install("--root", tmp_path / "root", "--json").stdout)
    assert {str(PurePosixPath(file).relative_to(tmp_path / "root")) for file in installed["files"]} == {
        "etc/systemd/system/facevec.service",
        "etc/systemd/system/facevec.socket",
        "etc/systemd/system/facevec-nightly.service",
        "etc/systemd/system/facevec-nightly.timer",
        "etc/sysusers.d/facevec.conf",
        "etc/tmpfiles.d/facevec.conf",
    }
    assert installed["written"]
    service = (tmp_path / "root/etc/systemd/system/facevec.service").read_text()
    assert 'ExecStart="/opt/facevec/bin/python" -m facevec serve\n' in service
    assert installed["next_steps"][-1] == "systemctl enable --now facevec.service facevec-nightly.timer"


@posix
def test_a_dry_run_prints_them_and_writes_nothing(install: Install, tmp_path: Path) -> None:
    shown = install("--root", tmp_path / "root", "--dry-run")
    assert "ProtectSystem=strict" in shown.stdout
    assert "OnCalendar=" in shown.stdout
    as_json = json.loads(install("--root", tmp_path / "root", "--dry-run", "--json").stdout)
    assert not as_json["written"]
    assert list(as_json["texts"]) == as_json["files"]
    assert all(text.rstrip() in shown.stdout for text in as_json["texts"].values())
    assert not (tmp_path / "root").exists()


@posix
@pytest.mark.parametrize(("host", "address"), [("127.0.0.1", "127.0.0.1:8080"), ("::1", "[::1]:8080")])
def test_the_socket_is_where_the_settings_say_and_other_machines_do_not_reach_it(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, address: str
) -> None:
    monkeypatch.setenv("FACEVEC_SERVER__HOST", host)
    monkeypatch.setenv("FACEVEC_SERVER__PORT", "8080")
    install("--root", tmp_path)
    listening = (tmp_path / "etc/systemd/system/facevec.socket").read_text()
    assert f"ListenStream={address}\n" in listening
    assert "IPAddressDeny=any\n" in listening
    assert "Requires=facevec.socket\n" in units(tmp_path)[1].read_text()


@pytest.mark.parametrize(("name", "value"), [("HOST", "localhost"), ("PORT", "0")])
def test_what_systemd_could_not_open_is_refused(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"FACEVEC_SERVER__{name}", value)
    refused = install("--root", tmp_path, "--json")
    assert refused.exit_code == 10
    assert f"server.{name.lower()}" in json.loads(refused.stdout)["error"]["message"]


@posix
def test_it_is_stopped_no_sooner_than_the_settings_allow(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEVEC_SERVER__DRAIN_SECONDS", "20")
    monkeypatch.setenv("FACEVEC_SERVER__SHUTDOWN_SECONDS", "100")
    install("--root", tmp_path)
    (stop,) = re.findall(r"TimeoutStopSec=(\d+)", units(tmp_path)[1].read_text())
    assert int(stop) > 120


@posix
def test_what_the_service_could_not_see_is_refused(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/home/ana/.venv/bin/python")
    refused = install("--root", tmp_path, "--json")
    assert refused.exit_code == 10
    assert "/opt/facevec" in json.loads(refused.stdout)["error"]["message"]
    assert install("--user", "--root", tmp_path).exit_code == 0


@posix
def test_an_environment_that_links_to_a_python_in_a_home_is_refused(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python").symlink_to("/root/.local/share/uv/python/bin/python3")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert install("--root", tmp_path).exit_code == 10
    assert install("--user", "--root", tmp_path).exit_code == 0


def test_an_interpreter_of_any_name_is_written_as_systemd_reads_it() -> None:
    files = Program(PurePosixPath('/opt/face "100%"/python'), False, 45, "127.0.0.1:8000").files()
    service = files["etc/systemd/system/facevec.service"]
    assert 'ExecStart="/opt/face \\"100%%\\"/python" -m facevec serve\n' in service


@pytest.fixture
def analyze() -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze: install Debian's systemd to judge the units")
    return program


@pytest.mark.parametrize("words", [[], ["--user"]])
def test_systemd_finds_nothing_wrong_with_them(
    install: Install, tmp_path: Path, analyze: str, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setattr(sys, "executable", "/usr/bin/env")  # it wants a program that is there
    install("--root", tmp_path, *words)
    files = [
        str(path) for path in (*units(tmp_path), *tmp_path.rglob("*.timer"), *tmp_path.rglob("*.socket"))
    ]
    verified = subprocess.run(
        [analyze, "verify", "--man=no", *words, *files], capture_output=True, text=True, check=False
    )
    ours = [line for line in verified.stderr.splitlines() if "facevec" in line]
    assert len(files) == 4
    assert not ours


def test_their_exposure_is_low(install: Install, tmp_path: Path, analyze: str) -> None:
    install("--root", tmp_path)
    for unit in units(tmp_path):
        judged = subprocess.run(
            [analyze, "security", "--no-pager", "--offline=true", f"--threshold={HIGHEST_EXPOSURE * 10:.0f}",
             str(unit)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert judged.returncode == 0, judged.stdout + judged.stderr
