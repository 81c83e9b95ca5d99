"""A home that the version before wrote goes on with this one: database, index, settings, keys."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.toy import Someone, picture
from tests.web.server import NO_MODELS, fetch, running

pytestmark = pytest.mark.slow

BEFORE = "a17ffee"
"""The commit of the version before, until there are tags of releases."""

Old = Callable[..., str]


@pytest.fixture
def old(tmp_path: Path) -> Old:
    """Runs a command of the version before, over the toy vision, on the home `home`."""
    archive = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"no commit {BEFORE} in this checkout: the version before is not known")
    tree = tmp_path / "before"
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as file:
        file.extractall(tree, filter="data")
    (tree / "facevec_migrations").symlink_to("migrations")

    def run(*words: str) -> str:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("FACEVEC_")}
        return subprocess.run(
            [sys.executable, "-m", "tests.toy", "--home", str(tmp_path / "home"), *words],
            env={**environ, "PYTHONPATH": str(tree), "FACEVEC_MODELS": str(NO_MODELS)},
            cwd=tree, capture_output=True, text=True, check=True, timeout=120,
        ).stdout.strip()  # fmt: skip

    return run


def new(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FACEVEC_")}
    return subprocess.run(
        [sys.executable, "-m", "tests.toycommand", "--home", str(home), *words],
        env={**environ, "FACEVEC_MODELS": str(NO_MODELS)},
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def answer(process: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert process.returncode == 0, process.stderr
    document: dict[str, Any] = json.loads(process.stdout)
    return document


def test_after_one_command_everything_is_as_it_was(old: Old, tmp_path: Path) -> None:
    home, photos = tmp_path / "home", tmp_path / "people"
    for who, name in enumerate(("Ana Ruiz", "Ben Ode"), 1):
        (photos / name).mkdir(parents=True)
        for look in range(3):
            (photos / name / f"{look}.png").write_bytes(picture(Someone(who, look)))
    (home / "config").mkdir(parents=True)
    (home / "config" / "facevec.toml").write_text("[match]\nthreshold = 0.71\n")
    old("worker", "import", str(photos))
    old("index", "rebuild")
    key = old("key", "create", "office", "--scope", "admin")
    (tmp_path / "ana.png").write_bytes(picture(Someone(1, 7)))
    listed = json.loads(old("worker", "list", "--json"))["workers"]
    seen = json.loads(old("recognize", str(tmp_path / "ana.png"), "--json"))["images"][0]["faces"][0]
    assert seen["worker"]["name"] == "Ana Ruiz"

    upgraded = answer(new(home, "db", "upgrade", "--json"))
    assert upgraded["current"] == upgraded["head"]
    now = answer(new(home, "worker", "list", "--json"))["workers"]
    assert [(one["id"], one["name"]) for one in now] == [(one["id"], one["name"]) for one in listed]
    assert answer(new(home, "index", "rebuild", "--json"))["workers"] == 2
    assert new(home, "integrity", "check").returncode == 0
    again = answer(new(home, "recognize", str(tmp_path / "ana.png"), "--json"))
    face = again["images"][0]["faces"][0]
    assert face["worker"]["name"] == "Ana Ruiz"
    assert face["distance"] == pytest.approx(seen["distance"], abs=1e-4)
    shown = answer(new(home, "config", "show", "--json"))["settings"]
    assert {"key": "match.threshold", "value": 0.71}.items() <= next(
        one for one in shown if one["key"] == "match.threshold"
    ).items()
    with running(home) as server:
        assert fetch(f"{server.url}/api/v1/workers", Authorization=f"Bearer {key}")[0] == 200
