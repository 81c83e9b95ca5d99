"""A network that somebody brings: its files are copied, held to what may stand in them, tried and kept."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from facevec.errors import OutputUnwritable
from facevec.vision.added.description import described
from facevec.vision.added.files import copy_files
from facevec.vision.added.record import AddedModels, Record
from facevec.vision.added.trial import BOUNDS, Bounds, tried


def bring(
    path: Path,
    name: str,
    description: Mapping[str, object],
    added: AddedModels,
    scratch: Path | None,
    bounds: Bounds = BOUNDS,
) -> Record:
    """Keep the network at `path` under a name that is free; see `ModelStore.add`."""
    fields = described(description)
    try:
        with tempfile.TemporaryDirectory(prefix="facevec-model-", dir=scratch) as folder:
            files = copy_files(path, Path(folder))
            findings = tried(files[0], fields, bounds)
            return added.keep(name, files, fields, path.name, findings)
    except OSError as error:
        raise OutputUnwritable(
            f"The network cannot be copied to {scratch or tempfile.gettempdir()} to be tried "
            f"({error.strerror or error}); make room there or set TMPDIR to another folder."
        ) from None
