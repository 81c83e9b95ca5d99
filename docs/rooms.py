"""The rooms of facevec: their table in docs/architecture.md, and their picture, docs/rooms.svg.

`python -m docs.rooms` writes both. Which room stands above which is import-linter's to say (setup.cfg), what
a room holds is the first sentence of its docstring, and what it takes from outside is what it imports.
A test fails when page or picture is out of step.
"""

from __future__ import annotations

import ast
import configparser
import re
import sys
import textwrap
from dataclasses import dataclass
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
PICTURE = ROOT / "docs" / "rooms.svg"
BEGIN, END = "<!-- Written by `python -m docs.rooms`. -->\n", "<!-- Until here. -->\n"

WIDTH, MARGIN, GAP, PADDING = 960, 16, 10, 10
NAME_LINE, LINE, LETTER = 22, 16, 6.6
INK, GREY, PAPER, EDGE = "#14181d", "#57606a", "#ffffff", "#d0d7de"
FILLS = {"jobs": "#ddf4ff", "config": "#fff8c5", "decision": "#dafbe1", "types": "#f6f8fa"}
"""Down to the floor of this room: what people meet, what puts it together, what works, what all share."""


@dataclass(frozen=True, slots=True)
class Room:
    """A package or module right below facevec. floor: 1 is the lowest. outside: packages that it imports."""

    name: str
    floor: int
    holds: str
    outside: tuple[str, ...]

    @property
    def file(self) -> str:
        """Where it is, below the root."""
        return _source(self.name).relative_to(ROOT).as_posix().removesuffix("__init__.py")


def rooms() -> list[list[Room]]:
    """Floor by floor, the highest first."""
    floors = [re.findall(r"facevec\.(\w+)", line) for line in _contract("layers")["layers"].splitlines()]
    graph = grimp.build_graph(
        "facevec", include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )
    names = [names for names in floors if names]
    return [
        [Room(name, len(names) - place, _holds(name), _outside(graph, name)) for name in floor]
        for place, floor in enumerate(names)
    ]


def further_rules() -> list[str]:
    """What the linter holds beside the floors."""
    return [section["name"] for name, section in _contracts().items() if not name.endswith(":layers")]


def table(floors: list[list[Room]]) -> str:
    """The rooms and the rules, in Markdown."""
    rows = [
        f"| {room.floor} | [`{room.name}`](../{room.file}) | {room.holds} | {', '.join(room.outside)} |"
        for floor in floors
        for room in floor
    ]
    rules = [f"- {rule}." for rule in further_rules()]
    head = ["| floor | room | what it holds | from outside |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, "", "The linter holds beside:", "", *rules, ""])


def page(text: str, floors: list[list[Room]]) -> str:
    """`text` with today's table between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(floors)}\n{END}{after}"


def picture(floors: list[list[Room]]) -> str:
    """The rooms as an SVG: each floor a row, imports pointing down."""
    top, boxes = float(MARGIN), []
    fills = _fills(floors)
    for floor in floors:
        width = (WIDTH - 2 * MARGIN - 40 - GAP * (len(floor) - 1)) / len(floor)
        texts = [_lines(room, width) for room in floor]
        height = 2 * PADDING + NAME_LINE + LINE * max(map(len, texts))
        for place, (room, lines) in enumerate(zip(floor, texts, strict=True)):
            area = (MARGIN + 40 + place * (width + GAP), top, width, height)
            boxes.append(_box(room, lines, area, fills[room.floor]))
        top += height + GAP
    bottom = top - GAP
    arrow = (
        f'<path d="M{MARGIN + 14} {MARGIN + 4} V{bottom - 12}" stroke="{GREY}" stroke-width="2"/>'
        f'<path d="M{MARGIN + 8} {bottom - 14} h12 l-6 12 z" fill="{GREY}"/>'
        f'<text class="out" transform="translate({MARGIN + 4} {top / 2}) rotate(-90)" '
        'text-anchor="middle">imports point down</text>'
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + MARGIN:g}" role="img" '
            'aria-label="The rooms of facevec, floor by floor; imports point down">',
            "<style>text{font:13px sans-serif;fill:" + INK + "}.name{font:bold 15px monospace}"
            ".out{fill:" + GREY + ";font-size:12px}</style>",
            f'<rect width="100%" height="100%" fill="{PAPER}"/>',
            arrow,
            *boxes,
            "</svg>\n",
        ]
    )


def _fills(floors: list[list[Room]]) -> dict[int, str]:
    """Each floor's colour."""
    fills, left = {}, iter(FILLS.items())
    last, fill = next(left)
    for floor in floors:
        fills[floor[0].floor] = fill
        if any(room.name == last for room in floor):
            last, fill = next(left, (last, fill))
    return fills


def _box(room: Room, lines: list[tuple[str, str]], area: tuple[float, float, float, float], fill: str) -> str:
    left, top, width, height = area
    texts = [f'<text class="name" x="{left + PADDING:g}" y="{top + PADDING + 13:g}">{room.name}</text>']
    for number, (kind, line) in enumerate(lines):
        down = top + PADDING + NAME_LINE + 11 + number * LINE
        texts.append(f'<text class="{kind}" x="{left + PADDING:g}" y="{down:g}">{escape(line)}</text>')
    shape = f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" rx="6"'
    return f'{shape} fill="{fill}" stroke="{EDGE}"/>' + "".join(texts)


def _lines(room: Room, width: float) -> list[tuple[str, str]]:
    """What stands below the room's name, as (class, text)."""
    letters = int((width - 2 * PADDING) / LETTER)
    holds = textwrap.wrap(room.holds.replace("`", ""), letters)
    outside = textwrap.wrap(", ".join(room.outside), letters)
    return [*(("holds", line) for line in holds), *(("out", line) for line in outside)]


def _contracts() -> dict[str, configparser.SectionProxy]:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return {name: parser[name] for name in parser.sections() if name.startswith("importlinter:contract:")}


def _contract(name: str) -> configparser.SectionProxy:
    return _contracts()[f"importlinter:contract:{name}"]


def _source(name: str) -> Path:
    folder = ROOT / "facevec" / name
    return folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")


def _holds(name: str) -> str:
    said = ast.get_docstring(ast.parse(_source(name).read_text(encoding="utf-8"))) or ""
    return re.split(r"(?<=\.)\s", " ".join(said.split("\n\n")[0].split()))[0]


def _outside(graph: grimp.ImportGraph, name: str) -> tuple[str, ...]:
    room = f"facevec.{name}"
    modules = {room, *graph.find_descendants(room)}
    imported = {other for module in modules for other in graph.find_modules_directly_imported_by(module)}
    outside = {other for other in imported if not other.startswith("facevec")}
    return tuple(sorted(outside - sys.stdlib_module_names - {"tomllib"}, key=str.lower))


def main() -> None:
    """Write page and picture."""
    floors = rooms()
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), floors), encoding="utf-8")
    PICTURE.write_text(picture(floors), encoding="utf-8")
    print(f"{PAGE.name} and {PICTURE.name} are written.")


if __name__ == "__main__":
    main()
