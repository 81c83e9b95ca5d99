"""`facevec backup`: one file that holds the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facevec.cli.common import Deed, app, json_option, note, print_json, progress, show
from facevec.cli.files import PATH, is_there, named, require_place
from facevec.cli.integrity import marked
from facevec.errors import OutputUnwritable
from facevec.files import size_in_words

if TYPE_CHECKING:
    from facevec.backups.contents import Manifest
    from facevec.backups.making import Backup
    from facevec.backups.reading import Contents
    from facevec.backups.sealed import Header, SecretKey
    from facevec.config import Loaded

backup_key_option = click.option(
    "--key-file",
    type=PATH,
    metavar="FILE",
    help="File of the key that the backup is encrypted under: at least 32 random bytes.",
)


@click.command(cls=Deed)
@click.argument("file", type=PATH, metavar="FILE")
@backup_key_option
@click.option("--force", is_flag=True, help="Replace FILE, if it is there, once the new one is whole.")
@click.option("--inspect", is_flag=True, help="Say what is in FILE, and change nothing.")
@click.option("--settings", "print_settings", is_flag=True, help="Print the settings that are in FILE.")
@click.option(
    "--with-integrity-key",
    is_flag=True,
    help="Put the integrity key in, too; only where the backup is encrypted.",
)
@click.option(
    "--scratch", type=PATH, metavar="DIR", help="Where the backup is tried, instead of FACEVEC_HOME."
)
@json_option
def backup(
    file: Path,
    key_file: Path | None,
    scratch: Path | None,
    *,
    force: bool,
    inspect: bool,
    print_settings: bool,
    with_integrity_key: bool,
    as_json: bool,
) -> None:
    """Write the registry, as it is at one moment, to FILE; services go on meanwhile.

    In it are all workers with their templates, photos that are kept, consents, the keys of
    the service, calibrations and distances measured here, and the settings file. The
    integrity key is not, nor are networks and index. FILE takes its name once it was read
    back, byte for byte, and a database was made of it that is sound. `facevec restore`
    puts it back, into SQLite or PostgreSQL, whichever it came from. A FILE that is there is
    another night's backup, and stays: --force replaces it.
    """
    if inspect or print_settings:
        _inspect(file, key_file, print_settings=print_settings, as_json=as_json)
        return
    if with_integrity_key and key_file is None:
        raise click.UsageError("--with-integrity-key needs --key-file: nobody else may read that key.")
    from facevec.backups.making import make_backup
    from facevec.registry.reconciling import reconcile_if_possible

    require_place(file)
    if is_there(file) and not force:
        raise OutputUnwritable(
            f"{named(file)} is there already, and stays: name another file, or say --force, and it is "
            "replaced once the new one is whole."
        )
    facevec = app()
    reconcile_if_possible(facevec.engine, facevec.ledger, facevec.clock)
    key = key_of(key_file)
    with rows_shown() as on_rows:
        made = make_backup(
            facevec.engine,
            file,
            integrity=facevec.integrity_key,
            within=scratch or facevec.loaded.home,
            key=key,
            files=_files(facevec.loaded, with_integrity_key=with_integrity_key),
            on_rows=on_rows,
        )
    _report_backup(made, as_json=as_json)


@contextmanager
def rows_shown() -> Iterator[Callable[[str, int, int], None]]:
    """Shows how far the rows are, on a terminal."""
    with progress(unit="rows") as bar:
        tasks: dict[str, Any] = {}

        def on_rows(what: str, rows: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=rows)

        yield on_rows


def key_of(path: Path | None) -> SecretKey | None:
    """What is in the file of a key, if one is named. Raises InputError."""
    from facevec.backups.sealed import key_in

    return None if path is None else key_in(path)


def _files(loaded: Loaded, *, with_integrity_key: bool) -> Mapping[str, bytes]:
    """What goes into a backup beside the registry."""
    from facevec.backups.contents import INTEGRITY_KEY, SETTINGS
    from facevec.config import CONFIG_FILE

    wanted = {SETTINGS: loaded.home / CONFIG_FILE}
    if with_integrity_key:
        wanted[INTEGRITY_KEY] = loaded.integrity_key_file
    return {name: path.read_bytes() for name, path in wanted.items() if path.is_file()}


def _inspect(file: Path, key_file: Path | None, *, print_settings: bool, as_json: bool) -> None:
    from facevec.backups.contents import SETTINGS
    from facevec.backups.reading import opened
    from facevec.presentation.answers.backups import BackupContents, BackupSettings

    with opened(file, key_of(key_file)) as contents:
        for _ in contents.blocks():
            pass
    if print_settings and as_json:
        text = contents.files.get(SETTINGS)
        print_json(BackupSettings(settings=None if text is None else text.decode("utf-8", "replace")))
    elif print_settings:
        click.echo(contents.files.get(SETTINGS, b"# There are no settings in it.\n"), nl=False)
    elif as_json:
        print_json(BackupContents.model_validate(described(contents.manifest, contents.header)))
    else:
        show(f"{named(file)} is whole: {_in_words(contents)}")


def note_refused(not_authentic: Mapping[str, int]) -> None:
    """Tell of rows that were copied and count for nothing, where there are any."""
    if not_authentic:
        note(
            f"Rows that are not as facevec wrote them, copied as they are: {marked(not_authentic)}. They "
            "count for nothing; `facevec integrity check` lists them."
        )


def note_in_clear(content: str) -> None:
    """Tell whoever made a file without a key what is in it for everybody to read."""
    note(f"It is not encrypted: whoever reads it has {content}. --key-file encrypts it.")


def described(manifest: Manifest, header: Header) -> dict[str, object]:
    """What a backup says of itself, as answers tell it."""
    return {
        "made_at": header.made_at,
        "facevec": header.facevec,
        "encrypted": header.encrypted,
        "schema_version": manifest.schema,
        "made_from": manifest.engine,
        "registry": manifest.registry,
        "epoch": manifest.epoch,
        "revision": manifest.revision,
        "model": manifest.model,
        "contract": manifest.contract,
        "integrity_key": manifest.integrity_key,
        "rows": dict(manifest.rows),
        "files": manifest.files,
    }


def _in_words(contents: Contents) -> str:
    manifest, header = contents.manifest, contents.header
    rows = manifest.rows
    beside = f", and {' and '.join(manifest.files)}" if manifest.files else ""
    return (
        f"{'encrypted' if header.encrypted else 'not encrypted'}, made at {header.made_at} by facevec "
        f"{header.facevec} from {manifest.engine}, schema {manifest.schema}, revision {manifest.revision}, "
        f"integrity key {manifest.integrity_key}: {rows.get('workers', 0)} workers, "
        f"{rows.get('templates', 0)} templates, {rows.get('api_keys', 0)} keys{beside}."
    )


def _report_backup(made: Backup, *, as_json: bool) -> None:
    from facevec.presentation.answers.backups import BackupAnswer

    if as_json:
        file = {
            "path": str(made.path),
            "size": made.size,
            "sha256": made.sha256,
            "not_authentic": dict(made.not_authentic),
        }
        print_json(BackupAnswer.model_validate({**described(made.manifest, made.header), **file}))
        return
    show(
        f"{named(made.path)}: {made.manifest.rows.get('workers', 0)} workers at revision "
        f"{made.manifest.revision}, {size_in_words(made.size)}, read back and tried."
    )
    note_refused(made.not_authentic)
    encrypted = bool(made.manifest.rows.get("registry_keys"))
    if not made.header.encrypted:
        note_in_clear("names and faces, with the master key" if encrypted else "names and templates")
    if encrypted:
        note(
            "Names and faces in it are read with the master key alone, which is not in it: `facevec keys "
            "master backup`."
        )
