"""`facevec erasure`: receipts of what was destroyed, and whether it is gone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.backup import backup_key_option, key_of
from facevec.cli.common import FAULTS_EXIT_CODE, app, json_option, note, print_json, show
from facevec.cli.files import PATH, is_there
from facevec.dates import in_words

if TYPE_CHECKING:
    from facevec.backups.sealed import SecretKey
    from facevec.bootstrap import App
    from facevec.erasure.verify import Scene
    from facevec.types import PlaceChecked, Receipt


@click.group()
def erasure() -> None:
    """Receipts of removals and withdrawals, which name nobody; see docs/privacy.md.

    `facevec worker remove` and `facevec worker consent --withdraw` leave one in
    `receipts` in FACEVEC_HOME, and say which.
    """


@erasure.command("list")
@json_option
def list_receipts(as_json: bool) -> None:
    """Every receipt that is kept here, oldest first."""
    from facevec.presentation.answers.erasure import ReceiptEntry, ReceiptsAnswer

    receipts = _settled(app()).receipts.all()
    if as_json:
        print_json(ReceiptsAnswer(receipts=tuple(ReceiptEntry.of(one) for one in receipts)))
    for receipt in () if as_json else receipts:
        show(f"{receipt.id}  {in_words(receipt.erased_at)}  {receipt.what}: {_counted(receipt)}")


@erasure.command("show")
@click.argument("receipt_id", metavar="ID")
@json_option
def show_receipt(receipt_id: str, as_json: bool) -> None:
    """Print the receipt ID, which is JSON in any case, to hand it out."""
    from facevec.erasure.receipts import document_of

    del as_json  # what is wrong is JSON with it, too
    facevec = _settled(app())
    document = document_of(facevec.receipts.read(receipt_id), facevec.integrity_key)
    click.echo(json.dumps(document, indent=1))


@erasure.command()
@click.argument("receipt", metavar="RECEIPT")
@click.option(
    "--backup",
    "backups",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help="Look in a backup, too; may be repeated.",
)
@backup_key_option
@json_option
def verify(receipt: str, backups: tuple[Path, ...], key_file: Path | None, as_json: bool) -> None:
    """Look everywhere for what RECEIPT, a file or an id, says was destroyed.

    For each place it says that nothing is there, that something still is and until when,
    or why that cannot be told. Exit code 4 where anything is there, or not as it should be.
    """
    from facevec.erasure.receipts import read_document, receipt_of
    from facevec.erasure.verify import check
    from facevec.presentation.answers.erasure import ErasureVerified, PlaceAnswer

    facevec = _settled(app())
    path = Path(receipt)
    shown = (
        receipt_of(read_document(path), facevec.integrity_key, receipt)
        if is_there(path)
        else facevec.receipts.read(receipt)
    )
    key = key_of(key_file)
    places = tuple(check(shown, _scene(facevec, [(file, key) for file in backups])))
    is_fault, is_left = any(one.is_fault for one in places), any(one.state == "there" for one in places)
    verdict = "fault" if is_fault else "still_there" if is_left else "gone"
    if as_json:
        answers = tuple(PlaceAnswer.of(one) for one in places)
        print_json(ErasureVerified(receipt=shown.id, verdict=verdict, places=answers))
    else:
        for place in places:
            show(_line(place))
    if verdict != "gone":
        click.get_current_context().exit(FAULTS_EXIT_CODE)


def note_receipt(receipt: Receipt | None) -> None:
    """Say which receipt there is."""
    if receipt is not None:
        note(
            f"Receipt {receipt.id}: `facevec erasure show {receipt.id}` prints it, `verify` looks everywhere."
        )


def _scene(facevec: App, backups: list[tuple[Path, SecretKey | None]]) -> Scene:
    from facevec.erasure.verify import Scene

    loaded, settings = facevec.loaded, facevec.settings
    is_recorded = settings.audit.enabled and loaded.audit_folder.exists()
    return Scene(
        key=facevec.integrity_key,
        engine=facevec.engine,
        ledger=facevec.ledger,
        home=loaded.home,
        index=loaded.index_folder,
        audit=loaded.audit_folder if is_recorded else None,
        engine_name=settings.gallery.engine,
        core_dumps=settings.server.core_dumps,
        backups=backups,
    )


def _settled(facevec: App) -> App:
    facevec.finish_removals()
    return facevec


def _line(place: PlaceChecked) -> str:
    words = {"nothing": "nothing there", "there": "STILL THERE", "unknown": "cannot be checked"}
    state = "NOT AS IT SHOULD BE" if place.is_fault and place.state == "unknown" else words[place.state]
    until = f" Until {place.until}." if place.until else ""
    return f"{place.place}: {state}. {place.sentence}{until}"


def _counted(receipt: Receipt) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(receipt.destroyed.items()))
