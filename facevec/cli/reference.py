"""docs/cli.md, exit-codes.md and errors.md, written from the commands and the error tree.

`python -m facevec.cli.reference docs` brings all up to date; a test fails when they are not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from facevec.cli import advice
from facevec.cli.common import FAULTS_EXIT_CODE, INTERRUPTED_EXIT_CODE, USAGE_EXIT_CODE
from facevec.cli.main import cli
from facevec.errors import FacevecError
from facevec.outcomes import OUTCOMES, PARTIAL_EXIT_CODE

NOTE = "<!-- Written by `python -m facevec.cli.reference docs`; change the code instead. -->"

GENERAL_EXIT_CODES = (
    (0, "Done."),
    (
        OUTCOMES[FacevecError.code].exit_code,
        "Something unexpected went wrong (`internal`); please report it.",
    ),
    (USAGE_EXIT_CODE, "The command was not understood (`usage`)."),
    (PARTIAL_EXIT_CODE, "Part of the work was done; what was not is listed, with the reason."),
    (
        FAULTS_EXIT_CODE,
        "Something is not as it should be (`doctor`, whatever verifies or checks); the command says what.",
    ),
    (
        INTERRUPTED_EXIT_CODE,
        "Stopped (`interrupted`) by Ctrl-C, SIGTERM, a closed terminal, or the answer to a question.",
    ),
)

EXIT_CODES = """\
An error ends a command with one sentence on stderr and the exit code of its kind. With `--json`,
stdout holds `{"error": {"code", "message"}}`. The service answers with the same codes; [errors.md](errors.md)
says of each why it comes and what to do. A command
that looks at several files and can use none of them ends with their common exit code.

What can be printed never decides what is done. Characters that the terminal or the file cannot hold
are escaped (`\\u0141`); JSON is UTF-8 whatever the locale. When stdout cannot be written (a full disk,
a closed descriptor), a command that changes something keeps the exit code that says what was done,
and one that only answers ends with that of `output_unwritable`; a message on stderr says so. A key
that could not be shown is revoked again. A reader that stops early (`| head`) is no failure.
"""


ERRORS = """
# Errors

{note}

Every error has a code that stays. A command ends with the [exit code](exit-codes.md) of its kind and
tells the code with `--json`; the service tells it in its [problem documents](api.md#errors), the log in
`code`.
"""


def commands(
    command: click.Command = cli, parent: click.Context | None = None
) -> Iterator[tuple[click.Context, click.Command]]:
    """Every command below `command`, itself first, each with its context."""
    context = click.Context(command, info_name="facevec" if parent is None else command.name, parent=parent)
    yield context, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            subcommand = command.get_command(context, name)
            if subcommand is not None:
                yield from commands(subcommand, context)


def cli_page() -> str:
    """The page on the commands."""
    parts = [
        "# The command line",
        NOTE,
        "Results go to stdout, messages to stderr; with `--json` the result, or the error, is JSON. "
        "[Exit codes](exit-codes.md) tell scripts what happened.",
        *(_section(context, command) for context, command in commands()),
    ]
    return "\n\n".join(parts) + "\n"


def exit_codes_page() -> str:
    """The page on exit codes."""
    general = "\n".join(f"| {code} | {meaning} |" for code, meaning in GENERAL_EXIT_CODES)
    errors = "\n".join(
        f"| {outcome.exit_code} | [`{code}`](errors.md#{code}) | {outcome.http_status} |"
        for code, outcome in OUTCOMES.items()
        if code != FacevecError.code
    )
    return (
        f"# Exit codes\n\n{NOTE}\n\n| exit code | meaning |\n| --- | --- |\n{general}\n\n"
        f"{EXIT_CODES}\n"
        f"| exit code | error code | HTTP status |\n| --- | --- | --- |\n{errors}\n"
    )


def errors_page() -> str:
    """The page on every error: what it says to a shell and to an HTTP client, why it comes, what to do."""
    sections = [_error(code, *words) for code, words in advice.BY_CODE.items()]
    return "\n\n".join([ERRORS.format(note=NOTE).strip(), *sections]) + "\n"


def _error(code: str, cause: str, remedy: str) -> str:
    general = {"usage": USAGE_EXIT_CODE, "interrupted": INTERRUPTED_EXIT_CODE}
    outcome = OUTCOMES.get(code)
    seen = [f"Exit code {outcome.exit_code}", f"HTTP {outcome.http_status}"] if outcome else ["HTTP only"]
    if code in general:
        seen = [f"Exit code {general[code]}"]
    return f"## {code}\n\n{', '.join(seen)}. {cause}\n\n**What to do.** {remedy}"


def _section(context: click.Context, command: click.Command) -> str:
    usage = command.get_usage(context).removeprefix("Usage: ")
    level = "##" if isinstance(command, click.Group) else "###"
    parts = [
        f"{level} {context.command_path}",
        f"```\n{' '.join(usage.split())}\n```",
        _help(command),
    ]
    records = [
        record
        for option in command.get_params(context)
        if option.name != "help"
        if (record := option.get_help_record(context))
    ]
    if records:
        rows = "\n".join(f"| `{names}` | {' '.join(text.split())} |" for names, text in records)
        parts.append(f"| option | |\n| --- | --- |\n{rows}")
    if isinstance(command, click.Group):
        listed = (command.get_command(context, name) for name in command.list_commands(context))
        parts.append("\n".join(f"- `{one.name}`: {one.get_short_help_str(200)}" for one in listed if one))
    return "\n\n".join(parts)


def _help(command: click.Command) -> str:
    paragraphs = (command.help or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def main(folder: Path) -> None:
    """Write the pages to `folder`."""
    (folder / "cli.md").write_text(cli_page(), encoding="utf-8")
    (folder / "errors.md").write_text(errors_page(), encoding="utf-8")
    (folder / "exit-codes.md").write_text(exit_codes_page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
