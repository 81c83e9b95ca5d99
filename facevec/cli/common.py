"""What every command shares: settings, data on stdout, messages on stderr, errors and exit codes."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO

import click

from facevec.cli.recorded import record_at_end
from facevec.cli.session import Session
from facevec.dumps import forbid_dumps
from facevec.errors import EnrolmentRefused, FacevecError, InputError
from facevec.events import set_up_by
from facevec.outcomes import OUTCOMES, PARTIAL_EXIT_CODE, outcome
from facevec.presentation.plain import printable
from facevec.streams import failure, readable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress

    from facevec.bootstrap import App
    from facevec.config import Loaded
    from facevec.networks import NetworksOf
    from facevec.presentation.answers.base import Answer

USAGE_EXIT_CODE = 2
ANSWERS_AT_ONCE = 1_000
FAULTS_EXIT_CODE = 4
"""Exit code of a command that did its work, and says of something that it is not as it should be."""
INTERRUPTED_EXIT_CODE = 130
BACKUPS = "backups"
"""The folder in the home for what an upgrade puts aside."""
STOPPED = "Stopped."
PIPE_WIDTH = 400
"""Columns of a table that goes to a file or a pipe: wide enough that nothing is cut."""


class Deed(click.Command):
    """A command that changes something, whose exit code says so even where its answer cannot be printed."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # click's own
        """Run the command."""
        ctx.ensure_object(Session).deed = True
        return super().invoke(ctx)


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the result, or the error, as JSON on stdout."
)


def settings(overrides: Mapping[str, object] | None = None) -> Loaded:
    """The settings of this run, loaded once; logging is set up with them.

    overrides: settings that a command's own options stand for; None is not given.
    Raises SettingsError.
    """
    from facevec.config import load

    context = click.get_current_context()
    session = context.ensure_object(Session)
    if session.server is not None:
        path = context.command_path
        raise click.UsageError(
            f"`{path}` works on this machine alone, not over a service; leave --server out."
        )
    if session.loaded is None:
        options = {key: value for key, value in (overrides or {}).items() if value is not None}
        session.loaded = load(session.home, flags={**session.flags, **options})
        set_up_by(partial(_log, session.loaded))
        if session.own_process and not session.loaded.settings.server.core_dumps:
            forbid_dumps()
    return session.loaded


def _log(loaded: Loaded) -> None:
    from facevec.logs import configure

    configure(loaded.settings.logging.level, loaded.settings.logging.format)


def app(overrides: Mapping[str, object] | None = None, *, many: bool = False) -> App:
    """The application; each of its parts is built when the command asks for it.

    many: whether the command goes through many pictures. What it does is recorded when it ends. Raises
    AuditUnavailable where it cannot be, and the settings want nothing done then.
    """
    app = build(settings(overrides), many=many)
    record_at_end(app)
    return app


def build(loaded: Loaded, *, many: bool = False) -> App:
    """The application of `loaded` settings; it is closed when the command ends. many: as of `app`."""
    from facevec.bootstrap import App

    app = App(loaded, networks=networks(many=many))
    click.get_current_context().call_on_close(app.close)
    return app


def networks(*, many: bool = False) -> NetworksOf:
    """What sees in this run. many: as of `app`."""
    from facevec.networks import installed_networks, networks_for_many

    usual = networks_for_many if many else installed_networks
    return click.get_current_context().ensure_object(Session).networks or usual


def stdout() -> Console:
    """Where results go. Strings are printed as they are: no markup, no emoji codes, no colouring."""
    return _console(sys.stdout)


def stderr() -> Console:
    """Where progress and messages go."""
    return _console(sys.stderr)


def print_json(answer: Answer | None) -> None:
    """`answer`, or null, on stdout, readable by people and machines: UTF-8 whatever the locale says."""
    document = json.dumps(None if answer is None else answer.document(), ensure_ascii=False, indent=2)
    _write(f"{document}\n")


def _write(json_text: str) -> None:
    # Half a surrogate pair has no UTF-8; backslashreplace writes it as JSON does.
    click.echo(readable(json_text).encode("utf-8", "backslashreplace"), nl=False)


def print_json_list(name: str, answers: Iterable[Answer]) -> None:
    """An answer that is a list of others, printed as they come: as `print_json`, whatever their number."""
    documents = (json.dumps(answer.document(), ensure_ascii=False, indent=2) for answer in answers)
    between = f'{{\n  "{name}": [\n'
    while some := [*islice(documents, ANSWERS_AT_ONCE)]:
        _write(between + ",\n".join(textwrap.indent(document, "    ") for document in some))
        between = ",\n"
    _write("\n  ]\n}\n" if between == ",\n" else f'{{\n  "{name}": []\n}}\n')


def show(value: RenderableType) -> None:
    """A sentence or a table on stdout."""
    stdout().print(value)


def note(sentence: str) -> None:
    """A message on stderr."""
    click.echo(sentence, file=sys.stderr)  # named, or click wraps it anew where its encoding is ASCII


def confirm(question: str) -> None:
    """Ask on stderr, and raise click.Abort unless stdin says yes."""
    sys.stderr.write(f"{question} [y/N]: ")
    sys.stderr.flush()
    try:
        answer = sys.stdin.readline()
    except (OSError, ValueError):  # its terminal hung up, or these bytes are no text
        answer = ""
    if not answer:
        note("\nNobody answered, so nothing was changed; --yes does it without asking.")
    if answer.strip().lower() not in {"y", "yes"}:
        raise click.Abort


def unprinted() -> str | None:
    """Why not all of the answer could be written to stdout; None while it could."""
    error = failure(sys.stdout)
    return None if error is None else str(getattr(error, "strerror", None) or error)


def progress(*, unit: str = "") -> Progress:
    """A progress bar on stderr, gone when it is done; nothing where stderr is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
        console=stderr(),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def exit_with(failures: Sequence[str], *, successes: int) -> None:
    """End a command that reported its failures one by one, given their codes.

    Exit code 0 without failures, 3 with `successes`, else the failures' own when
    it is the same for all, else that of `enrolment_refused` or `input_invalid`.
    """
    if not failures:
        return
    code = PARTIAL_EXIT_CODE if successes else OUTCOMES[_common_code(set(failures))].exit_code
    click.get_current_context().exit(code)


def _common_code(codes: set[str]) -> str:
    if len(codes) == 1:
        return next(iter(codes))
    refusals = {EnrolmentRefused.code, *(kind.code for kind in EnrolmentRefused.__subclasses__())}
    return EnrolmentRefused.code if codes & refusals else InputError.code


def end_early(error: FacevecError | KeyboardInterrupt) -> None:
    """End a command that was stopped midway and has shown what was done by then."""
    if isinstance(error, KeyboardInterrupt):
        note(STOPPED)
        code = INTERRUPTED_EXIT_CODE
    else:
        say_error(str(error))
        code = outcome(error).exit_code
    click.get_current_context().exit(code)


def say_error(sentence: str) -> None:
    """An error on stderr."""
    note(f"{click.style('Error:', fg='red', bold=True)} {printable(sentence)}")


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    width = None if stream.isatty() else PIPE_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
