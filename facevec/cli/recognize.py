"""`facevec recognize`: who is in a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.common import exit_with, json_option, note, print_json, show
from facevec.cli.files import (
    PATH,
    Claims,
    as_text,
    is_there,
    make_folder,
    named,
    require_place,
    write_whole,
)
from facevec.cli.reach import facevec
from facevec.errors import FacevecError, InputError, MemoryExhausted, OutputUnwritable
from facevec.files import fitting
from facevec.memory import let_go
from facevec.presentation.plain import printable

if TYPE_CHECKING:
    from facevec.presentation.answers.recognition import FileRecognized, FilesRecognized, ImageFailed


@click.command()
@click.argument("images", nargs=-1, required=True, type=PATH, metavar="IMAGE...")
@click.option(
    "--annotate",
    "out",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Write the annotated picture: a .jpg, .png or .webp file, or with several images a folder.",
)
@json_option
def recognize(images: tuple[Path, ...], out: Path | None, as_json: bool) -> None:
    """Find every face in IMAGE and say who it is, how sure, and what it expresses.

    One image that cannot be used does not stop the others. `-` is the picture on stdin.
    """
    from facevec.presentation import tables
    from facevec.presentation.answers.recognition import FilesAnswer, FilesRecognized, ImageFailed

    targets = {} if out is None else annotation_targets(images, out)
    reached = facevec(many=len(images) > 1)
    entries: list[FileRecognized | ImageFailed] = []
    recognized: list[FilesRecognized] = []
    failures: list[FacevecError] = []
    with reached.looking_ahead(images) as read:
        for path in images:
            try:
                sight = reached.recognize(read(path))
            except (InputError, MemoryExhausted) as error:
                let_go(error)
                failures.append(error)
                entries.append(ImageFailed.of_error(as_text(path), error))
                if len(images) > 1:
                    note(f"Error: {printable(_about(path, error))}")
                continue
            answer = sight.answer(as_text(path))
            recognized.append(answer)
            entries += answer.images
            if not as_json:
                show(tables.recognition_table(named(path), only(answer)))
            if path in targets:
                try:
                    write_whole(targets[path], sight.drawn(targets[path].suffix))
                except OutputUnwritable as error:  # who is in the picture is known all the same
                    let_go(error)
                    failures.append(error)
                    note(f"Error: {printable(str(error))}")
                else:
                    note(f"Annotated picture: {named(targets[path])}")
    if not recognized and len(images) == 1:
        raise failures[0]
    if as_json:
        print_json(
            FilesRecognized.of(recognized[-1], images=entries)
            if recognized
            else FilesAnswer(images=tuple(entries))
        )
    exit_with([error.code for error in failures], successes=len(recognized))


def only(answer: FilesRecognized) -> FileRecognized:
    """The picture of an answer about one that could be used."""
    from facevec.presentation.answers.recognition import FileRecognized

    return next(image for image in answer.images if isinstance(image, FileRecognized))


def annotation_targets(images: Sequence[Path], out: Path) -> Mapping[Path, Path]:
    """Where each image's annotated picture goes, checked before any work is done.

    Raises OutputUnwritable.
    """
    is_folder = is_there(out) and out.is_dir()
    if len(images) > 1 or is_folder:
        if out.suffix and not is_folder:
            raise OutputUnwritable(f"{named(out)} is no folder; with several images name a folder.")
        make_folder(out)
        targets = _in_folder(images, out)
    else:
        targets = {images[0]: out}
    for target in targets.values():
        _require_writable(target, images)
    return targets


def _in_folder(images: Sequence[Path], folder: Path) -> dict[Path, Path]:
    claims = Claims()
    return {image: _free_name(image.stem, folder, claims) for image in dict.fromkeys(images)}


def _free_name(stem: str, folder: Path, claims: Claims) -> Path:
    ends = chain([".jpg"], (f"-{number}.jpg" for number in count(2)))
    names = (fitting(folder, stem, end) for end in ends)
    return next(name for name in names if claims.claim([name]))


def _require_writable(target: Path, images: Sequence[Path]) -> None:
    from facevec.presentation.encode import FORMATS

    if target.suffix.lower() not in FORMATS:
        raise OutputUnwritable(f"{named(target)} must end in one of {', '.join(FORMATS)}.")
    require_place(target)
    if any(is_there(target) and is_there(image) and target.samefile(image) for image in images):
        raise OutputUnwritable(
            f"{named(target)} is one of the images; write the annotated picture elsewhere."
        )


def _about(path: Path, error: FacevecError) -> str:
    text = str(error)
    return text if named(path) in text else f"{named(path)}: {text}"
