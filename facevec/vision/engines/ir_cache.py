"""OpenVINO graphs converted here, each beside its checksums, which the integrity key vouches for."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import ModuleType

from facevec.errors import EngineUnavailable, ModelError
from facevec.integrity import IntegrityKey
from facevec.vision.engines import graphs
from facevec.vision.engines.base import NetworkSpec, NotConverted, NotKept

_KIND = "graph"


class IrCache:
    """A folder with one subfolder for each network, weights, version of OpenVINO and integrity key.

    Any number of processes may share it: a graph lands by renaming its finished folder. Those with another
    key convert for themselves.
    """

    def __init__(self, folder: Path, openvino: ModuleType, key: IntegrityKey) -> None:
        self._folder = folder
        self._integrity = key
        self._openvino = openvino

    def path(self, spec: NetworkSpec) -> Path:
        """The graph of `spec`, as it was converted under this key; now, if it is not there.

        Raises EngineUnavailable where it cannot be, and ModelError where its place cannot be written;
        as NotConverted and NotKept where nothing damaged is there.
        """
        home = self._folder / self._name(spec)
        if not self._intact(home):
            self._convert_into(home, spec)
        return home / graphs.GRAPH

    def _name(self, spec: NetworkSpec) -> str:
        return f"{graphs.folder_name(spec, self._openvino)}-{self._integrity.fingerprint}"

    def _convert_into(self, home: Path, spec: NetworkSpec) -> None:
        is_damaged = os.path.lexists(home)  # where it may not be looked at, too, this raises nothing
        try:
            model = graphs.convert(spec, self._openvino)
        except EngineUnavailable as error:
            if is_damaged:
                raise
            raise NotConverted(str(error)) from error
        try:
            with graphs.making(home) as made:
                document = graphs.write(model, self._openvino, made)
                graphs.vouch(self._integrity, _KIND, made, document)
                graphs.keep_from_others(made)
                self._put(made, home)
        except OSError as error:
            refused = ModelError if is_damaged else NotKept
            raise refused(
                f"The converted network cannot be kept in {self._folder} ({error.strerror}); "
                "make the models folder writable or choose another."
            ) from error

    def _intact(self, home: Path) -> bool:
        """Whether the graph is the one that was converted here."""
        try:
            document = (home / graphs.CHECKSUMS).read_bytes()
            ours = graphs.is_vouched_for(self._integrity, _KIND, home, document)
            return ours and graphs.is_whole(home, document)
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def _put(self, made: Path, home: Path) -> None:
        """Rename `made` to `home`, unless another process has just put an intact one there."""
        try:
            made.replace(home)
        except OSError:
            if self._intact(home):
                return
            shutil.rmtree(home)
            made.replace(home)
