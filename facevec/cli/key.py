"""`facevec key`: who may use the service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import click

from facevec.cli.common import Deed, app, json_option, note, print_json, settings, show, unprinted
from facevec.cli.dates import ENDING, ENDING_HELP
from facevec.cli.recorded import noted
from facevec.cli.two_people import require_second
from facevec.dates import day_in_words, in_words
from facevec.errors import OutputUnwritable, SettingsError
from facevec.presentation.plain import printable
from facevec.types import SCOPES, ApiKey, Scope
from facevec.usecases import approvals

if TYPE_CHECKING:
    from facevec.ports import ApiKeys, LocalKey


_HELP = f"""Keys of the service: create, list, revoke; and this machine's own, which is made by itself.

A key is shown once, when it is created; only its hash is kept. Scopes:
{", ".join(f"{scope} ({words})" for scope, words in SCOPES.items())}.
"""


@click.group(help=_HELP)
def key() -> None:
    """Who may use the service."""


@key.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(tuple(SCOPES)),
    multiple=True,
    required=True,
    help="What the key may do; may be repeated.",
)
@click.option("--expires", type=ENDING, help=f"When the key ends: {ENDING_HELP}")
@json_option
def create(name: str, scopes: tuple[Scope, ...], expires: datetime | None, as_json: bool) -> None:
    """Make a key called NAME, best after who holds it, and print it, this once.

    Where making one takes two people (approvals.required), the first for two of them take one.
    """
    from facevec.presentation.answers.api_keys import NewKey
    from facevec.registry.parties import can_be_two

    facevec = app()
    keys = facevec.keys
    if can_be_two(keys.list()):
        require_second(facevec, approvals.making_a_key(name, scopes, expires))
    entry, secret = keys.create(name, scopes, expires)
    noted(key=entry.id, scopes=list(entry.scopes))
    if as_json:
        print_json(NewKey.of(entry, key=secret))
    else:
        show(secret)
    if (reason := unprinted()) is not None:
        keys.revoke(entry.id)
        raise OutputUnwritable(
            f"The key could not be written to stdout ({reason}) and is shown once only: key {entry.id} is "
            "revoked again, so make another."
        )
    if not as_json:
        note("Keep it somewhere safe: it is not shown again. Send it as `Authorization: Bearer KEY`.")
        if entry.expires_at is not None:
            note(f"It ends at {in_words(entry.expires_at)}.")


@key.command("list")
@json_option
def list_keys(as_json: bool) -> None:
    """Show every key ever made, without the keys themselves."""
    from facevec.presentation.answers.api_keys import KeyAnswer, KeysAnswer

    entries = _keys().list()
    if as_json:
        print_json(KeysAnswer(keys=tuple(KeyAnswer.of(entry) for entry in entries)))
    elif entries:
        _show_table(entries)
    else:
        note("There is no key; `facevec key create NAME --scope recognize` makes one.")


@key.command(cls=Deed)
@click.argument("key_id", metavar="ID")
@json_option
def revoke(key_id: str, as_json: bool) -> None:
    """Make the key ID useless from now on; `facevec key list` shows the ids."""
    from facevec.presentation.answers.api_keys import KeyAnswer

    entry = _keys().revoke(key_id)
    noted(key=entry.id)
    if as_json:
        print_json(KeyAnswer.of(entry))
    else:
        show(f"Key {entry.id} ({printable(entry.name)}) is revoked.")


@key.command()
@json_option
def local(as_json: bool) -> None:
    """Print the path of the file with this machine's own key, which curl sends with -H @PATH.

    The service keeps it for whoever may read the home of facevec, as long as it listens
    to this machine only. To end it and what was opened with it, delete the file.
    """
    from facevec.presentation.answers.api_keys import LocalKeyAnswer

    file = _local().path
    if as_json:
        print_json(LocalKeyAnswer(path=str(file)))
    else:
        click.echo(file)


@key.command()
@click.option("--port", type=click.IntRange(1, 65535), help="The service's port, instead of server.port.")
@json_option
def link(port: int | None, as_json: bool) -> None:
    """Print a link that opens the page of the running service, once and soon."""
    from facevec.presentation.answers.api_keys import LinkAnswer
    from facevec.registry.local_key import LINK_MINUTES

    server = settings({"server.port": port}).settings.server
    address = f"{server.url(server.port)}/?token={_local().link_token()}"
    if as_json:
        print_json(LinkAnswer(link=address, minutes=LINK_MINUTES))
    else:
        show(address)
        note(f"It opens the page once, within {LINK_MINUTES} minutes.")


def _local() -> LocalKey:
    """This machine's own key. Raises SettingsError where it does not count."""
    facevec = app()
    server = facevec.settings.server
    if not server.local_key_counts:
        raise SettingsError(
            "This machine's own key counts only where nobody else comes: with server.require_key "
            '"auto", a server.host that is loopback, and no server.public_url. Make one with '
            "`facevec key create NAME --scope recognize`."
        )
    facevec.local_key.make()
    return facevec.local_key


def _keys() -> ApiKeys:
    return app().keys


def _show_table(entries: Sequence[ApiKey]) -> None:
    from facevec.presentation.writable import Table

    now = datetime.now(timezone.utc)
    table = Table(
        "id", "name", "scopes", "created", "expires", "last used", "", box=None, header_style="bold"
    )
    for entry in entries:
        state = "revoked" if entry.revoked_at else "" if entry.valid_at(now) else "expired"
        table.add_row(
            entry.id,
            printable(entry.name),
            " ".join(entry.scopes),
            day_in_words(entry.created_at),
            in_words(entry.expires_at) if entry.expires_at else "never",
            day_in_words(entry.last_used_at) if entry.last_used_at else "never",
            state,
        )
    show(table)
