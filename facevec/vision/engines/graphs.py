"""OpenVINO graphs as files: converted from torch, written beside their checksums, found whole or damaged."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from facevec.errors import EngineUnavailable
from facevec.files import FOLDER, READ_BY_ALL, sha256_of
from facevec.integrity import IntegrityKey
from facevec.vision.engines.base import DYNAMIC, NetworkSpec
from facevec.vision.engines.quantized import quantize

if TYPE_CHECKING:
    import openvino

GRAPH = "graph.xml"
CHECKSUMS = "sha256.json"
_CONSTANTS = "graph.bin"
_MARK = "sha256.mark"
_EXAMPLE_SIDE = 48  # of a dynamic side while the module is traced; the graph keeps the side open
_EXAMPLE_BATCH = 2


def folder_name(spec: NetworkSpec, package: ModuleType) -> str:
    """Of a graph: one for each network, weights and version of OpenVINO."""
    release = package.__version__.split("-")[0]
    return f"{spec.name}-{spec.version}-{spec.weights_sha256[:16]}-openvino-{release}"


@contextmanager
def making(home: Path) -> Iterator[Path]:
    """An empty folder called as `home`, beside it, to be renamed to it when it is whole. Raises OSError."""
    home.parent.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".") as name:
        made = Path(name) / home.name
        made.mkdir(mode=FOLDER)
        yield made


def write(model: openvino.Model, package: ModuleType, folder: Path) -> bytes:
    """Write `model` into the empty `folder`; return the document of checksums beside it. Raises OSError."""
    package.save_model(model, folder / GRAPH, compress_to_fp16=False)
    document = json.dumps({file: sha256_of(folder / file) for file in (GRAPH, _CONSTANTS)}).encode()
    (folder / CHECKSUMS).write_bytes(document)
    return document


def keep_from_others(folder: Path) -> None:
    """Only the owner writes what is in `folder`; OpenVINO makes files as the umask says. Raises OSError."""
    for file in folder.iterdir():
        file.chmod(file.stat().st_mode & READ_BY_ALL)


def is_whole(folder: Path, document: bytes) -> bool:
    """Whether the graph in `folder` has these checksums. Raises OSError, ValueError, KeyError, TypeError."""
    sums = json.loads(document)
    return all(sums[file] == sha256_of(folder / file) for file in (GRAPH, _CONSTANTS))


def vouch(key: IntegrityKey, kind: str, folder: Path, content: bytes) -> None:
    """Write beside what is in `folder` the mark of `content`. Raises OSError.

    The folder's name is part of it: what was made for one network is not another's.
    """
    (folder / _MARK).write_text(key.mark(kind, [folder.name.encode(), content]).hex(), encoding="ascii")


def is_vouched_for(key: IntegrityKey, kind: str, folder: Path, content: bytes) -> bool:
    """Whether that mark is there. Raises OSError, ValueError."""
    mark = bytes.fromhex((folder / _MARK).read_text(encoding="ascii"))
    return key.made(mark, kind, [folder.name.encode(), content])


def convert(spec: NetworkSpec, package: ModuleType) -> openvino.Model:
    """The OpenVINO model of `spec`, its dynamic sides open.

    Uses the PyTorch front end itself: `openvino.convert_model` is a wrapper that also reports usage.
    Raises EngineUnavailable where PyTorch, or what holds the network's layers, is not installed.
    """
    try:
        import torch
        from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

        module = spec.build().eval()
    except ImportError as error:
        raise EngineUnavailable(
            f"The network {spec.name} is not converted here, and converting it takes {error.name or error}, "
            "which is not installed. Run `facevec models convert FOLDER` where it is, with the same version "
            "of OpenVINO, bring the folder here and set vision.graphs to it."
        ) from error
    batch, *rest = spec.input_shape
    sides = [_EXAMPLE_SIDE if side == DYNAMIC else side for side in rest]
    example = torch.zeros(_EXAMPLE_BATCH if batch == DYNAMIC else batch, *sides)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer's own deprecation notes mean nothing to an operator
        traced = torch.jit.trace(module, example, check_trace=False)
    frontend = package.frontend.FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(traced, example_input=(example,))  # the front end does not own it
    model = frontend.convert(frontend.load(decoder))
    _without_places(model, package)
    model.reshape({0: package.PartialShape(list(spec.input_shape))})
    return quantize(model, spec.ranges, package) if spec.ranges else model


def _without_places(model: openvino.Model, package: ModuleType) -> None:
    """Have pooling tell the largest numbers alone: where they were is another pass, and nobody asks."""
    for node in model.get_ordered_ops():
        if node.get_type_name() != "MaxPool" or node.output(1).get_target_inputs():
            continue
        how = node.get_attributes()
        rounded = how["rounding_type"].removesuffix("_torch")  # no different where windows leave no gaps
        pooled = package.opset1.max_pool(
            node.input_value(0),
            how["strides"],
            how["pads_begin"],
            how["pads_end"],
            how["kernel"],
            rounded,
            how["auto_pad"],
        )
        node.output(0).replace(pooled.output(0))
