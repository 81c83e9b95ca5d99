"""`facevec keys`: the master key, under which keys of data are wrapped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.common import Deed, app, confirm, json_option, note, print_json, settings, show
from facevec.cli.files import PATH, named, require_place
from facevec.cli.recorded import noted
from facevec.errors import InputError, MasterKeyUnavailable
from facevec.files import open_file, replacing

if TYPE_CHECKING:
    from facevec.bootstrap import App
    from facevec.masterkeys.ring import Ring, RingFile

SHORTEST_PASSPHRASE = 12
LONGEST_PASSPHRASE = 4096

passphrase_option = click.option(
    "--passphrase-file",
    type=PATH,
    metavar="FILE",
    help=f"File with the passphrase, of {SHORTEST_PASSPHRASE} characters at least, instead of asking for it.",
)


@click.group()
def keys() -> None:
    """Keys under which what is stored is encrypted. Those of the service are `facevec key`."""


@keys.group()
def master() -> None:
    """The master key, which lies outside FACEVEC_HOME (keys.master); see docs/keys.md."""


@master.command()
@json_option
def status(as_json: bool) -> None:
    """Try the master key, and say what is wrapped under it; makes none."""
    from facevec.presentation.answers.master import MasterKeyKept, MasterStatus

    facevec = app()
    chosen, sources, wrapped = facevec.settings.keys, facevec.key_sources, facevec.wrapped_keys.names()
    file = _ring_file(facevec) if chosen.master == "file" else None
    ring = None if file is None else file.read()
    is_new = file is not None and ring is None and not wrapped
    name = None if is_new else sources.master(chosen.master, chosen.before).name
    answer = MasterStatus(
        source=chosen.master,
        before=chosen.before,
        registry=sources.registry,
        name=name,
        file=None if file is None else str(file.path),
        kept=() if ring is None else tuple(MasterKeyKept.of(key) for key in ring.keys),
        wrapped=dict(wrapped),
    )
    if as_json:
        print_json(answer)
        return
    where = answer.source if answer.file is None else named(answer.file)
    show(
        f"Master key {answer.name} ({where})"
        if answer.name
        else f"There is no master key yet; it will be {where}."
    )
    for key in answer.kept[1:]:
        show(f"  before: {key.name}, made {key.made_at:%Y-%m-%d}; it still opens what was wrapped under it")
    for under, count in sorted(wrapped.items()):
        show(
            f"  {count} wrapped under {under}"
            + ("" if under == answer.name else "; run `facevec keys master rotate`")
        )
    if not wrapped:
        show("  Nothing is encrypted under it.")


@master.command(cls=Deed)
@click.argument("file", type=PATH, metavar="FILE")
@passphrase_option
@json_option
def backup(file: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Write the master key, and those before, to FILE under a passphrase.

    Without the key nobody reads what is encrypted under it, you neither: keep FILE and the
    passphrase apart from each other and from the backups of the registry.
    """
    from facevec.masterkeys.saved import saved
    from facevec.presentation.answers.master import MasterSaved

    require_place(file)
    facevec = app()
    ring = _ring(facevec)
    content = saved(ring, _passphrase(passphrase_file, repeat=True))
    try:
        with replacing(file) as successor:
            successor.write_bytes(content)
    except OSError as error:
        raise InputError(f"{named(file)} cannot be written: {error.strerror or error}.") from error
    names = tuple(key.name for key in ring.keys)
    noted(names=list(names))
    if as_json:
        print_json(MasterSaved(file=str(file), registry=ring.registry, names=names, changed=True))
    else:
        show(
            f"{named(file)}: the master key {names[0]}"
            + (f" and {len(names) - 1} before it." if names[1:] else ".")
        )


@master.command(cls=Deed)
@click.argument("file", type=PATH, metavar="FILE")
@passphrase_option
@json_option
def restore(file: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Put the master keys of FILE, from `facevec keys master backup`, where they belong.

    Works before the registry is restored: FILE says whose keys they are.
    """
    from facevec.masterkeys.ring import RingFile
    from facevec.masterkeys.saved import LONGEST, opened
    from facevec.presentation.answers.master import MasterSaved

    content = _read(file, LONGEST)
    ring = opened(content, _passphrase(passphrase_file), named(file))
    target = RingFile(settings().master_folder, ring.registry)
    changed = target.restore(ring)
    if as_json:
        names = tuple(key.name for key in ring.keys)
        print_json(MasterSaved(file=str(target.path), registry=ring.registry, names=names, changed=changed))
    elif changed:
        show(
            f"The master key {ring.keys[0].name} of the registry {ring.registry} is at {named(target.path)}."
        )
    else:
        show(f"{named(target.path)} has it already.")


@master.command(cls=Deed)
@click.option("--prepare", is_flag=True, help="Make the new key, and wrap nothing under it yet.")
@json_option
def rotate(prepare: bool, as_json: bool) -> None:
    """Make a new master key, and wrap under it all that is wrapped.

    Killed, it leaves both keys, which both work; run again, it finishes. Where the key is
    not in a file, exchange it there first: see docs/keys.md. The key before stays, for
    older backups, until `facevec keys master forget`. Where several machines share the
    registry, --prepare first, and take a copy of the file to each.
    """
    from facevec.presentation.answers.master import MasterRotated
    from facevec.usecases.rotate import prepare as prepare_rotation
    from facevec.usecases.rotate import rotate as rotate_master

    facevec = app()
    key = facevec.master_key

    def begin() -> None:
        if facevec.settings.keys.master == "file":
            _ring_file(facevec).begin(facevec.clock())

    if prepare:
        if facevec.settings.keys.master != "file":
            raise _elsewhere(facevec)
        rotation = prepare_rotation(key, facevec.wrapped_keys, begin)
    else:
        rotation = rotate_master(key, facevec.wrapped_keys, begin)
    noted(name=rotation.name, rewrapped=rotation.rewrapped)
    if as_json:
        print_json(MasterRotated.of(rotation))
        return
    if prepare:
        show(
            f"The master key {rotation.name} is here, and nothing is wrapped under it. Take it to every "
            "other machine (`facevec keys master backup`, `restore`), then run `facevec keys master rotate`."
        )
        return
    count = rotation.rewrapped
    show(f"The master key is {rotation.name}; {count} key{' was' if count == 1 else 's were'} wrapped anew.")
    if facevec.settings.keys.before is not None:
        note("Nothing needs keys.before any more, but backups from before.")
    elif facevec.settings.keys.master == "file":
        note(
            "Make a copy of it: `facevec keys master backup FILE`. The one before still opens older backups."
        )


@master.command(cls=Deed)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def forget(yes: bool, as_json: bool) -> None:
    """Destroy the master keys before the present one, where nothing is wrapped under them.

    What only they open, such as a backup from before and old blocks of a disk, is opened by
    nobody from then on.
    """
    from facevec.presentation.answers.master import MasterForgotten
    from facevec.usecases.rotate import require_all_under

    facevec = app()
    if facevec.settings.keys.master != "file":
        raise _elsewhere(facevec)
    file, key = _ring_file(facevec), facevec.master_key
    require_all_under(key, facevec.wrapped_keys)
    ring = file.read()
    before = () if ring is None else tuple(key.name for key in ring.keys[1:])
    if before and not yes:
        confirm(f"Destroy {', '.join(before)}? Backups that were made under them will be opened by nobody.")
    names = tuple(key.name for key in file.forget()) if before else ()
    noted(names=list(names))
    if as_json:
        print_json(MasterForgotten(names=names))
    else:
        show(f"Destroyed: {', '.join(names)}." if names else "There is no key before the present one.")


def _ring_file(facevec: App) -> RingFile:
    from facevec.masterkeys.ring import RingFile

    return RingFile(facevec.key_sources.folder, facevec.key_sources.registry)


def _ring(facevec: App) -> Ring:
    """The keys of the file; of a key from elsewhere that one. Raises MasterKeyUnavailable for Vault's."""
    from facevec.masterkeys.kept import FileKey
    from facevec.masterkeys.ring import Key, Ring
    from facevec.masterkeys.secret import HeldKey

    source, sources = facevec.settings.keys.master, facevec.key_sources
    key = sources.open(source)
    if isinstance(key, FileKey):
        ring = key.file.read()
        if ring is not None:
            return ring
    if isinstance(key, HeldKey):
        return Ring(sources.registry, (Key(key.secret, facevec.clock()),))
    raise _elsewhere(facevec)


def _elsewhere(facevec: App) -> MasterKeyUnavailable:
    return MasterKeyUnavailable(
        f'The master key is kept elsewhere (keys.master is "{facevec.settings.keys.master}"); it is '
        "there that it is copied and destroyed."
    )


def _passphrase(file: Path | None, *, repeat: bool = False) -> str:
    """Raises InputError for one that is too short, and where nobody can be asked."""
    import sys

    if file is not None:
        text = _read(file, LONGEST_PASSPHRASE).decode("utf-8", "replace").rstrip("\r\n")
    elif sys.stdin.isatty():
        text = click.prompt("Passphrase", hide_input=True, confirmation_prompt=repeat, err=True)
    else:
        raise InputError("Nobody can be asked for the passphrase here; name its file with --passphrase-file.")
    if len(text) < SHORTEST_PASSPHRASE:
        raise InputError(
            f"The passphrase is shorter than {SHORTEST_PASSPHRASE} characters; take a longer one."
        )
    return text


def _read(path: Path, longest: int) -> bytes:
    try:
        with open_file(path) as file:
            content = file.read(longest + 1)
    except OSError as error:
        raise InputError(f"{named(path)} cannot be read: {error.strerror or error}.") from error
    if len(content) > longest:
        raise InputError(f"{named(path)} is too long; name another file.")
    return content
