"""The `facevec` command and all below it. Each imports what it works with when it is called."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import click

from facevec import __version__
from facevec.cli.root import RootGroup
from facevec.cli.session import Session
from facevec.files import OTHERS_WRITE

COMMANDS = (
    "approvals",
    "audit",
    "backup",
    "calibrate",
    "config",
    "consent",
    "crop",
    "db",
    "demo",
    "doctor",
    "erasure",
    "evaluate",
    "evaluate-emotion",
    "explain",
    "index",
    "integrity",
    "key",
    "keys",
    "models",
    "recognize",
    "restore",
    "review",
    "rights",
    "serve",
    "service",
    "verify",
    "visits",
    "worker",
)
"""Each stands in a module of `facevec.cli` that is called as it is, and is imported when it is asked for."""


def _pairs(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    for value in values:
        if "=" not in value:
            raise click.BadParameter(f"{value!r} is not SECTION.KEY=VALUE, such as match.threshold=0.9.")
    return dict(value.split("=", 1) for value in values)


def _address(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value and "@" in value:  # nor is it shown again
        raise click.BadParameter("an address holds no user and no password; --key-file names a key's file.")
    try:
        parts = urlsplit(value or "")
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if value and not is_address:
        raise click.BadParameter(f"{value!r} is no address such as https://faces.example.com.")
    return value


@click.group(cls=RootGroup, names=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="facevec")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of database, index and secrets, instead of FACEVEC_HOME.",
)
@click.option(
    "--set",
    "flags",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    callback=_pairs,
    help="Set one setting for this run; may be repeated. `facevec config show` lists them.",
)
@click.option(
    "--server",
    metavar="URL",
    envvar="FACEVEC_SERVICE",
    callback=_address,
    help="Ask the service at URL instead of working on this machine; also FACEVEC_SERVICE.",
)
@click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File with the service's key, instead of FACEVEC_API_KEY_FILE or FACEVEC_API_KEY.",
)
@click.pass_obj
def cli(
    session: Session, home: Path | None, flags: dict[str, str], server: str | None, key_file: Path | None
) -> None:
    """Who is in a picture, and what their face expresses.

    Enrol workers from photos (facevec worker add), then find them in any picture
    (facevec recognize). With --server a service does so. Results go to stdout, messages to
    stderr; exit codes are listed in docs/exit-codes.md.
    """
    if server and (home or flags):
        raise click.UsageError("--home and --set are for this machine; a service has settings of its own.")
    if key_file and not server:
        raise click.UsageError(
            "--key-file before the command is the key of the service that --server names; the key of a file "
            "stands after the command, as in `facevec backup FILE --key-file KEY`."
        )
    session.home, session.flags, session.server, session.key_file = home, flags, server, key_file


def main(session: Session | None = None) -> None:
    """Entry point of the console script. session: with other parts than the settings name."""
    _let_nobody_else_write()
    _stop_as_by_ctrl_c()
    # Or pydantic looks in every package that is installed for some that would see what it validates.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")
    session = session or Session()
    session.own_process = True
    try:
        cli(obj=session)
    finally:
        gc.freeze()  # memory goes with the process: Python would look through all of it for garbage first


def _let_nobody_else_write() -> None:
    """What is made here, networks too, is written by its owner only, whatever umask we were started with."""
    os.umask(os.umask(OTHERS_WRITE) | OTHERS_WRITE)


def _stop_as_by_ctrl_c() -> None:
    """SIGTERM, and a terminal that is closed, let a command tidy up and say what was done by then.

    Where somebody has them ignored, as nohup does, they stay so.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    # A closed terminal may tell its foreground twice, and tidying up is to be stopped by neither.
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
