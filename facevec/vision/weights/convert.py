"""From any file that facevec knows to the tensors of a model of the catalogue."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from facevec.errors import FileEmpty, FileMissing, IsAFolder, ModelCorrupt, ModelUnknown
from facevec.files import open_file, sha256_of
from facevec.vision.models.model import Model
from facevec.vision.networks.architecture import State
from facevec.vision.weights import pickles
from facevec.vision.weights.catalogue import KNOWN, Catalogue

NAME_KEY = "facevec.model"
"""Metadata of facevec's own safetensors: the model's name in the catalogue."""

_PICKLE_MAGIC = b"\x80"
_SAFETENSORS_JSON = slice(8, 9)


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """A file's tensors, and which model of the catalogue they are.

    sha256: of the file. pinned: whether facevec knew that hash beforehand.
    """

    name: str
    state: State
    sha256: str
    pinned: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Content:
    """What a file holds.

    name: of its model, where the file says so. from_checkpoint: whether the tensors are a checkpoint's.
    """

    name: str | None
    state: State
    from_checkpoint: bool = False


def convert(path: Path, name: str | None = None) -> Converted:
    """Read facevec's own safetensors, a torch checkpoint, or any file that a model of the catalogue reads.

    name: the model it is said to be; found out where None.

    Raises FileMissing, IsAFolder, FileEmpty, ModelUnknown, ModelCorrupt.
    """
    _check_file(path)
    digest = sha256_of(path)
    content = _read(path, digest)
    model = _model(path, content.name, name)
    state = model.foreign.from_checkpoint(content.state) if content.from_checkpoint else content.state
    if model.architecture is not None:
        model.architecture.check(state)
    return Converted(model.name, state, digest, digest == model.sha256 or digest in model.foreign.pinned)


def _model(path: Path, recognized: str | None, said: str | None) -> Model:
    name = said or recognized
    if name is None:
        raise ModelUnknown(f"{path.name} does not say which model it is; say it with --name.")
    if recognized is not None and recognized != name:
        raise ModelCorrupt(f"{path.name} holds {recognized}, not {name}.")
    model = Catalogue().model(name)
    if model.ships_with_package:
        raise ModelUnknown(f"{name} ships with facevec and is not imported.")
    return model


def _read(path: Path, sha256: str) -> _Content:
    is_archive = zipfile.is_zipfile(path)
    with path.open("rb") as file:
        head = file.read(_SAFETENSORS_JSON.stop)
    if head[_SAFETENSORS_JSON] == b"{" and not is_archive:
        return _read_safetensors(path)
    for model in KNOWN.values():
        state = model.foreign.from_file(path, sha256)
        if state is not None:
            return _Content(model.name, state)
    if is_archive or head.startswith(_PICKLE_MAGIC):
        return _read_checkpoint(path)
    raise ModelCorrupt(
        f"{path.name} is none of the files that facevec knows: {_foreign_files()}, "
        "or a .safetensors of facevec."
    )


def _foreign_files() -> str:
    pinned_first = sorted(KNOWN.values(), key=lambda model: model.sha256 is None)
    return ", ".join(dict.fromkeys(model.foreign.words for model in pinned_first if model.foreign.words))


def _read_checkpoint(path: Path) -> _Content:
    state = pickles.read(path)
    models = (model for model in KNOWN.values() if model.foreign.in_checkpoint(state))
    model = next(models, None)
    return _Content(model.name if model else None, state, from_checkpoint=True)


def _read_safetensors(path: Path) -> _Content:
    try:
        with safe_open(path, framework="numpy") as file:
            name = (file.metadata() or {}).get(NAME_KEY)
            return _Content(name, {key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118 - no mapping
    except (SafetensorError, ValueError, TypeError):
        raise ModelCorrupt(f"{path.name} is damaged or no safetensors file.") from None


def _check_file(path: Path) -> None:
    try:
        with open_file(path) as file:
            if not file.read(1):
                raise FileEmpty(f"{path} is empty.")
    except IsADirectoryError as error:
        raise IsAFolder(f"{path} is a folder; name the file of the model.") from error
    except FileNotFoundError as error:
        raise FileMissing(f"There is no file {path}.") from error
    except OSError as error:
        raise FileMissing(f"{path} cannot be read: {error.strerror or error}.") from error
