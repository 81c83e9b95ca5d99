"""What lies beside the weights as their distances and is none decides nothing, and is told in a sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from facevec.errors import NotAuthentic
from facevec.vision.weights import scales
from tests.integrity import KEY
from tests.registry.test_own_scales import MEASURED


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return scales.keep(MEASURED, tmp_path, KEY)


def test_what_is_kept_comes_back(path: Path) -> None:
    assert scales.kept(MEASURED.model, path.parent, KEY) == MEASURED


@pytest.mark.parametrize("content", ["", "[]", "{}", "[" * 100_000, '{"measured": [], "mark": ""}'])
def test_another_content_is_refused(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(NotAuthentic, match="models measure"):
        scales.kept(MEASURED.model, path.parent, KEY)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", "1.9"])
def test_another_distance_is_refused(path: Path, value: str) -> None:
    marked = json.loads(path.read_text())
    marked["measured"]["scale"]["verify"] = json.loads(value)
    path.write_text(json.dumps(marked))
    with pytest.raises(NotAuthentic, match="models measure"):
        scales.kept(MEASURED.model, path.parent, KEY)


def test_a_pipe_in_its_place_is_not_waited_for(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(NotAuthentic, match="models measure"):
        scales.kept(MEASURED.model, path.parent, KEY)


def test_that_of_another_model_does_not_count(path: Path) -> None:
    path.rename(path.with_name(f"other{scales.SUFFIX}"))
    other = scales.kept("other", path.parent, KEY)
    assert other is not None
    assert other.contract == MEASURED.contract  # by which it is known for another's
