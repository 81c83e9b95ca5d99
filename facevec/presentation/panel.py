"""The panel that says who is who where a picture has no room for labels, and the numbers on the faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from facevec.presentation.drawing import Block, Colour, fill, text_on
from facevec.presentation.fonts import BOLD, font, line_height
from facevec.presentation.layout import Size
from facevec.presentation.rectangles import Rect

TAG_EMS = 0.85


@dataclass(frozen=True, slots=True)
class Tag:
    """A number on a patch of its face's colour."""

    number: int
    colour: Colour
    em: float

    @property
    def size(self) -> Size:
        """Width and height in pixels."""
        face = font(BOLD, round(self.em * TAG_EMS))
        height = line_height(face)
        return max(float(height), face.getlength(str(self.number)) + 0.5 * self.em), float(height)

    def draw(self, canvas: Image.Image, place: Rect) -> None:
        """Fill `place`."""
        fill(canvas, place, self.colour, radius=0.25 * self.em)
        ImageDraw.Draw(canvas).text(
            ((place.x_min + place.x_max) / 2, (place.y_min + place.y_max) / 2),
            str(self.number),
            fill=text_on(self.colour),
            font=font(BOLD, round(self.em * TAG_EMS)),
            anchor="mm",
        )


@dataclass(frozen=True, slots=True)
class Panel:
    """Cards in columns, each beside its number. columns: the cards' indices, from left to right."""

    cards: tuple[Block, ...]
    tags: tuple[Tag, ...]
    columns: tuple[tuple[int, ...], ...]
    em: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        tallest = max(sum(self.cards[index].size[1] for index in column) for column in self.columns)
        return (
            round(len(self.columns) * column_width(self.cards, self.tags, self.em) + self.em),
            round(tallest + self.em),
        )

    def draw(self, canvas: Image.Image, left: float, top: float) -> None:
        """Draw with the top left corner at (left, top)."""
        width = column_width(self.cards, self.tags, self.em)
        for position, column in enumerate(self.columns):
            y = top + self.em / 2
            for index in column:
                self._draw_card(canvas, index, left + self.em + position * width, y)
                y += self.cards[index].size[1]

    def _draw_card(self, canvas: Image.Image, index: int, left: float, top: float) -> None:
        card, tag = self.cards[index], self.tags[index]
        width, height = tag.size
        right = left + max(tag.size[0] for tag in self.tags)
        middle = top + (card.text_height - height) / 2
        tag.draw(canvas, Rect(right - width, middle, right, middle + height))
        card.write(canvas, right + self.em / 2, top)


def panel_beside(cards: Sequence[Block], tags: Sequence[Tag], em: float, height: float) -> Panel:
    """A panel for the side of a picture `height` pixels high, in as many columns as it takes."""
    heights = [card.size[1] for card in cards]
    return Panel(tuple(cards), tuple(tags), _flow(heights, max(height - em, *heights)), em)


def panel_below(cards: Sequence[Block], tags: Sequence[Tag], em: float, width: float) -> Panel:
    """A panel for below a picture `width` pixels wide, as low as its columns allow."""
    heights = [card.size[1] for card in cards]
    most = max(1, int((width - em) // column_width(cards, tags, em)))
    limit = max(*heights, sum(heights) // most)
    while len(columns := _flow(heights, limit)) > most:
        limit += min(heights)
    return Panel(tuple(cards), tuple(tags), columns, em)


def column_width(cards: Sequence[Block], tags: Sequence[Tag], em: float) -> float:
    """Width of a column of cards with its numbers and the gap to the next."""
    return max(tag.size[0] for tag in tags) + 1.5 * em + max(card.text_width for card in cards)


def _flow(heights: Sequence[int], limit: float) -> tuple[tuple[int, ...], ...]:
    """Indices of `heights` in order, in columns that are at most `limit` high."""
    columns: list[list[int]] = [[]]
    used = 0.0
    for index, height in enumerate(heights):
        if columns[-1] and used + height > limit:
            columns.append([])
            used = 0.0
        columns[-1].append(index)
        used += height
    return tuple(tuple(column) for column in columns)
