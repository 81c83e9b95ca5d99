"""`facevec worker consent`, and the options by which other commands record a consent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone

import click

from facevec.cli.common import Deed, json_option
from facevec.cli.dates import ENDING, ENDING_HELP, MOMENT
from facevec.cli.erasure import note_receipt
from facevec.cli.reach import facevec
from facevec.cli.worker_photos import report_worker
from facevec.types import Consent

PURPOSES = (
    ("emotion", "They also agreed to their expressions being read."),
    ("photos", "They also agreed to their photos being kept; see enrolment.keep_photos."),
    ("visits", "They also agreed to a record of when and where they are seen; see visits.keep."),
)


def purpose_options(prefix: str) -> Callable[[click.decorators.FC], click.decorators.FC]:
    """The options that say what somebody agreed to beside being recognised."""

    def add_options(command: click.decorators.FC) -> click.decorators.FC:
        for purpose, words in reversed(PURPOSES):
            name = f"agreed_{purpose}"  # an argument may be called as a purpose is
            command = click.option(f"--{prefix}{purpose}", name, is_flag=True, help=words)(command)
        return command

    return add_options


def consent_options(command: click.decorators.FC) -> click.decorators.FC:
    """The options that record a consent."""
    command = click.option(
        "--consent-expires",
        type=ENDING,
        help=f"When the consent ends: {ENDING_HELP}",
    )(purpose_options("consent-")(command))
    return click.option(
        "--consent",
        "consent_text",
        metavar="TEXT_VERSION",
        help="Record that the worker agreed, now, to this version of your consent text.",
    )(command)


@click.command(cls=Deed)
@click.argument("key", metavar="WORKER")
@click.argument("text_version", required=False)
@click.option("--expires", type=ENDING, help=f"When it ends: {ENDING_HELP}")
@click.option(
    "--given",
    "given_at",
    type=MOMENT,
    help="When they agreed, if not now: 2026-11-20, or 2026-11-20T09:30.",
)
@purpose_options("")
@click.option(
    "--withdraw", is_flag=True, help="End the consent that is recorded, now, and delete their faces."
)
@json_option
def consent(
    key: str,
    text_version: str | None,
    *,
    expires: datetime | None,
    given_at: datetime | None,
    withdraw: bool,
    as_json: bool,
    **purposes: bool,
) -> None:
    """Record that WORKER agreed, now, to TEXT_VERSION of your consent text; or withdraw their consent.

    It takes the place of an earlier consent, and covers being recognised and what the options
    say; photos that are kept and that it does not cover are deleted. A worker whose consent has
    ended is not named any more. A withdrawal deletes their photos and all that was computed from
    them at once, for good. What was agreed and when it ended stays in the ledger (`facevec
    consent list`).
    """
    if withdraw == (text_version is not None):
        raise click.UsageError("Give either TEXT_VERSION or --withdraw.")
    if withdraw and (expires is not None or given_at is not None or any(purposes.values())):
        raise click.UsageError("The other options go with TEXT_VERSION, not with --withdraw.")
    reached = facevec()
    worker = reached.find_worker(key, certain=True)
    if text_version is None:
        withdrawn, receipt = reached.withdraw_consent(worker)
        report_worker(withdrawn, as_json=as_json)
        note_receipt(receipt)
        return
    agreed = _agreement(text_version, given_at or datetime.now(timezone.utc), expires, purposes)
    report_worker(reached.record_consent(worker, agreed), as_json=as_json)


def consent_of(
    text_version: str | None, expires: datetime | None, purposes: Mapping[str, bool]
) -> Consent | None:
    """What the options of `consent_options` say, as given now; None where none of them was used."""
    if text_version is not None:
        return _agreement(text_version, datetime.now(timezone.utc), expires, purposes)
    if expires is not None or any(purposes.values()):
        raise click.UsageError(
            "--consent-expires, --consent-emotion, --consent-photos and --consent-visits say more of a "
            "consent; add --consent TEXT_VERSION."
        )
    return None


def _agreement(
    text_version: str, given_at: datetime, expires: datetime | None, purposes: Mapping[str, bool]
) -> Consent:
    return Consent(
        text_version,
        given_at,
        expires,
        emotion=purposes["agreed_emotion"],
        photos=purposes["agreed_photos"],
        visits=purposes["agreed_visits"],
    )
