"""The files of a network, copied from where they lie: no links, nothing but files, nothing too large."""

from __future__ import annotations

from pathlib import Path

from facevec.errors import FileEmpty, FileMissing, FileTooLarge, IsAFolder, ModelRefused
from facevec.files import CHUNK, NO_ROOM, open_file, size_in_words

STEM = "network"
"""What the files are called from here on, so that nothing depends on a name that came with them."""

PARTS = {".onnx": (".onnx",), ".xml": (".xml", ".bin")}
"""Which files belong together, by the ending of the one that is named."""

LARGEST = {".onnx": 1 << 30, ".xml": 1 << 26, ".bin": 1 << 30}
"""Bytes; the largest networks of faces in use have a quarter of that."""


def copy_files(path: Path, folder: Path) -> tuple[Path, ...]:
    """The files of the network at `path`, as they lie in `folder` from now on; the named one first.

    Raises ModelRefused, FileMissing, IsAFolder, FileEmpty, FileTooLarge.
    """
    if path.is_dir():
        raise IsAFolder(f"{path} is a folder; name the network's file.")
    kind = path.suffix.lower()
    if kind not in PARTS:
        raise ModelRefused(
            f"{path.name} ends neither in .onnx nor in .xml, so it is no network that can be added; weights "
            "of facevec's own models come with `facevec models import`."
        )
    return tuple(_copy(path.with_suffix(part), folder / f"{STEM}{part}") for part in _parts(path))


def _parts(path: Path) -> tuple[str, ...]:
    """The named file's ending as it is spelt, then those of the others."""
    return (path.suffix, *PARTS[path.suffix.lower()][1:])


def _copy(path: Path, copy: Path) -> Path:
    copy = copy.with_suffix(copy.suffix.lower())
    limit = LARGEST[copy.suffix]
    if path.is_symlink():
        raise ModelRefused(f"{path.name} is a link; name the file itself, with all of it in one folder.")
    try:
        with open_file(path) as source, copy.open("xb") as target:
            size = 0
            while chunk := source.read(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise FileTooLarge(f"{path.name} has more than {size_in_words(limit)}.")
                target.write(chunk)
    except IsADirectoryError as error:
        raise IsAFolder(f"{path} is a folder, not a part of a network.") from error
    except FileNotFoundError as error:
        raise FileMissing(f"There is no file {path}.") from error
    except OSError as error:
        if error.errno in NO_ROOM:  # for the copy
            raise
        raise FileMissing(f"{path} cannot be read: {error.strerror or error}.") from error
    if size == 0:
        raise FileEmpty(f"{path} is empty.")
    return copy
