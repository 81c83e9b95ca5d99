"""What every command shares: settings, data on stdout, messages on stderr, errors and exit codes."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from facevec.errors import (
    OUTCOMES,
    PARTIAL_EXIT_CODE,
    EnrolmentRefused,
    FacevecError,
    InputError,
    outcome,
)

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress

    from facevec.bootstrap import App
    from facevec.config import Loaded
    from facevec.presentation.answers.base import Answer

USAGE_EXIT_CODE = 2
FAULTS_EXIT_CODE = 4
"""Exit code of `facevec doctor` when a check fails."""
INTERRUPTED_EXIT_CODE = 130
STOPPED = "Stopped."
PIPE_WIDTH = 400
"""Columns of a table that goes to a file or a pipe: wide enough that nothing is cut."""


@dataclass(slots=True)
class Session:
    """One run of the command line: the root's options, and the settings once they are loaded."""

    home: Path | None = None
    flags: Mapping[str, str] = field(default_factory=dict)
    loaded: Loaded | None = None


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the result, or the error, as JSON on stdout."
)


def settings(overrides: Mapping[str, object] | None = None) -> Loaded:
    """The settings of this run, loaded once; logging is set up with them.

    overrides: settings that a command's own options stand for; None is not given.
    Raises SettingsError.
    """
    from facevec.config import load
    from facevec.logs import configure

    session = click.get_current_context().ensure_object(Session)
    if session.loaded is None:
        options = {key: value for key, value in (overrides or {}).items() if value is not None}
        session.loaded = load(session.home, flags={**session.flags, **options})
        logging = session.loaded.settings.logging
        configure(logging.level, logging.format)
    return session.loaded


def app(overrides: Mapping[str, object] | None = None) -> App:
    """The application; each of its parts is built when the command asks for it."""
    from facevec.bootstrap import build

    return build(settings(overrides))


def stdout() -> Console:
    """Where results go. Strings are printed as they are: no markup, no emoji codes, no colouring."""
    return _console(sys.stdout)


def stderr() -> Console:
    """Where progress and messages go."""
    return _console(sys.stderr)


def print_json(answer: Answer | None) -> None:
    """`answer`, or null, on stdout, readable by people and machines."""
    document = None if answer is None else answer.document()
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def show(value: RenderableType) -> None:
    """A sentence or a table on stdout."""
    stdout().print(value)


def note(sentence: str) -> None:
    """A message on stderr."""
    click.echo(sentence, err=True)


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


def exit_with(failures: Sequence[str], *, done: int) -> None:
    """End a command that reported its failures one by one, given their codes.

    Exit code 0 without failures, 3 when something was `done`, else the failures' own when
    it is the same for all, else that of `enrolment_refused` or `input_invalid`.
    """
    if not failures:
        return
    code = PARTIAL_EXIT_CODE if done else OUTCOMES[_common_code(set(failures))].exit_code
    click.get_current_context().exit(code)


def _common_code(codes: set[str]) -> str:
    if len(codes) == 1:
        return next(iter(codes))
    refusals = {EnrolmentRefused.code, *(kind.code for kind in EnrolmentRefused.__subclasses__())}
    return EnrolmentRefused.code if codes & refusals else InputError.code


def end_early(error: FacevecError | KeyboardInterrupt) -> None:
    """End a command that was stopped midway and has shown what it had done by then."""
    if isinstance(error, KeyboardInterrupt):
        note(STOPPED)
        code = INTERRUPTED_EXIT_CODE
    else:
        _say(str(error))
        code = outcome(error).exit_code
    click.get_current_context().exit(code)


class RootGroup(click.Group):
    """The root: what is raised below it becomes one sentence and an exit code."""

    def main(  # type: ignore[override]  # click's overloads tell standalone from not; here it always is
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401  # handed to click as it came
    ) -> None:
        """Run the command line and exit; see docs/exit-codes.md."""
        words = list(sys.argv[1:] if args is None else args)
        as_json = "--json" in words
        session = Session()
        extra.update(obj=session, standalone_mode=False)
        try:
            code = super().main(words, prog_name, **extra)
        except click.ClickException as error:
            error.show()
            _print_error_json(as_json, "usage", error.format_message())
            sys.exit(error.exit_code)
        except click.Abort:
            note(STOPPED)
            _print_error_json(as_json, "interrupted", STOPPED)
            sys.exit(INTERRUPTED_EXIT_CODE)
        except FacevecError as error:
            _report(as_json, error.code, str(error))
            sys.exit(outcome(error).exit_code)
        except Exception as error:  # noqa: BLE001  # the last line of defence: no traceback for a user
            sys.exit(_unexpected(as_json, error, session))
        sys.exit(code if isinstance(code, int) else 0)


def _unexpected(as_json: bool, error: Exception, session: Session) -> int:
    first_line = f"{type(error).__name__}: {error}".splitlines()[0]
    sentence = f"Something unexpected went wrong ({first_line})."
    if _debugging(session):
        traceback.print_exception(error)
    else:
        sentence += " Run it again with FACEVEC_LOGGING__LEVEL=debug for the traceback, and please report it."
    _report(as_json, FacevecError.code, sentence)
    return outcome(FacevecError()).exit_code


def _debugging(session: Session) -> bool:
    from facevec.config import load

    try:
        loaded = session.loaded or load(session.home, flags=session.flags)
    except FacevecError:
        return False
    return loaded.settings.logging.level == "debug"


def _report(as_json: bool, code: str, sentence: str) -> None:
    _say(sentence)
    _print_error_json(as_json, code, sentence)


def _say(sentence: str) -> None:
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {sentence}", err=True)


def _print_error_json(as_json: bool, code: str, sentence: str) -> None:
    if as_json:
        from facevec.presentation.answers.problems import ErrorAnswer, ErrorFound

        print_json(ErrorAnswer(error=ErrorFound(code=code, message=sentence)))


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    width = None if stream.isatty() else PIPE_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
