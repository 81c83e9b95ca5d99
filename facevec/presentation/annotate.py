"""The annotated picture: a frame and a label for each face, and a legend below.

Labels stand beside their faces. Where there is no room for all of them, faces carry
numbers (those of the table and the JSON) and a panel beside or below the picture says
who they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from facevec.presentation.drawing import INK, Block, frame
from facevec.presentation.layout import Style, arrange
from facevec.presentation.legend import legend
from facevec.presentation.panel import Panel, Tag, panel_below, panel_beside
from facevec.presentation.rectangles import Rect
from facevec.presentation.style import COLOURS, labeller
from facevec.types import Box, Pixels
from facevec.usecases.recognize import Recognition, RecognizedImage

READABLE_SIDE = 800
"""Smaller pictures are enlarged until their longer side has this many pixels, so that text has room; beside
those that would have to be enlarged too much, the panel may be so high all the same."""
MOST_ENLARGED = 8.0
EMS_A_SIDE = 46
"""Base font size: the geometric mean of the sides divided by this."""
LEAST_EM = 14.0
LEAST_PICTURE_EMS = 3
"""Narrower strips of picture are widened, so that a number has room."""
LEAST_CANVAS_EMS = 24
"""Narrower pictures get a margin, so that the legend can be read."""
EDGE = 0.4
"""Width of the dark edges of a frame, in widths of its coloured line."""
MANY_FACES = 24
"""More faces than this make the numbers and the panel smaller, down to half their size."""
SHRINKS = (1.0, 0.86, 0.74)
SMALLER = 4.0
"""Discomfort of labels shrunk to nothing, to weigh against that of their places."""
LABEL_EMS, LABEL_NAME_LINES = 13, 2
CARD_EMS, CARD_NAME_LINES = 16, 3


@dataclass(frozen=True, slots=True)
class _Scene:
    """The picture at the size it is drawn, its faces' frames, and the base font size in pixels."""

    picture: Image.Image
    frames: tuple[Rect, ...]
    faces: tuple[Recognition, ...]
    em: float

    @property
    def area(self) -> Rect:
        return Rect(0, 0, self.picture.width, self.picture.height)


def annotate(pixels: Pixels, image: RecognizedImage) -> Pixels:
    """A new picture, at least as large, with every face of `image` framed and labelled.

    pixels: (height, width, 3) uint8 RGB, the picture that `image` tells of; left as it is.
    """
    scene = _scene(pixels, image)
    written = [_labels(scene, shrink) for shrink in SHRINKS]
    tags = _tags(scene)
    numbers = Style([tag.size for tag in tags], gap=0.0, margin=0.0)
    arrangement = arrange(scene.area, scene.frames, [style for _, style in written], numbers)
    for box, face in zip(scene.frames, scene.faces, strict=True):
        _frame(scene, box, face)
    labels: Sequence[Block | Tag] = tags if arrangement.style is None else written[arrangement.style][0]
    for label, place in zip(labels, arrangement.places, strict=True):
        label.draw(scene.picture, place)
    return _mounted(scene, image, tags if arrangement.style is None else None)


def _scene(pixels: Pixels, image: RecognizedImage) -> _Scene:
    picture = Image.fromarray(pixels)
    scale = min(MOST_ENLARGED, max(1.0, READABLE_SIDE / max(picture.size)))
    if scale > 1:
        size = (round(picture.width * scale), round(picture.height * scale))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    em = max(LEAST_EM, float(np.sqrt(picture.width * picture.height)) / EMS_A_SIDE)
    area = Rect(0, 0, picture.width, picture.height)
    frames = tuple(_framed(face.face.box, scale, em, area) for face in image.faces)
    least = round(LEAST_PICTURE_EMS * em)
    canvas = Image.new("RGB", (max(picture.width, least), max(picture.height, least)), INK)
    canvas.paste(picture, (0, 0))
    return _Scene(canvas, frames, image.faces, em)


def _framed(box: Box, scale: float, em: float, area: Rect) -> Rect:
    """The face's box with room for the line around it, inside the picture."""
    face = Rect(box.x_min * scale, box.y_min * scale, box.x_max * scale, box.y_max * scale)
    room = _line_width(face, em) * (1 + 2 * EDGE)
    around = face.grown(room, room, room)
    return Rect(
        max(around.x_min, area.x_min),
        max(around.y_min, area.y_min),
        min(around.x_max, area.x_max),
        min(around.y_max, area.y_max),
    )


def _line_width(box: Rect, em: float) -> float:
    return min(0.16 * em, max(0.07 * em, 0.05 * min(box.width, box.height)))


def _frame(scene: _Scene, box: Rect, face: Recognition) -> None:
    """A coloured line with a dark edge on both sides, so that it shows on any picture."""
    line = _line_width(box, scene.em)
    edge = line * EDGE
    radius = min(0.5 * scene.em, 0.15 * min(box.width, box.height))
    frame(scene.picture, box, INK, radius=radius, width=line + 2 * edge)
    inner = box.grown(-edge, -edge, -edge)
    frame(scene.picture, inner, COLOURS[face.status], radius=max(radius - edge, 0.0), width=line)


def _labels(scene: _Scene, shrink: float) -> tuple[Sequence[Block], Style]:
    """The labels at this size, and what their places must heed."""
    em = max(LEAST_EM, scene.em * shrink)
    label = labeller(em, width=LABEL_EMS * em, name_lines=LABEL_NAME_LINES)
    blocks = [label(face) for face in scene.faces]
    sizes = [block.size for block in blocks]
    return blocks, Style(sizes, gap=0.3 * em, margin=0.25 * em, discomfort=SMALLER * (1 - shrink))


def _tags(scene: _Scene) -> Sequence[Tag]:
    """The numbers that stand on the picture where labels have no room; a crowd's are smaller."""
    em = max(LEAST_EM, scene.em * max(0.5, min(1.0, (MANY_FACES / max(1, len(scene.faces))) ** 0.5)))
    return [Tag(number, COLOURS[face.status], em) for number, face in enumerate(scene.faces, start=1)]


def _mounted(scene: _Scene, image: RecognizedImage, tags: Sequence[Tag] | None) -> Pixels:
    """The drawn picture on its final canvas, with the panel where there is one, and the legend."""
    picture, em = scene.picture, scene.em
    least = round(LEAST_CANVAS_EMS * em)
    panel: Panel | None = None
    beside = picture.height > picture.width
    if tags:
        card_em = max(LEAST_EM, SHRINKS[-1] * tags[0].em)
        label = labeller(card_em, width=CARD_EMS * card_em, name_lines=CARD_NAME_LINES)
        cards = [label(face) for face in scene.faces]
        if beside:
            panel = panel_beside(cards, tags, card_em, max(picture.height, READABLE_SIDE))
        else:
            panel = panel_below(cards, tags, card_em, max(picture.width, least))
    panel_width, panel_height = panel.size if panel else (0, 0)
    width, height = picture.width, picture.height
    if beside:
        width, height = max(width + panel_width, least), max(height, panel_height)
    else:
        width, height = max(width, panel_width, least), height + panel_height
    strip = legend(image, width, em)
    canvas = Image.new("RGB", (width, height + strip.height), INK)
    left = (width - panel_width - picture.width) // 2 if beside else (width - picture.width) // 2
    canvas.paste(picture, (left, 0))
    if panel:
        corner = (width - panel_width, 0) if beside else (0, picture.height)
        panel.draw(canvas, *corner)
    strip.draw(canvas, 0, height)
    return np.asarray(canvas)
