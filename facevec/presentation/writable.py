"""Tables whose columns stand straight where the terminal lacks letters."""

from __future__ import annotations

from rich import table
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.style import StyleType
from rich.text import Text


class Table(table.Table):
    """A table of which what the console's encoding lacks is escaped before its columns are measured.

    The stream would escape it, too late: an escaped letter takes more room than the letter.
    """

    def add_row(
        self, *renderables: RenderableType | None, style: StyleType | None = None, end_section: bool = False
    ) -> None:
        """As rich does."""
        cells = (_Cell(each) if isinstance(each, str | Text) else each for each in renderables)
        super().add_row(*cells, style=style, end_section=end_section)


class _Cell:
    def __init__(self, text: str | Text) -> None:
        self._text = Text(text) if isinstance(text, str) else text

    def __rich_console__(self, console: Console, _options: ConsoleOptions) -> RenderResult:
        yield self._written(console)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self._written(console))

    def _written(self, console: Console) -> Text:
        plain = self._text.plain
        written = plain.encode(console.encoding, "backslashreplace").decode(console.encoding)
        return self._text if written == plain else Text(written, self._text.style)
