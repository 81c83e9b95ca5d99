"""Who else on this machine may read what is personal, or change what decides."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from facevec.cli.files import named
from facevec.config import CONFIG_FILE
from facevec.files import OTHERS_USE, OTHERS_WRITE

if TYPE_CHECKING:
    from facevec.config import Loaded


def too_open(loaded: Loaded) -> Iterator[tuple[Path, bool]]:
    """Files and folders that others may use as they should not, and whether they may change them.

    Nobody else has to do with the database and the index; settings and models may be read by all. Windows
    keeps its permissions elsewhere: nothing is said there.
    """
    if os.name == "nt":
        return
    for path in _personal(loaded):
        mode = _reachable(path)
        if mode & (OTHERS_WRITE if path.is_dir() else OTHERS_USE):
            yield path, bool(mode & OTHERS_WRITE)
    graphs = loaded.settings.vision.graphs
    networks = [loaded.models] if graphs is None else [loaded.models, loaded.within_home(graphs)]
    below = (path for folder in networks for path in _files_below(folder))
    for path in (loaded.home, loaded.home / CONFIG_FILE, *below):
        if path.exists() and _reachable(path) & OTHERS_WRITE:
            yield path, True


def in_words(path: Path, may_change: bool) -> str:
    """What is wrong with it, and what mends it."""
    may = "change" if may_change else "read"
    mode = "go-w" if may_change else "go-rwx"
    return f"Others on this machine may {may} {named(path)}; run `chmod {mode}` on it."


def _personal(loaded: Loaded) -> Iterator[Path]:
    from facevec.registry.address import companions, sqlite_file

    file = sqlite_file(loaded.registry_url)
    if file is not None:
        yield from (path for path in (file, *companions(file)) if path.is_file())
    yield from _files_below(loaded.index_folder)


def _files_below(folder: Path) -> Iterator[Path]:
    """The folder, if it is there, and all below it that is no link."""
    if folder.is_dir():
        yield folder
        yield from (path for path in sorted(folder.rglob("*")) if not path.is_symlink())


def _reachable(path: Path) -> int:
    """The mode of `path` for those only who may enter its folder."""
    mode, folder = path.stat().st_mode, path.resolve().parent.stat().st_mode
    for who in (stat.S_IRWXG, stat.S_IRWXO):
        if not folder & who & (stat.S_IXGRP | stat.S_IXOTH):
            mode &= ~who
    return mode
