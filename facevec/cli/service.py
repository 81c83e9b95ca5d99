"""`facevec service`: run by systemd on a machine of one's own."""

from __future__ import annotations

import sys
from ipaddress import ip_address
from pathlib import Path, PurePosixPath

import click

from facevec.cli.common import Deed, json_option, note, print_json, settings, show
from facevec.cli.files import named
from facevec.cli.units import Program
from facevec.config import ServerSettings
from facevec.errors import InputError, OutputUnwritable
from facevec.files import READ_BY_ALL, replacing

HOMES = tuple(map(PurePosixPath, ("/home", "/root", "/run/user")))
"""Folders that the service does not see."""

SPARE_SECONDS = 15
"""Beyond what the settings allow after SIGTERM, before systemd ends the service."""


@click.group()
def service() -> None:
    """Run the service and the nightly job under systemd."""


@service.command(cls=Deed)
@click.option("--user", "for_user", is_flag=True, help="For this user's own systemd, without root.")
@click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write below this folder instead of / (with --user, of the folder for settings).",
)
@click.option("--dry-run", is_flag=True, help="Print the files, and write nothing.")
@json_option
def install(for_user: bool, root: Path | None, dry_run: bool, as_json: bool) -> None:
    """Write systemd's units: the service and its socket, the nightly job and its timer; then say what to run.

    Both are kept from everything but their own data. Files that are there are replaced;
    changes of yours belong into drop-ins (systemctl edit). See docs/deploy/machine.md.
    """
    from facevec.presentation.answers.system import ServiceInstalled

    if sys.platform != "linux" and root is None and not dry_run:
        raise InputError("Only Linux has systemd; --dry-run prints the units, --root writes them elsewhere.")
    server = settings().settings.server
    stop_seconds = server.drain_seconds + server.shutdown_seconds + SPARE_SECONDS
    program = Program(_python(for_user), for_user, stop_seconds, _address(server))
    below = root or (_settings_folder() if for_user else Path("/"))
    files = {below / path: text for path, text in program.files().items()}
    if dry_run and not as_json:
        click.echo("\n".join(f"# {path}\n{text}" for path, text in files.items()).rstrip())
        return
    if not dry_run:
        _write(files)
    if as_json:
        texts = {str(path): text for path, text in files.items()}
        installed = ServiceInstalled(
            files=tuple(texts), texts=texts, written=not dry_run, next_steps=program.next_steps()
        )
        print_json(installed)
        return
    show("\n".join(named(path) for path in files))
    note("Written. Now run:\n  " + "\n  ".join(program.next_steps()))


def _python(for_user: bool) -> PurePosixPath:
    """This interpreter. Raises InputError where the service could not see it, or what it links to."""
    python = Path(sys.executable).absolute()
    for part in (python, python.resolve()):  # an environment may link to a Python in somebody's home
        if not for_user and any(home in PurePosixPath(part.as_posix()).parents for home in HOMES):
            raise InputError(
                f"facevec is installed with {named(part.parent)}, which the service does not see: "
                "install it elsewhere, in /opt/facevec say, with a Python of the system, or use --user."
            )
    return PurePosixPath(python.as_posix())


def _address(server: ServerSettings) -> str:
    """Where the service listens, as systemd writes it. Raises InputError where systemd could not open it."""
    try:
        ip_address(server.host)
    except ValueError:
        raise InputError(
            f"systemd opens addresses and no names: set server.host to the address of {named(server.host)}."
        ) from None
    if server.port == 0:
        raise InputError("systemd opens a port that has a number: set server.port to another than 0.")
    return server.url(server.port).partition("://")[2]


def _settings_folder() -> Path:
    from platformdirs import user_config_path

    return user_config_path()


def _write(files: dict[Path, str]) -> None:
    """Raises OutputUnwritable."""
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path, mode=READ_BY_ALL) as fresh:
                fresh.write_text(text, encoding="utf-8")
        except OSError as error:
            raise OutputUnwritable(
                f"{named(path)} cannot be written ({error.strerror or error}); run it as root, or use --user."
            ) from error
