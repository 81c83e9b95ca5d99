"""`facevec db`: the schema of the registry's database."""

from __future__ import annotations

import click

from facevec.cli.common import FAULTS_EXIT_CODE, Deed, json_option, note, print_json, progress, settings, show
from facevec.cli.integrity import marked


@click.group()
def db() -> None:
    """Look at the registry's database, bring it up to date, copy it."""


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


@db.command(cls=Deed)
@click.option(
    "--to",
    "url",
    required=True,
    envvar="FACEVEC_COPY_TO",
    metavar="URL",
    help="An empty database, written as registry.url is; or in FACEVEC_COPY_TO, where no list of processes "
    "shows its password.",
)
@json_option
def copy(url: str, as_json: bool) -> None:
    """Copy the registry to an empty database of either kind, and compare it row for row.

    Stop the services first: what changes meanwhile is not in the copy. The source stays as it
    is; marks hold under the same integrity key. A copy that was interrupted is opened by
    nobody: run it again.
    """
    from facevec.integrity import key_at
    from facevec.presentation.answers.system import RegistryCopied
    from facevec.registry import copying
    from facevec.registry.address import database_url
    from facevec.registry.engine import open_engine

    loaded = settings()
    key = key_at(loaded.integrity_key_file)
    source = open_engine(loaded.registry_url, key=key)
    target = open_engine(database_url(url, loaded.within_home), key=key)
    with progress(unit="rows") as bar:
        task = bar.add_task("Copying", total=copying.count_rows(source))
        copied = copying.copy(source, target, lambda _, rows: bar.advance(task, rows))
    if as_json:
        print_json(
            RegistryCopied(
                where=copied.where,
                rows=dict(copied.rows),
                revision=copied.position.revision,
                missed=copied.missed,
            )
        )
    else:
        rows = copied.rows
        show(
            f"{copied.where} has all of it as of revision {copied.position.revision}, compared row for row: "
            f"{rows['workers']} workers, {rows['templates']} templates, {rows['api_keys']} keys. Set "
            "registry.url to it on every machine, and let nothing work on the old one any more."
        )
    if copied.missed:
        note(f"{copied.missed} changes came while it was copied, and are not in it: copy again.")


@db.command()
@json_option
def check(as_json: bool) -> None:
    """Say whether the schema is this facevec's, and the database whole; nothing is changed.

    Exit code 42 when the schema is another, with what to do; 4 when the engine, or what
    facevec keeps of its own history, says that something is damaged or missing.
    `facevec integrity check` says which rows are not as facevec wrote them.
    """
    from facevec.presentation.answers.system import SchemaAnswer
    from facevec.registry import schema, soundness
    from facevec.registry.engine import open_engine, reading

    url = settings().registry_url
    status = schema.look(url)
    schema.require(status)
    engine = open_engine(url)
    with reading(engine) as connection:
        faults = soundness.faults(connection)
    engine.dispose()
    if as_json:
        print_json(SchemaAnswer.of(status, faults=faults))
    else:
        show(f"The schema is {status.current}, as this facevec needs it.")
        for fault in faults:
            show(fault)
        show("The database is damaged; restore it from a backup." if faults else "The database is whole.")
    if faults:
        click.get_current_context().exit(FAULTS_EXIT_CODE)
