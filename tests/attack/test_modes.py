"""What is personal or decides is its owner's, whatever the umask, and what is not is noticed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from facevec import config
from facevec.cli.security import permissions
from tests.toy import Someone, picture
from tests.web.server import ROOT, command, environment

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="no such modes there")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home, and photos of everybody who is enrolled there."""
    return tmp_path_factory.mktemp("modes")


@pytest.fixture(scope="module")
def facevec(place: Path):
    """One command on the toy vision, in a process whose umask is 0."""

    def call(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(place / "home", *map(str, words)),
            env={**environment(), "PYTHONPATH": str(ROOT)},
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: os.umask(0),
            timeout=120,
        )

    for who in range(1, 12):
        for look in range(1 + who % 4):
            photo = place / "people" / f"p{who}" / f"{look}.png"
            photo.parent.mkdir(parents=True, exist_ok=True)
            photo.write_bytes(picture(Someone(who, look)))
    assert call("worker", "import", "people").returncode == 0
    assert call("index", "rebuild").returncode == 0
    return call


@contextmanager
def having(path: Path, mode: int) -> Iterator[None]:
    """It has this mode for a while."""
    before = stat.S_IMODE(path.stat().st_mode)
    path.chmod(mode)
    yield
    path.chmod(before)


def modes(folder: Path) -> dict[str, int]:
    """Of what lies in it and was not there before: bits that others have."""
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) & 0o077
        for path in folder.rglob("*")
        if "people" not in path.relative_to(folder).parts
    }


def test_nothing_personal_is_open_to_others_at_umask_0(facevec, place: Path) -> None:
    assert facevec("crop", "people", "crops").returncode == 0
    report = facevec("evaluate", "people", "--report", "report.html")
    assert report.returncode == 0, report.stderr
    kept = modes(place)
    assert {"crops", "report.html", "home/facevec.db"} <= set(kept)
    assert {name: oct(mode) for name, mode in kept.items() if mode} == {}


@pytest.mark.parametrize(
    ("mode", "what", "level", "said"),
    [
        (0o666, "facevec.db", "fail", "change"),
        (0o644, "facevec.db", "warn", "read"),
        (0o660, "facevec.db", "fail", "change"),
        (0o777, "index", "fail", "change"),
    ],
)
@pytest.mark.usefixtures("facevec")
def test_the_doctor_notices_what_is_too_open(place: Path, mode, what, level, said) -> None:
    home = place / "home"
    loaded = config.load(home, environ={})
    with having(place, 0o755), having(home, 0o755):
        assert permissions(loaded).level == "ok"
        with having(home / what, mode):
            check = permissions(loaded)
    assert (check.level, f"may {said} " in check.text, what in check.text) == (level, True, True)
