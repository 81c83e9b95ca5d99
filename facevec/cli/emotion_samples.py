"""Labelled faces from a folder or an NPZ file."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from facevec.cli.files import named, read_picture
from facevec.cli.folders import listing
from facevec.errors import FacevecError, FileMissing, InputError
from facevec.ports import ImageDecoder
from facevec.types import EMOTIONS, Pixels, Refusal
from facevec.usecases.evaluate_emotion import LabelledFace

SYNONYMS = {
    "neutrality": "neutral",
    "happy": "happiness",
    "surprised": "surprise",
    "sad": "sadness",
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
}
"""What other collections call the same emotions."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Labelled faces, read one after the other.

    refused: files that could not be, known at the end. passed_over: what systems leave among them.
    """

    count: int
    faces: Iterator[LabelledFace]
    refused: list[Refusal]
    passed_over: Sequence[str] = ()


def samples(path: Path, decoder: ImageDecoder, max_bytes: int) -> Samples:
    """The labelled faces at `path`.

    An NPZ holds `images` (N, height, width) uint8 grey, `labels` (N,) and `names`; a folder holds one
    folder an emotion with pictures of faces in it. Raises FileMissing, InputError.
    """
    if path.is_file():
        return _from_npz(path)
    return _from_folder(path, decoder, max_bytes)


def _from_folder(folder: Path, decoder: ImageDecoder, max_bytes: int) -> Samples:
    top = listing(folder)
    inside = [(listing(inner), _emotion(inner.name)) for inner in top.folders]
    files = [(entry, emotion) for each, emotion in inside for entry in (*each.files, *each.folders)]
    if not files:
        raise InputError(
            f"{named(folder)} holds no pictures in folders; give each emotion a folder: {_known()}."
        )
    links = [link for each in (top, *(each for each, _ in inside)) for link in each.refused]
    refused = [*map(_loose, top.files), *links]

    def read() -> Iterator[LabelledFace]:
        for file, emotion in files:
            try:
                yield LabelledFace(decoder.decode(read_picture(file, max_bytes)).pixels, emotion)
            except FacevecError as error:
                refused.append(Refusal(named(file), error.code, str(error)))

    passed_over = [str(path) for each in (top, *(each for each, _ in inside)) for path in each.passed_over]
    return Samples(len(files), read(), refused, passed_over)


def _loose(file: Path) -> Refusal:
    reason = f"{named(file)} lies beside the folders; put it into that of the emotion it shows."
    return Refusal(named(file), InputError.code, reason)


def _from_npz(path: Path) -> Samples:
    images, labels, names = _arrays(path)
    if images.dtype != np.uint8 or images.ndim != 3 or 0 in images.shape:  # noqa: PLR2004  # N, height, width
        raise _unusable(path, f"images is {_shape(images)}, not uint8 (N, height, width) grey")
    if labels.shape != images.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise _unusable(path, f"labels is {_shape(labels)}, not {len(images)} whole numbers")
    if names.ndim != 1 or not len(names):
        raise _unusable(path, f"names is {_shape(names)}, not a list of emotions")
    if labels.min() < 0 or labels.max() >= len(names):
        raise _unusable(path, f"a label is none of the {len(names)} places in names")
    emotions = [_emotion(str(name)) for name in names]
    faces = (
        LabelledFace(_in_colour(image), emotions[label]) for image, label in zip(images, labels, strict=True)
    )
    return Samples(len(images), faces, [])


def _arrays(path: Path) -> Sequence[npt.NDArray[np.generic]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return [archive[name] for name in ("images", "labels", "names")]
    except PermissionError as error:
        raise FileMissing(f"{named(path)} cannot be read: you may not open it.") from error
    except KeyError:
        raise _unusable(path, "one of images, labels and names is missing") from None
    except (OSError, ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile):
        raise _unusable(path, "it is damaged, or no NPZ file") from None


def _in_colour(grey: npt.NDArray[np.generic]) -> Pixels:
    return np.repeat(grey[..., np.newaxis], 3, axis=2).astype(np.uint8)


def _emotion(name: str) -> str:
    """Raises InputError for anything that is none of the seven."""
    word = name.strip().lower()
    word = SYNONYMS.get(word, word)
    if word not in EMOTIONS:
        raise InputError(f"{name!r} is no emotion that facevec knows; there are {_known()}.")
    return word


def _known() -> str:
    return f"{', '.join(EMOTIONS[:-1])} and {EMOTIONS[-1]}"


def _shape(array: npt.NDArray[np.generic]) -> str:
    return f"{array.dtype} {array.shape}"


def _unusable(path: Path, reason: str) -> InputError:
    return InputError(
        f"{named(path)} cannot be used: {reason}. An NPZ holds images (N, height, width), labels and names."
    )
