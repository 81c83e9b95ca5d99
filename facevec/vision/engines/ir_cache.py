"""OpenVINO graphs on disk, each beside the checksums it is verified with before it is opened."""

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
from facevec.vision.engines.base import DYNAMIC, NetworkSpec

if TYPE_CHECKING:
    import openvino

_GRAPH = "graph.xml"
_CONSTANTS = "graph.bin"
_CHECKSUMS = "sha256.json"
_EXAMPLE_SIDE = 48  # of a dynamic side while the module is traced; the graph keeps the side open
_EXAMPLE_BATCH = 2


class IrCache:
    """A folder with one subfolder for each network, weights and version of OpenVINO.

    Any number of processes may share it: a graph lands by renaming its finished folder.
    """

    def __init__(self, folder: Path, openvino: ModuleType) -> None:
        self._folder = folder
        self._openvino = openvino

    def path(self, spec: NetworkSpec) -> Path:
        """The verified graph of `spec`, converted now if it is not there or damaged."""
        home = self._folder / self._key(spec)
        if not _intact(home):
            self._convert_into(home, spec)
        return home / _GRAPH

    def _key(self, spec: NetworkSpec) -> str:
        release = self._openvino.__version__.split("-")[0]
        return f"{spec.name}-{spec.version}-{spec.weights_sha256[:16]}-openvino-{release}"

    def _convert_into(self, home: Path, spec: NetworkSpec) -> None:
        model = convert(spec, self._openvino)
        try:
            self._folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder, prefix=".") as name:
                made = Path(name) / home.name
                made.mkdir(mode=FOLDER)
                self._openvino.save_model(model, made / _GRAPH, compress_to_fp16=False)
                sums = {file: sha256_of(made / file) for file in (_GRAPH, _CONSTANTS)}
                (made / _CHECKSUMS).write_text(json.dumps(sums), encoding="utf-8")
                for file in made.iterdir():  # OpenVINO makes them as the umask says
                    file.chmod(file.stat().st_mode & READ_BY_ALL)
                _put(made, home)
        except OSError as error:
            raise ModelError(
                f"The converted network cannot be kept in {self._folder} ({error.strerror}); "
                "make the models folder writable or choose another."
            ) from error


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


def _intact(home: Path) -> bool:
    try:
        sums = json.loads((home / _CHECKSUMS).read_text(encoding="utf-8"))
        return all(sums[file] == sha256_of(home / file) for file in (_GRAPH, _CONSTANTS))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _put(made: Path, home: Path) -> None:
    """Rename `made` to `home`, unless another process has just put an intact one there."""
    try:
        made.replace(home)
    except OSError:
        if _intact(home):
            return
        shutil.rmtree(home)
        made.replace(home)
