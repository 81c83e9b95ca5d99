"""`facevec integrity`: whether what decides was written by facevec, and taking at its word what was not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from facevec.cli.common import FAULTS_EXIT_CODE, Deed, app, confirm, json_option, print_json, show

if TYPE_CHECKING:
    from facevec.registry.marks import Rows


@click.group()
def integrity() -> None:
    """Hold what decides against the integrity key.

    Workers, templates, sealed references, calibrations and keys of the service carry a
    mark under a key that lies outside FACEVEC_HOME (integrity.key_file). A row that
    somebody else wrote is left out of every decision.
    """


@integrity.command()
@json_option
def check(as_json: bool) -> None:
    """List every row that was not written under the key; exit code 4 when there is one."""
    from facevec.registry import marks
    from facevec.registry.engine import reading

    with reading(app().engine) as connection:
        tables = tuple(marks.survey(connection))
    _show(tables, as_json)
    if any(table.refused for table in tables):
        click.get_current_context().exit(FAULTS_EXIT_CODE)


@integrity.command(cls=Deed)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def adopt(yes: bool, as_json: bool) -> None:
    """Mark every row as it stands, whoever wrote it; for a registry whose key is lost.

    What somebody without the key has written counts from then on: look at `facevec
    worker list`, `facevec key list` and `facevec integrity check` before.
    """
    from facevec.registry import marks
    from facevec.registry.engine import reading, writing

    facevec = app()
    with reading(facevec.engine) as connection:
        refused = sum(len(table.refused) for table in marks.survey(connection))
    if not yes:
        confirm(f"{refused} rows were not written under this key. Take all of them at their word?")
    with writing(facevec.engine) as connection:
        tables = marks.adopt(connection)
    _show(tables, as_json)
    if not as_json:
        show("All of it is marked under this key as it stood; run `facevec index rebuild`.")


def marked(counts: Mapping[str, int]) -> str:
    """So many rows of each table, in words."""
    return ", ".join(f"{count} {table.replace('_', ' ')}" for table, count in counts.items())


def _show(tables: tuple[Rows, ...], as_json: bool) -> None:
    from facevec.presentation.answers.database import IntegrityAnswer, MarkedRows

    key_file = str(app().loaded.integrity_key_file)
    if as_json:
        print_json(IntegrityAnswer(key_file=key_file, tables=tuple(MarkedRows.of(one) for one in tables)))
        return
    show(f"Key {key_file}")
    for table in tables:
        show(f"{table.table}: {table.count} rows, {len(table.refused)} not written under it")
        for row in table.refused:
            show(f"  {row}")
