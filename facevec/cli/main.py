"""The `facevec` command. Sub-commands are imported when they are called."""

from __future__ import annotations

from pathlib import Path

import click

from facevec import __version__
from facevec.cli.common import RootGroup, Session


class Root(RootGroup):
    """The commands of facevec."""

    lazy = {  # noqa: RUF012  # typed as ClassVar in the base
        "calibrate": "facevec.cli.calibrate:calibrate",
        "config": "facevec.cli.config:config",
        "crop": "facevec.cli.crop:crop",
        "db": "facevec.cli.db:db",
        "demo": "facevec.cli.demo:demo",
        "doctor": "facevec.cli.doctor:doctor",
        "evaluate": "facevec.cli.evaluate:evaluate",
        "evaluate-emotion": "facevec.cli.evaluate_emotion:evaluate_emotion",
        "index": "facevec.cli.index:index",
        "key": "facevec.cli.key:key",
        "models": "facevec.cli.models:models",
        "recognize": "facevec.cli.recognize:recognize",
        "serve": "facevec.cli.serve:serve",
        "worker": "facevec.cli.worker:worker",
    }


def _pairs(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    for given in values:
        if "=" not in given:
            raise click.BadParameter(f"{given!r} is not SECTION.KEY=VALUE, such as match.threshold=0.9.")
    return dict(given.split("=", 1) for given in values)


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
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
@click.pass_obj
def cli(session: Session, home: Path | None, flags: dict[str, str]) -> None:
    """Who is in a picture, and what their face expresses.

    Enrol workers from photos (facevec worker add), then find them in any picture
    (facevec recognize). Results go to stdout, messages to stderr; exit codes are
    listed in docs/exit-codes.md.
    """
    session.home, session.flags = home, flags


def main() -> None:
    """Entry point of the console script."""
    cli()
