"""`facevec db`: the schema of the registry's database."""

from __future__ import annotations

import click

from facevec.cli.common import Deed, json_option, note, print_json, settings, show
from facevec.cli.integrity import marked


@click.group()
def db() -> None:
    """Look at the registry's database and bring it up to date."""


@db.command(cls=Deed)
@json_option
def upgrade(as_json: bool) -> None:
    """Bring the schema to this facevec's version; all or nothing, safe while services run.

    An empty database is set up. Make a backup first. A database from before rows were
    marked (docs/threat-model.md) is marked as it stands.
    """
    from facevec.integrity import key_at
    from facevec.presentation.answers.system import SchemaUpgraded
    from facevec.registry import schema
    from facevec.registry.engine import open_engine

    loaded = settings()
    engine = open_engine(loaded.registry_url, key=key_at(loaded.integrity_key_file))
    before = schema.check(engine)
    after = schema.upgrade(engine)
    if as_json:
        print_json(SchemaUpgraded.of(after, before=before.current))
    elif before.up_to_date:
        show(f"Nothing to do: the schema is {after.current}, as this facevec needs it.")
    else:
        show(f"The schema went from {before.current or 'empty'} to {after.current}.")
    if after.adopted:
        note(
            f"Taken at its word, this once: {marked(after.adopted)} are marked under the integrity key "
            f"{loaded.integrity_key_file} as they stood. Look at `facevec worker list` and `facevec key "
            "list`, keep a copy of the key apart from the backups, and run `facevec index rebuild`."
        )


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
