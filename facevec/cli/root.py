"""The root of the command line: whatever is raised below it becomes one sentence and an exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from facevec.cli.common import INTERRUPTED_EXIT_CODE, STOPPED, note, print_json, say_error, unprinted
from facevec.cli.session import Session
from facevec.errors import FacevecError, OutputUnwritable
from facevec.machine import importing
from facevec.memory import exhaustion_in
from facevec.outcomes import outcome
from facevec.streams import failure, reader_left, steady_streams

LONGEST_REASON = 600
"""Characters of an unexpected error that are shown; of a longer one its beginning and its end."""


class RootGroup(click.Group):
    """The root: what is raised below it becomes one sentence and an exit code.

    names: of its commands, in order; each is imported when it is asked for, so that no command waits for what
    the others work with.
    """

    def __init__(self, *args: Any, names: Sequence[str], **extra: Any) -> None:  # noqa: ANN401  # click's own
        super().__init__(*args, **extra)
        self._names = names

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's own
        """The names of the commands."""
        return list(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's own
        """The command of that name, None where there is none."""
        if cmd_name not in self._names:
            return None
        name = cmd_name.replace("-", "_")
        with importing():
            command: click.Command = getattr(import_module(f"facevec.cli.{name}"), name)
        return command

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
    say_error(sentence)
    _print_error_json(as_json, code, sentence)


def _print_error_json(as_json: bool, code: str, sentence: str) -> None:
    if as_json:
        from facevec.presentation.answers.problems import ErrorAnswer, ErrorFound

        print_json(ErrorAnswer(error=ErrorFound(code=code, message=sentence)))
