"""A home in a temporary folder, and a process that is not root."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
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


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user may look into, unlike pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder).resolve()


@pytest.fixture
def nobody() -> Iterator[Callable[[], None]]:
    """Call it to go on as a user whom permissions bind; root is not bound by any."""
    if not hasattr(os, "geteuid"):
        pytest.skip("Windows has no such users")
    before = os.geteuid()

    def become() -> None:
        if before == 0:
            os.seteuid(65534)

    yield become
    os.seteuid(before)
