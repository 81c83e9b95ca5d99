"""OpenVINO graphs that were converted elsewhere and brought here with the program, which needs no torch then.

No integrity key vouches for them, for it is made where facevec runs: they are trusted as the program's own
files are, by who may write them.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from facevec.errors import ModelCorrupt, OutputUnwritable
from facevec.files import OTHERS_WRITE, allows
from facevec.vision.engines import graphs
from facevec.vision.engines.base import NetworkSpec


class PreparedGraphs:
    """A folder with one subfolder for each network, weights and version of OpenVINO."""

    def __init__(self, folder: Path, openvino: ModuleType) -> None:
        self._folder = folder
        self._openvino = openvino

    def find(self, spec: NetworkSpec) -> Path | None:
        """The graph of `spec`, None where there is none.

        Raises ModelCorrupt for one that is damaged, or that others than its owner may write.
        """
        home = self._home(spec)
        if not home.is_dir():
            return None
        if any(allows(each.stat().st_mode, OTHERS_WRITE) for each in (home.parent, home, *home.iterdir())):
            raise ModelCorrupt(
                f"Others than its owner may write the network in {home}, and so say who is who; "
                "run `chmod -R go-w` on it and on its folder."
            )
        try:
            whole = graphs.is_whole(home, (home / graphs.CHECKSUMS).read_bytes())
        except (OSError, ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            raise ModelCorrupt(
                f"The network in {home} is damaged; make it anew with `facevec models convert`, or remove it."
            )
        return home / graphs.GRAPH

    def add(self, spec: NetworkSpec) -> Path:
        """The graph of `spec`, converted now if there is none.

        Raises EngineUnavailable, ModelError, ModelCorrupt as `find` does, OutputUnwritable.
        """
        there = self.find(spec)
        if there is not None:
            return there
        home = self._home(spec)
        model = graphs.convert(spec, self._openvino)
        try:
            with graphs.making(home) as made:
                graphs.write(model, self._openvino, made)
                graphs.keep_from_others(made)
                made.replace(home)
        except OSError as error:
            raise OutputUnwritable(
                f"The converted network cannot be kept in {self._folder} ({error.strerror}); name a folder "
                "that can be written."
            ) from error
        return home / graphs.GRAPH

    def _home(self, spec: NetworkSpec) -> Path:
        return self._folder / graphs.folder_name(spec, self._openvino)
