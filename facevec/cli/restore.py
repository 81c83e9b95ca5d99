"""`facevec restore`: a backup is put where the registry is to be."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.backup import backup_key_option, described, key_of, note_refused, rows_shown
from facevec.cli.common import Deed, app, build, json_option, note, print_json, settings, show
from facevec.cli.files import PATH, named
from facevec.cli.recorded import noted
from facevec.errors import OutputUnwritable, RestoreRefused
from facevec.files import PRIVATE_FOLDER, creating

if TYPE_CHECKING:
    from facevec.backups.restoring import Restored
    from facevec.backups.sealed import SecretKey
    from facevec.config import Loaded

_KINDS = {
    "worker": "workers",
    "photo": "photos",
    "seal": "sealed faces",
    "pixels": "photos that were kept",
    "visit": "visits",
    "consent": "consents",
    "key": "keys of the service",
}


@click.command(cls=Deed)
@click.argument("file", type=PATH, metavar="FILE")
@click.option("--to", metavar="HOME|URL", help="Another home, or another database, instead of this one's.")
@backup_key_option
@click.option("--replace", "replacing", is_flag=True, help="Put it in the place of a registry that is there.")
@click.option("--keep-old", is_flag=True, help="Keep the SQLite file that is replaced beside the new one.")
@click.option(
    "--keep-schema", is_flag=True, help="Leave the tables as they were in FILE, for an older facevec."
)
@click.option(
    "--adopt", is_flag=True, help="Take every row at its word: the integrity key it was made under is lost."
)
@click.option(
    "--ledger", type=PATH, metavar="FILE", help="Another copy of the ledger of removals, beside this home's."
)
@click.option("--without-ledger", is_flag=True, help="Restore although nobody can say who was removed since.")
@json_option
def restore(
    file: Path,
    to: str | None,
    key_file: Path | None,
    ledger: Path | None,
    *,
    replacing: bool,
    keep_old: bool,
    keep_schema: bool,
    adopt: bool,
    without_ledger: bool,
    as_json: bool,
) -> None:
    """Put the registry in FILE where this one is to be; stop the services first.

    All or nothing: until the new registry stands, whole and sound, the old one does. A
    backup of an older facevec is brought to this one's schema. Whoever was removed since
    is not brought back: the ledger of removals (registry.removals) says who it is.
    Afterwards every index is made anew.
    """
    from facevec.backups.restoring import Choices
    from facevec.backups.restoring import restore as restore_backup
    from facevec.registry.ledger import RemovalLedger
    from facevec.usecases.remove import EVERY

    target = _target(to)
    key = key_of(key_file)
    _bring_integritykey_of(file, key, target, adopt=adopt)
    facevec = app() if to is None else build(target)
    choices = Choices(
        replace=replacing,
        keep_old=keep_old,
        keep_schema=keep_schema,
        adopt=adopt,
        without_ledger=without_ledger,
    )
    copies = [settings().removals_file, target.removals_file, *([ledger] if ledger else [])]
    with rows_shown() as on_rows:
        restored = restore_backup(
            file,
            target.registry_url,
            integrity=facevec.integrity_key,
            key=key,
            ledgers=[RemovalLedger(copy, facevec.integrity_key) for copy in dict.fromkeys(copies)],
            choices=choices,
            on_rows=on_rows,
        )
    facevec.generations.discard(EVERY)
    if not keep_schema:
        facevec.finish_removals()
    noted(revision=restored.contents.manifest.revision, not_brought_back=dict(restored.erased))
    _report_restored(restored, as_json=as_json)


def _target(to: str | None) -> Loaded:
    """The settings of the place that a backup goes to."""
    from facevec.config import load

    if to is None:
        return settings()
    if "://" not in to:
        settings()
        return load(Path(to))
    here = settings()
    registry = here.settings.registry.model_copy(update={"url": to})
    return replace(here, settings=here.settings.model_copy(update={"registry": registry}))


def _bring_integritykey_of(file: Path, key: SecretKey | None, target: Loaded, *, adopt: bool) -> None:
    """Where there is none, that of the backup. Raises RestoreRefused where there is none in it either."""
    from facevec.backups.contents import INTEGRITY_KEY
    from facevec.backups.reading import opened

    path = target.integrity_key_file
    if os.path.lexists(path):
        return
    with opened(file, key) as contents:
        held = contents.files.get(INTEGRITY_KEY)
    if held is not None:
        try:
            path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            with creating(path) as written:
                written.write(held)
        except OSError as error:
            raise OutputUnwritable(
                f"The integrity key {path} cannot be written: {error.strerror or error}."
            ) from error
        note(f"The integrity key of the backup is at {path} now.")
    elif not adopt:
        raise RestoreRefused(
            f"There is no integrity key at {path}: put back the copy that is kept apart from the backups. "
            "Where it is lost, --adopt makes a new one and takes every row at its word."
        )


def _report_restored(restored: Restored, *, as_json: bool) -> None:
    from facevec.presentation.answers.backups import RestoreAnswer

    manifest = restored.contents.manifest
    if as_json:
        beside = {
            "restored_to": restored.where,
            "restored_schema": restored.schema,
            "aside": None if restored.aside is None else str(restored.aside),
            "not_brought_back": dict(restored.erased),
            "not_authentic": dict(restored.not_authentic),
        }
        print_json(RestoreAnswer.model_validate({**described(manifest, restored.contents.header), **beside}))
        return
    show(
        f"{restored.where} holds {manifest.rows.get('workers', 0)} workers again, as of revision "
        f"{manifest.revision}, {restored.contents.header.made_at}."
    )
    if restored.erased:
        gone = ", ".join(f"{count} {_KINDS[kind]}" for kind, count in restored.erased.items())
        show(f"Removed since and not brought back: {gone}.")
    note_refused(restored.not_authentic)
    if restored.aside is not None:
        show(f"What was there before is {named(restored.aside)}; delete it when it is not needed any more.")
    note("Run `facevec index rebuild`, then start the service.")
