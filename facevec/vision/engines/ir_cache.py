"""OpenVINO graphs on disk, each beside its checksums, which the integrity key vouches for."""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from facevec.errors import ModelError
from facevec.files import FOLDER, READ_BY_ALL, sha256_of
from facevec.integrity import IntegrityKey
from facevec.vision.engines.base import DYNAMIC, NetworkSpec

if TYPE_CHECKING:
    import openvino

_GRAPH = "graph.xml"
_CONSTANTS = "graph.bin"
_CHECKSUMS = "sha256.json"
_MARK = "sha256.mark"
_KIND = "graph"
_EXAMPLE_SIDE = 48  # of a dynamic side while the module is traced; the graph keeps the side open
_EXAMPLE_BATCH = 2


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
        """The graph of `spec`, as it was converted under this key; now, if it is not there."""
        home = self._folder / self._name(spec)
        if not self._intact(home):
            self._convert_into(home, spec)
        return home / _GRAPH

    def _name(self, spec: NetworkSpec) -> str:
        release = self._openvino.__version__.split("-")[0]
        converter = f"openvino-{release}-{self._integrity.fingerprint}"
        return f"{spec.name}-{spec.version}-{spec.weights_sha256[:16]}-{converter}"

    def _convert_into(self, home: Path, spec: NetworkSpec) -> None:
        model = convert(spec, self._openvino)
        try:
            self._folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder, prefix=".") as name:
                made = Path(name) / home.name
                made.mkdir(mode=FOLDER)
                self._openvino.save_model(model, made / _GRAPH, compress_to_fp16=False)
                sums = {file: sha256_of(made / file) for file in (_GRAPH, _CONSTANTS)}
                document = json.dumps(sums).encode()
                (made / _CHECKSUMS).write_bytes(document)
                mark = self._integrity.mark(_KIND, [home.name.encode(), document])
                (made / _MARK).write_text(mark.hex(), encoding="ascii")
                for file in made.iterdir():  # OpenVINO makes them as the umask says
                    file.chmod(file.stat().st_mode & READ_BY_ALL)
                self._put(made, home)
        except OSError as error:
            raise ModelError(
                f"The converted network cannot be kept in {self._folder} ({error.strerror}); "
                "make the models folder writable or choose another."
            ) from error

    def _intact(self, home: Path) -> bool:
        """Whether the graph is the one that was converted here; its place is part of what is marked."""
        try:
            document = (home / _CHECKSUMS).read_bytes()
            mark = bytes.fromhex((home / _MARK).read_text(encoding="ascii"))
            sums = json.loads(document)
            return self._integrity.made(mark, _KIND, [home.name.encode(), document]) and all(
                sums[file] == sha256_of(home / file) for file in (_GRAPH, _CONSTANTS)
            )
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


def convert(spec: NetworkSpec, package: ModuleType) -> openvino.Model:
    """The OpenVINO model of `spec`, its dynamic sides open.

    Uses the PyTorch front end itself: `openvino.convert_model` is a wrapper that also reports usage.
    """
    import torch
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    module = spec.build().eval()
    batch, *rest = spec.input_shape
    sides = [_EXAMPLE_SIDE if side == DYNAMIC else side for side in rest]
    example = torch.zeros(_EXAMPLE_BATCH if batch == DYNAMIC else batch, *sides)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer's own deprecation notes mean nothing to an operator
        traced = torch.jit.trace(module, example, check_trace=False)
    frontend = package.frontend.FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(traced, example_input=(example,))  # the front end does not own it
    model = frontend.convert(frontend.load(decoder))
    model.reshape({0: package.PartialShape(list(spec.input_shape))})
    return model
