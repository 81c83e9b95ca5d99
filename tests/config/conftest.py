"""A settings file in a temporary home."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from facevec.config import CONFIG_FILE

Write = Callable[[Path, "str | bytes"], Path]


@pytest.fixture
def write() -> Write:
    """Writes the settings file of a home."""

    def writing(home: Path, content: str | bytes) -> Path:
        path = home / CONFIG_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return writing
