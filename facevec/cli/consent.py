"""`facevec consent`: the texts that people agree to, and the ledger of who agreed to what."""

from __future__ import annotations

from pathlib import Path

import click

from facevec.cli.common import FAULTS_EXIT_CODE, Deed, app, json_option, note, print_json, show
from facevec.cli.files import PATH, named
from facevec.cli.reach import facevec
from facevec.errors import InputError


@click.group()
def consent() -> None:
    """Keep the texts that people agree to; look at who agreed to what.

    `facevec worker consent` records and withdraws. Every consent enters a ledger that is
    only added to, and stays there when it is withdrawn or the worker is removed.
    """


@consent.group()
def text() -> None:
    """The texts that people agree to, each under a version, for ever the same.

    Once one is kept, a consent that is recorded names one of them, and the ledger holds its
    SHA-256.
    """


@text.command(cls=Deed)
@click.argument("version")
@click.argument("file", type=PATH)
@json_option
def add(version: str, file: Path, as_json: bool) -> None:
    """Keep the text in FILE, UTF-8, as VERSION."""
    from facevec.presentation.answers.consents import ConsentTextAnswer

    kept = facevec().add_consent_text(version, _read(file))
    if as_json:
        print_json(ConsentTextAnswer.of(kept))
    else:
        show(f"{version}: SHA-256 {kept.sha256}")


@text.command("list")
@json_option
def list_texts(as_json: bool) -> None:
    """List every text, the oldest first."""
    from facevec.presentation.answers.consents import ConsentTextAnswer, ConsentTextsAnswer
    from facevec.presentation.tables import texts_table

    texts = facevec().consent_texts()
    if as_json:
        print_json(ConsentTextsAnswer(texts=tuple(ConsentTextAnswer.of(each) for each in texts)))
    elif texts:
        show(texts_table(texts))
    else:
        note("No text is kept; `facevec consent text add VERSION FILE` keeps one.")


@text.command("show")
@click.argument("version")
@json_option
def show_text(version: str, as_json: bool) -> None:
    """Print the text VERSION."""
    from facevec.presentation.answers.consents import ConsentTextAnswer

    kept = facevec().consent_text(version)
    if as_json:
        print_json(ConsentTextAnswer.of(kept))
    else:
        click.echo(kept.text.encode(), nl=False)  # as it was kept: the ledger holds its hash


@consent.command("list")
@click.argument("key", metavar="WORKER")
@json_option
def list_entries(key: str, as_json: bool) -> None:
    """List what the ledger says of WORKER, the oldest first."""
    from facevec.presentation.answers.consents import ConsentEntriesAnswer
    from facevec.presentation.tables import ledger_table

    reached = facevec()
    entries = reached.consent_entries(reached.find_worker(key))
    if as_json:
        print_json(ConsentEntriesAnswer.of_entries(entries))
    elif entries:
        show(ledger_table(entries))
    else:
        note("No consent of theirs was ever recorded.")


@consent.command()
@json_option
def verify(as_json: bool) -> None:
    """Hold the ledger against the integrity key and against the workers; exit code 4 for a fault."""
    from facevec.presentation.answers.consents import LedgerVerified

    records = app().consent_records
    count, faults = len(records.entries()), records.faults()
    if as_json:
        print_json(LedgerVerified(entries=count, faults=faults))
    else:
        for fault in faults:
            show(fault)
        show(f"{count} entries; {len(faults) or 'no'} faults.")
    if faults:
        click.get_current_context().exit(FAULTS_EXIT_CODE)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{named(file)} is not UTF-8; save it as UTF-8.") from error
    except OSError as error:
        raise InputError(f"{named(file)} cannot be read: {error.strerror or error}.") from error
