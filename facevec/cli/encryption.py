"""`facevec db encrypt`, and what the doctor says of encryption."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from facevec.cli.checks import Check, is_new
from facevec.cli.common import (
    BACKUPS,
    FAULTS_EXIT_CODE,
    Deed,
    app,
    build,
    json_option,
    note,
    print_json,
    progress,
    show,
)

if TYPE_CHECKING:
    from facevec.config import Loaded
    from facevec.registry.conversion import Survey

BESIDE = {
    "pgvector": "pgvector searches by references that lie in clear in PostgreSQL.",
    "milvus": "Milvus searches by references that lie in clear there.",
}
"""What of each engine no key of the registry's covers."""


@click.command(cls=Deed)
@click.option("--undo", is_flag=True, help="Have all of it in clear again, and destroy the keys.")
@json_option
def encrypt(undo: bool, as_json: bool) -> None:
    """Encrypt faces, names, external ids and the rest of what tells who somebody is, where it lies; services
    go on.

    Each gets a key of its own, and these lie under the master key (`facevec keys master`):
    make a backup of it first. Killed, it has done some, which is read as well; run it again.
    What the disk holds of before, in blocks that were let go, stays in clear there until
    it is written over (docs/encryption.md).
    """
    from facevec.presentation.answers.database import EncryptionAnswer
    from facevec.registry import conversion
    from facevec.registry.engine import reading
    from facevec.usecases.remove import EVERY

    facevec = app()
    with reading(facevec.engine) as connection:
        before = conversion.survey(connection)
    convert = conversion.decrypt if undo else conversion.encrypt
    with progress(unit="values") as bar:
        task = bar.add_task(
            "Decrypting" if undo else "Encrypting", total=before.encrypted if undo else before.clear
        )
        after = convert(facevec.engine, lambda count: bar.advance(task, count))
    facevec.generations.discard(EVERY)  # it is of before
    if as_json:
        print_json(EncryptionAnswer.counted(after))
    else:
        show(f"{_in_words(after)} Run `facevec index rebuild`.")
    backups = facevec.loaded.home / BACKUPS
    if not undo and backups.is_dir() and any(backups.iterdir()):
        note(
            f"{backups} holds backups of before, with names and faces in clear: delete them once all is well."
        )
    if undo and after.encrypted:
        note(f"{after.encrypted} values cannot be decrypted, and stay as they are with their keys.")
        click.get_current_context().exit(FAULTS_EXIT_CODE)


def encrypted(loaded: Loaded) -> Check:
    """Whether what people are told by is encrypted, and whether the master key opens it."""
    from facevec.registry import conversion
    from facevec.registry.encryption import carrying, keyring
    from facevec.registry.engine import reading

    name = "encryption"
    if is_new(loaded):
        setting = loaded.settings.privacy.encryption
        return Check(name, "ok", f"privacy.encryption is {setting}; nothing is stored yet.")
    with reading(build(loaded).engine) as connection:
        survey = conversion.survey(connection)
        if survey.encrypts:
            keyring.keyring_of(connection).newest(connection)
        lost, others = carrying.without_key(connection), carrying.of_others(connection)
    words = [_in_words(survey), BESIDE.get(loaded.settings.gallery.engine, "")]
    if lost:
        words.append(
            f"{lost} of them have no key here, so nobody is recognised or called by them: put back the file "
            "of keys of the same moment as the database, or restore a backup."
        )
        return Check(name, "fail", " ".join(filter(None, words)))
    if others:
        words.append(
            f"{', '.join(map(str, others))}: keys of a registry that is not here, as a restore that is "
            "killed leaves them; they may open what was removed. Overwrite and delete them, unless you keep "
            "that one."
        )
    if survey.clear:
        words.append("`facevec db encrypt` encrypts what is in clear.")
    return Check(name, "warn" if others or survey.clear else "ok", " ".join(filter(None, words)))


def _in_words(survey: Survey) -> str:
    if not survey.encrypts and not survey.encrypted:
        return f"Nothing is encrypted: {survey.clear} faces, photos, names and texts are in clear."
    counts = f"{survey.encrypted} faces, photos, names and texts are encrypted, {survey.clear} in clear"
    return f"{counts}." if survey.encrypts else f"{counts}; new ones are not encrypted."
