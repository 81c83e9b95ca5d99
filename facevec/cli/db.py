"""`facevec db`: the schema of the registry's database."""

from __future__ import annotations

import click

from facevec.cli.common import Deed, json_option, print_json, settings, show


@click.group()
def db() -> None:
    """Look at the registry's database and bring it up to date."""


@db.command(cls=Deed)
@json_option
def upgrade(as_json: bool) -> None:
    """Bring the schema to this facevec's version; all or nothing, safe while services run.

    An empty database is set up. Make a backup first.
    """
    from facevec.presentation.answers.system import SchemaUpgraded
    from facevec.registry import schema
    from facevec.registry.engine import open_engine

    engine = open_engine(settings().registry_url)
    before = schema.check(engine)
    after = schema.upgrade(engine)
    if as_json:
        print_json(SchemaUpgraded.of(after, before=before.current))
    elif before.up_to_date:
        show(f"Nothing to do: the schema is {after.current}, as this facevec needs it.")
    else:
        show(f"The schema went from {before.current or 'empty'} to {after.current}.")


@db.command()
@json_option
def check(as_json: bool) -> None:
    """Say whether the schema is this facevec's; exit code 42 when it is not, with what to do.

    Nothing is changed.
    """
    from facevec.presentation.answers.system import SchemaAnswer
    from facevec.registry import schema

    status = schema.look(settings().registry_url)
    schema.require(status)
    if as_json:
        print_json(SchemaAnswer.of(status))
    else:
        show(f"The schema is {status.current}, as this facevec needs it.")
