"""Networks as OpenVINO compiled them for one processor, kept for the next start under the integrity key."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from facevec.errors import ModelCorrupt
from facevec.files import open_file
from facevec.integrity import IntegrityKey
from facevec.vision.engines import graphs

if TYPE_CHECKING:
    import openvino

_NETWORK = "network.blob"
_KIND = "compiled network"
_DIGITS = 12

MOST = 4
"""So many of one network are kept, the newest: for other threads, precisions and processors."""


class MappedFile:
    """A file whose content is memory. Raises OSError, and ValueError for one that is empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = open_file(path)
        self._was = self._stamp()
        self.content = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_COPY)

    def require_same(self) -> None:
        """Raises ModelCorrupt where somebody wrote to it: what is not in memory is read from it again."""
        if self._stamp() != self._was:
            raise ModelCorrupt(f"Somebody wrote to {self._path} while it was in use; start facevec again.")

    def forget(self) -> None:
        """Let go of its pages; what is asked for again is read again."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self.content.madvise(mmap.MADV_DONTNEED)

    def _stamp(self) -> tuple[int, int]:
        status = os.fstat(self._file.fileno())
        return status.st_size, status.st_mtime_ns


class Compiled(NamedTuple):
    """A network that can run. file: its weights lie there while it lives; None where they lie in memory."""

    network: openvino.CompiledModel
    file: MappedFile | None = None


class CompiledNetworks:
    """A folder with a subfolder for each network, settings, processor, version of OpenVINO and integrity key.

    What is damaged, or was not written under this key, is never opened. Nothing in it is needed: where it
    cannot be written, networks are compiled at each start.
    """

    def __init__(self, folder: Path, package: ModuleType, core: openvino.Core, key: IntegrityKey) -> None:
        self._folder = folder
        self._package = package
        self._core = core
        self._integrity = key
        facts = ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")
        self._processor = [str(core.get_property("CPU", fact)) for fact in facts]

    def find(
        self, graph: Iterable[str], settings: Mapping[str, Any], copies: int
    ) -> Sequence[Compiled] | None:
        """The network, `copies` of it, None where it is not kept, or not as it was written.

        graph: its name, and what else tells it from others of that name. settings: of OpenVINO.
        """
        home = self._home(graph, settings)
        try:
            file = MappedFile(home / _NETWORK)
            digest = hashlib.sha256(file.content).digest()
            if not graphs.is_vouched_for(self._integrity, _KIND, home, digest):
                return None
            # Shares the memory, which holds for as long as `Compiled` does.
            tensor = self._package.Tensor(np.frombuffer(file.content, np.uint8), shared_memory=True)
            return [
                Compiled(self._core.import_model(tensor, "CPU", dict(settings)), file) for _ in range(copies)
            ]
        except (OSError, ValueError, RuntimeError):  # the last is OpenVINO's, which does not know it any more
            return None

    def keep(
        self, graph: Iterable[str], settings: Mapping[str, Any], network: openvino.CompiledModel
    ) -> None:
        """For the next start, if there is room and it may be written."""
        home = self._home(graph, settings)
        with suppress(OSError, RuntimeError), graphs.making(home) as made:
            content = network.export_model().getvalue()
            (made / _NETWORK).write_bytes(content)
            graphs.vouch(self._integrity, _KIND, made, hashlib.sha256(content).digest())
            graphs.keep_from_others(made)
            shutil.rmtree(home, ignore_errors=True)
            made.replace(home)
            self._leave_newest(home)

    def _home(self, graph: Iterable[str], settings: Mapping[str, Any]) -> Path:
        name, *rest = graph
        circumstances = json.dumps([rest, sorted(settings.items()), self._processor])
        digest = hashlib.sha256(circumstances.encode()).hexdigest()[:_DIGITS]
        return self._folder / f"{name}-{self._integrity.fingerprint}-{digest}"

    def _leave_newest(self, home: Path) -> None:
        alike = self._folder.glob(f"{home.name[:-_DIGITS]}*")
        for old in sorted(alike, key=lambda one: one.stat().st_mtime, reverse=True)[MOST:]:
            shutil.rmtree(old, ignore_errors=True)
