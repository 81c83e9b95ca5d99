"""`facevec crop`: the faces of a folder of pictures, as pictures of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.clutter import is_clutter_file, show_unused
from facevec.cli.common import Deed, app, exit_with, json_option, print_json, progress, show
from facevec.cli.files import Claims, as_text, is_there, make_folder, named, read_picture, write_whole
from facevec.cli.folders import everything_in
from facevec.errors import InputError, MemoryExhausted, NoFace, OutputUnwritable
from facevec.files import fitting
from facevec.types import Face, Image, Pixels, Refusal

if TYPE_CHECKING:
    from facevec.bootstrap import App


@click.command(cls=Deed)
@click.argument("source", type=click.Path(path_type=Path), metavar="DIR")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
@click.option(
    "--margin",
    type=click.FloatRange(0, 2),
    default=0.0,
    show_default=True,
    help="How much around the face to keep, as a share of its size.",
)
@click.option("--overwrite", is_flag=True, help="Replace crops that are in OUT already.")
@json_option
def crop(source: Path, out: Path, margin: float, overwrite: bool, as_json: bool) -> None:
    """Save every face in the pictures under DIR as a PNG under OUT, in the same folders.

    The pictures in DIR are left as they are. Nothing is recognised and nobody is enrolled. Crops that
    are in OUT already stay; a name that is too long for the file system is shortened. Links to files are
    followed, links to folders are not.
    """
    from facevec.presentation.answers.problems import Reason
    from facevec.presentation.answers.workers import CropAnswer

    _require_apart(source, out)
    inside = everything_in(source)
    facevec = app()
    crops: list[Crop] = []
    refused = inside.refused
    claims = Claims()
    with progress(unit="pictures") as bar:
        for path in bar.track(sorted(inside.files), description="Cropping"):
            folder = out / path.relative_to(source).parent
            try:
                crops += _crop_file(facevec, path, folder, claims, margin, overwrite=overwrite)
            except (InputError, NoFace, MemoryExhausted) as error:
                refused.append(Refusal(named(path), error.code, str(error)))
    if as_json:
        print_json(
            CropAnswer(
                written=tuple(as_text(one.path) for one in crops if one.is_new),
                already_there=tuple(as_text(one.path) for one in crops if not one.is_new),
                refused=tuple(Reason.of(each) for each in refused),
                passed_over=tuple(map(as_text, inside.passed_over)),
            )
        )
    else:
        show_unused(refused, list(map(str, inside.passed_over)))
        show(_summary(out, crops, refused))
    exit_with([refusal.code for refusal in refused], successes=len(crops))


@dataclass(frozen=True, slots=True)
class Crop:
    """A face in a file. is_new: written now; otherwise the file was there."""

    path: Path
    is_new: bool


def _summary(out: Path, crops: Sequence[Crop], refused: Sequence[Refusal]) -> str:
    """What was done, in a sentence that names only what there was."""
    new = sum(one.is_new for one in crops)
    faceless = sum(refusal.code == NoFace.code for refusal in refused)
    counts = {
        "there already (--overwrite replaces them)": len(crops) - new,
        "pictures without a face": faceless,
        "files that could not be used": len(refused) - faceless,
    }
    parts = [f"{count} {what}" for what, count in counts.items() if count]
    return ", ".join([f"{new} faces written to {named(out)}", *parts]) + "."


def _require_apart(source: Path, out: Path) -> None:
    if is_there(out) and not out.is_dir():
        raise OutputUnwritable(f"{named(out)} is no folder; name one to write the faces to.")
    real = Path(os.path.realpath(out))  # resolve() fails where a link leads round in a circle
    if Path(os.path.realpath(source)) in (real, *real.parents):
        raise OutputUnwritable(f"{named(out)} is in {named(source)}; write the faces to another folder.")


def _names(path: Path, folder: Path, faces: int, claims: Claims) -> list[Path]:
    """Where the picture's faces go: names that no picture before it has."""
    ends = [".png"] if faces == 1 else [f"-{number}.png" for number in range(1, faces + 1)]
    choices = ([fitting(folder, stem, end) for end in ends] for stem in _stems(path))
    return next(names for names in choices if claims.claim(names))


def _stems(path: Path) -> Iterator[str]:
    """The file's name without its suffix, unless another picture beside it has the same; then with it."""
    twins = [
        other
        for other in path.parent.glob(f"{_escaped(path.stem)}.*")
        if other.is_file() and not is_clutter_file(other.name)
    ]
    whole = path.name.replace(".", "-")
    if len(twins) == 1:
        yield path.stem
    yield whole
    yield from (f"{whole}_{number}" for number in count(2))


def _escaped(name: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def _crop_file(
    facevec: App, path: Path, folder: Path, claims: Claims, margin: float, *, overwrite: bool
) -> list[Crop]:
    from facevec.presentation.encode import encode

    data = read_picture(path, facevec.settings.vision.max_file_bytes)
    scene = facevec.see(data)
    if not scene.faces:
        raise NoFace("No face was found.")
    make_folder(folder)
    crops = []
    for name, face in zip(_names(path, folder, len(scene.faces), claims), scene.faces, strict=True):
        is_new = overwrite or not is_there(name)
        if is_new:
            write_whole(name, encode(cut(scene.image, face, margin), ".png"))
        crops.append(Crop(name, is_new))
    return crops


def cut(image: Image, face: Face, margin: float) -> Pixels:
    """The part of a picture that shows `face`, with `margin` of its size around it where there is picture."""
    box = face.box
    aside, above = margin * box.width / 2, margin * box.height / 2
    left, right = max(0, round(box.x_min - aside)), min(image.width, round(box.x_max + aside))
    top, bottom = max(0, round(box.y_min - above)), min(image.height, round(box.y_max + above))
    return image.pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
