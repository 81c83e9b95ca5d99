"""Text for pictures: DejaVu Sans, which covers Latin, Greek, Cyrillic and more, and what to do beyond it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

ASSETS = Path(__file__).parent / "assets"
REGULAR = str(ASSETS / "DejaVuSans.ttf")
BOLD = str(ASSETS / "DejaVuSans-Bold.ttf")

# Where systems keep the scripts that DejaVu lacks; Pillow looks these names up in their font folders.
SYSTEM_FONTS = (
    "NotoSansCJK-Bold.ttc",
    "NotoSansCJK-Regular.ttc",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "msyh.ttc",
    "meiryo.ttc",
    "malgun.ttf",
    "Nirmala.ttf",
    "Arial Unicode.ttf",
)
NO_GLYPH = "\U0010ffff"
ELLIPSIS = "…"

Font = ImageFont.FreeTypeFont


@lru_cache(maxsize=64)
def font(path: str, size: int) -> Font:
    """The font at `path`, `size` pixels an em."""
    return ImageFont.truetype(path, size)


def font_for(text: str, path: str, size: int) -> Font | None:
    """The font at `path` if it can write all of `text`, else a system font that can, else None."""
    for candidate in (path, *SYSTEM_FONTS):
        try:
            typeface = font(candidate, size)
        except OSError:
            continue
        if can_write(typeface, text):
            return typeface
    return None


def can_write(font: Font, text: str) -> bool:
    """Whether the font has a glyph for each character."""
    return not any(_is_missing(font, character) for character in set(text) if not character.isspace())


def line_height(font: Font) -> int:
    """Pixels from one baseline to the next."""
    ascent, descent = font.getmetrics()
    return ascent + descent


def wrap(text: str, font: Font, width: float, max_lines: int) -> tuple[str, ...]:
    """`text` in at most `max_lines` lines of `width` pixels; what is left over ends in an ellipsis."""
    lines: list[str] = []
    rest = " ".join(text.split())
    while rest and len(lines) < max_lines - 1:
        line = _head(rest, font, width)
        lines.append(line)
        rest = rest[len(line) :].lstrip()
    if rest:
        lines.append(_shortened(rest, font, width))
    return tuple(lines) or ("",)


def _head(text: str, font: Font, width: float) -> str:
    """As many words of `text` as fit, or of its first word as many characters."""
    if font.getlength(text) <= width:
        return text
    length = _fitting(text, font, width)
    space = text.rfind(" ", 0, length + 1)
    return text[: space if space > 0 else length]


def _shortened(text: str, font: Font, width: float) -> str:
    if font.getlength(text) <= width:
        return text
    return text[: _fitting(text, font, width - font.getlength(ELLIPSIS))].rstrip() + ELLIPSIS


def _fitting(text: str, font: Font, width: float) -> int:
    """How many leading characters fit into `width`, at least one."""
    length = 1
    while length < len(text) and font.getlength(text[: length + 1]) <= width:
        length += 1
    return length


def _is_missing(font: Font, character: str) -> bool:
    drawn, missing = font.getmask(character), font.getmask(NO_GLYPH)
    return bool(drawn.size == missing.size and bytes(drawn) == bytes(missing))
