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
    OutputUnwritable,
    outcome,
)
from facevec.memory import exhaustion_in
from facevec.streams import failure, readable, reader_left, steady_streams

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress

    from facevec.bootstrap import App, NetworksOf
    from facevec.config import Loaded
    from facevec.presentation.answers.base import Answer

USAGE_EXIT_CODE = 2
FAULTS_EXIT_CODE = 4
"""Exit code of `facevec doctor` when a check fails."""
INTERRUPTED_EXIT_CODE = 130
STOPPED = "Stopped."
LONGEST_REASON = 600
"""Characters of an unexpected error that are shown; of a longer one its beginning and its end."""
PIPE_WIDTH = 400
"""Columns of a table that goes to a file or a pipe: wide enough that nothing is cut."""


@dataclass(slots=True)
class Session:
    """One run of the command line: the root's options, and the settings once they are loaded.

    deed: whether the command changes something, so that its answer is not all there is of it. networks:
    what sees, instead of the models that the settings name.
    """

    home: Path | None = None
    flags: Mapping[str, str] = field(default_factory=dict)
    loaded: Loaded | None = None
    deed: bool = False
    networks: NetworksOf | None = None


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
    return build(settings(overrides))


def build(loaded: Loaded) -> App:
    """The application of `loaded` settings; it is closed when the command ends."""
    from facevec.bootstrap import App, installed_networks

    context = click.get_current_context()
    app = App(loaded, networks=context.ensure_object(Session).networks or installed_networks)
    context.call_on_close(app.close)
    return app


def stdout() -> Console:
    """Where results go. Strings are printed as they are: no markup, no emoji codes, no colouring."""
    return _console(sys.stdout)


def stderr() -> Console:
    """Where progress and messages go."""
    return _console(sys.stderr)


def print_json(answer: Answer | None) -> None:
    """`answer`, or null, on stdout, readable by people and machines: UTF-8 whatever the locale says."""
    document = json.dumps(None if answer is None else answer.document(), ensure_ascii=False, indent=2)
    # Half a surrogate pair has no UTF-8; backslashreplace writes it as JSON does.
    click.echo(readable(document).encode("utf-8", "backslashreplace"))


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

    Exit code 0 without failures, 3 when something was `done`, else the failures' own when
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
        sys.exit(self._run(words, prog_name, extra))

    @steady_streams()
    def _run(self, words: list[str], prog_name: str | None, extra: dict[str, Any]) -> int:
        """The exit code of the command, whose errors are told."""
        as_json = "--json" in words
        session = extra.setdefault("obj", Session())
        extra.update(standalone_mode=False)
        try:
            returned = super().main(words, prog_name, **extra)
            code = returned if isinstance(returned, int) else 0
            _require_printed(session, code)
        except click.ClickException as error:
            error.show(sys.stderr)
            _print_error_json(as_json, "usage", error.format_message())
            return error.exit_code
        except click.Abort:
            note(STOPPED)
            _print_error_json(as_json, "interrupted", STOPPED)
            return INTERRUPTED_EXIT_CODE
        except Exception as error:  # noqa: BLE001  # the last line of defence: no traceback for a user
            return _told(as_json, error, session)
        return code


def _require_printed(session: Session, code: int) -> None:
    """Raises OutputUnwritable when an answer that is all there is of a command did not get out.

    What has been done stays done: of a deed only a message says that its answer is missing.
    """
    error = failure(sys.stdout)
    if error is None or reader_left(error):
        return
    if session.deed or code:
        note(f"The answer could not be written to stdout ({unprinted()}); the exit code says what was done.")
    else:
        raise OutputUnwritable(f"The answer could not be written to stdout: {unprinted()}.")


def _told(as_json: bool, error: Exception, session: Session) -> int:
    """The exit code of `error`, which is told."""
    reason = exhaustion_in(error) or error
    if not isinstance(reason, FacevecError):
        return _unexpected(as_json, error, session)
    if reason is not error and _debugging(session):
        traceback.print_exception(error)
    _report(as_json, reason.code, str(reason))
    return outcome(reason).exit_code


def _unexpected(as_json: bool, error: Exception, session: Session) -> int:
    # All lines: of an engine's errors the first only says where, the last what.
    said = " ".join(f"{type(error).__name__}: {error}".split())
    sentence = f"Something unexpected went wrong ({_shortened(said)})."
    if _debugging(session):
        traceback.print_exception(error)
    else:
        sentence += " Run it again with FACEVEC_LOGGING__LEVEL=debug for the traceback, and please report it."
    _report(as_json, FacevecError.code, sentence)
    return outcome(FacevecError()).exit_code


def _shortened(text: str) -> str:
    half = LONGEST_REASON // 2
    return text if len(text) <= LONGEST_REASON else f"{text[:half]} … {text[-half:]}"


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
    note(f"{click.style('Error:', fg='red', bold=True)} {sentence}")


def _print_error_json(as_json: bool, code: str, sentence: str) -> None:
    if as_json:
        from facevec.presentation.answers.problems import ErrorAnswer, ErrorFound

        print_json(ErrorAnswer(error=ErrorFound(code=code, message=sentence)))


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    width = None if stream.isatty() else PIPE_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
