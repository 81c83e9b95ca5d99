"""Settings for people who are made up, in a folder that is thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from facevec.config import Loaded

_APART: Mapping[str, Mapping[str, Any]] = {
    "registry": {"url": None, "removals": None},
    "index": {"folder": None},
    "gallery": {"engine": "faiss"},
    "audit": {"enabled": False},
    "consent": {"required": False},
    "review": {"confirm": False},
    "privacy": {"encryption": "off"},  # or a master key would be left over
}


def throwaway(loaded: Loaded, folder: Path) -> Loaded:
    """`loaded` with its home in `folder`; what is set for real people does not count."""
    settings = loaded.settings
    sections = {
        name: getattr(settings, name).model_copy(update={**changes}) for name, changes in _APART.items()
    }
    return replace(loaded, home=folder, settings=settings.model_copy(update=sections))
