"""Results as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table


def settings_table(rows: Sequence[Mapping[str, object]]) -> Table:
    """Settings: key, value, origin."""
    table = _table("setting", "value", "from")
    for row in rows:
        table.add_row(str(row["key"]), str(row["value"]), str(row["origin"]))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
