"""The folder of photos beside the project, which is never part of it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

DATA = Path(os.environ.get("FACEVEC_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


def photos_among(paths: Iterable[Path]) -> list[Path]:
    """Those that are photos, in the order of their names."""
    return sorted(path for path in paths if path.suffix in {".jpg", ".jpeg", ".png"})
