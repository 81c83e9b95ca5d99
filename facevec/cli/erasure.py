"""`facevec erasure`: receipts of what was destroyed, and whether it is gone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec.cli.backup import backup_key_option, key_of
from facevec.cli.common import FAULTS_EXIT_CODE, app, json_option, note, print_json, show
from facevec.cli.files import PATH, is_there
from facevec.cli.reach import facevec
from facevec.cli.reach.local import settled
from facevec.dates import in_words

if TYPE_CHECKING:
    from facevec.backups.sealed import SecretKey
    from facevec.bootstrap import App
    from facevec.erasure.search import Scene
    from facevec.types import PlaceChecked, Receipt


@click.group()
def erasure() -> None:
    """Receipts of what was destroyed, which name nobody; see docs/privacy.md.

    `facevec worker remove`, `remove-photo` and `consent --withdraw` leave one in `receipts` in
    FACEVEC_HOME, and say which; so does the nightly job for whom it destroys.
    """


@erasure.command("list")
@json_option
def list_receipts(as_json: bool) -> None:
    """Every receipt that is kept here, oldest first."""
    from facevec.presentation.answers.erasure import ReceiptEntry, ReceiptsAnswer

    receipts = settled(app()).receipts.all()
    if as_json:
        print_json(ReceiptsAnswer(receipts=tuple(ReceiptEntry.of(one) for one in receipts)))
    for receipt in () if as_json else receipts:
        show(f"{receipt.id}  {in_words(receipt.erased_at)}  {receipt.what}: {_counted(receipt)}")


@erasure.command("show")
@click.argument("receipt_id", metavar="ID")
@json_option
def show_receipt(receipt_id: str, as_json: bool) -> None:
    """Print the receipt ID, which is JSON in any case, to hand it out."""
    del as_json  # what is wrong is JSON with it, too
    click.echo(json.dumps(facevec().receipt(receipt_id), indent=1))


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
@click.option(
    "--file",
    "files",
    type=PATH,
    multiple=True,
    metavar="PATH",
    help="Look through another file or folder, too: a log, a core dump, an image of a disk.",
)
@json_option
def verify(
    receipt: str, *, backups: tuple[Path, ...], key_file: Path | None, files: tuple[Path, ...], as_json: bool
) -> None:
    """Look everywhere for what RECEIPT, a file or an id, says was destroyed.

    For each place it says that nothing is there, that something still is and until when,
    or why that cannot be told. Exit code 4 where anything is there, or not as it should be.
    """
    from facevec.erasure.receipts import read_document, receipt_of
    from facevec.erasure.verify import check
    from facevec.presentation.answers.erasure import ErasureVerified, PlaceAnswer

    own = settled(app())
    path = Path(receipt)
    shown = (
        receipt_of(read_document(path), own.integrity_key, receipt)
        if is_there(path)
        else own.receipts.read(receipt)
    )
    key = key_of(key_file)
    scene = _scene(own, [(file, key) for file in backups], files)
    places = tuple(check(shown, scene))
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


def note_receipt(receipt_id: str | None) -> None:
    """Say which receipt there is."""
    if receipt_id is not None:
        note(
            f"Receipt {receipt_id}: `facevec erasure show {receipt_id}` prints it, `verify` looks everywhere."
        )


def _scene(own: App, backups: Sequence[tuple[Path, SecretKey | None]], files: Sequence[Path]) -> Scene:
    from facevec.erasure.search import Scene

    loaded, settings = own.loaded, own.settings
    is_recorded = settings.audit.enabled and loaded.audit_folder.exists()
    return Scene(
        key=own.integrity_key,
        engine=own.engine,
        ledger=own.ledger,
        home=loaded.home,
        index=loaded.index_folder,
        audit=loaded.audit_folder if is_recorded else None,
        engine_name=settings.gallery.engine,
        core_dumps=settings.server.core_dumps,
        backups=backups,
        files=files,
    )


def _line(place: PlaceChecked) -> str:
    words = {"nothing": "nothing there", "there": "STILL THERE", "unknown": "cannot be checked"}
    state = "NOT AS IT SHOULD BE" if place.is_fault and place.state == "unknown" else words[place.state]
    until = f" Until {place.until}." if place.until else ""
    return f"{place.place}: {state}. {place.sentence}{until}"


def _counted(receipt: Receipt) -> str:
    return ", ".join(_several(count, kind) for kind, count in sorted(receipt.destroyed.items()))


def _several(count: int, kind: str) -> str:
    """Of a kind as a receipt calls it: 1 photo hash, 2 photo hashes, 2 rows of visits."""
    head, of, rest = kind.partition(" of ")
    ending = "" if count == 1 else "es" if head.endswith("sh") else "s"
    return f"{count} {head}{ending}{of}{rest}"
