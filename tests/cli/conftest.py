"""The command line over a toy vision and a registry in a temporary folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from facevec.cli.main import cli
from facevec.types import Distances
from facevec.usecases.analyse import Vision
from tests.toy import toy_vision

Run = Callable[..., Result]

DISTANCES = Distances(match=0.95, margin=0.05, verify=0.95, same_person=1.1, other_person=0.7)
"""What suits the toy's vectors."""


@pytest.fixture
def toy_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A FACEVEC_HOME in which recognition needs no network: pictures spell who is in them."""
    home = tmp_path / "home"
    monkeypatch.setenv("FACEVEC_HOME", str(home))
    monkeypatch.setenv("FACEVEC_VISION__EMBEDDING_MODEL", "toy")
    monkeypatch.setattr("facevec.vision.build.build_vision", _toy)
    monkeypatch.setattr("facevec.vision.weights.catalogue.distances", lambda _name: DISTANCES)
    return home


def _toy(*, emotion_model: str | None, emotion_consent_only: bool, **_: object) -> Vision:
    return toy_vision(emotion=emotion_model is not None, emotion_consent_only=emotion_consent_only)


@pytest.fixture
def run(toy_home: Path) -> Run:
    """Runs one command."""

    def invoke(*arguments: object, **options: str) -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments], **options)

    return invoke
