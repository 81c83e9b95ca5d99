"""The root: help, errors, exit codes, documents in step, and what is not loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from facevec import __version__
from facevec.cli import reference
from facevec.cli.config import mask
from facevec.cli.main import cli
from facevec.errors import FacevecError, RegistryError, WorkerNotFound
from facevec.outcomes import OUTCOMES
from tests.cli.conftest import Run, save
from tests.conftest import ROOT
from tests.toy import Someone

COMMANDS = list(reference.commands())
ANSWERING = [
    (context, command)
    for context, command in COMMANDS
    if not isinstance(command, click.Group) and command.name != "serve"  # it logs and never answers
]
HEAVY = ("torch", "torchvision", "faiss", "openvino", "cv2", "sqlalchemy", "flask", "matplotlib")


@pytest.mark.parametrize("command", [c for _, c in COMMANDS], ids=[x.command_path for x, _ in COMMANDS])
def test_every_command_and_option_is_explained(command: click.Command) -> None:
    assert command.help
    for option in command.params:
        assert not isinstance(option, click.Option) or option.help, option.name


@pytest.mark.parametrize("command", [c for _, c in ANSWERING], ids=[x.command_path for x, _ in ANSWERING])
def test_every_command_has_json(command: click.Command) -> None:
    assert any("--json" in option.opts for option in command.params)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("cli.md", reference.cli_page()),
        ("exit-codes.md", reference.exit_codes_page()),
        ("errors.md", reference.errors_page()),
    ],
)
def test_documents_are_in_step(page: str, text: str) -> None:
    written = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert written == text, "run `python -m facevec.cli.reference docs`"


def test_exit_codes_are_each_their_own() -> None:
    codes = [outcome.exit_code for outcome in OUTCOMES.values()]
    codes += [code for code, _ in reference.GENERAL_EXIT_CODES if code != OUTCOMES["internal"].exit_code]
    assert len(codes) == len(set(codes))
    assert all(0 <= code < 256 for code in codes)


def test_version(run: Run) -> None:
    assert run("--version").stdout.strip() == f"facevec, version {__version__}"


@pytest.mark.parametrize(
    "program",
    [
        "import facevec",
        "import facevec.cli.main",
        "from click.testing import CliRunner; from facevec.cli.main import cli; "
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0",
        "from click.testing import CliRunner; from facevec.cli.main import cli; "
        "assert CliRunner().invoke(cli, ['recognize', '--help']).exit_code == 0",
    ],
)
def test_nothing_heavy_is_loaded(program: str) -> None:
    look = f"import sys; {program}; print([name for name in {HEAVY!r} if name in sys.modules])"
    process = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "[]"


def test_listing_workers_needs_nothing_heavy(run: Run, tmp_path: Path) -> None:
    assert run("worker", "add", "Ada", save(tmp_path, "ada.jpg", Someone(7, 1))).exit_code == 0
    look = (
        "import sys; from click.testing import CliRunner; from facevec.cli.main import cli; "
        "assert 'Ada' in CliRunner().invoke(cli, ['worker', 'list']).stdout; "
        "print([name for name in ('torch', 'faiss', 'openvino', 'cv2', 'numpy') if name in sys.modules])"
    )
    process = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "[]"


def failing(error: BaseException, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> click.testing.Result:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("facevec.cli.worker.facevec", fail)
    return CliRunner().invoke(cli, [*arguments, "worker", "list", "--json"])


@pytest.mark.parametrize("error", [WorkerNotFound("Nobody."), RegistryError("No registry.")])
def test_an_error_is_a_sentence_a_code_and_json(
    error: FacevecError, toy_home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = failing(error, monkeypatch=monkeypatch)
    assert result.exit_code == OUTCOMES[error.code].exit_code
    assert result.stderr == f"Error: {error}\n"
    assert json.loads(result.stdout) == {"error": {"code": error.code, "message": str(error)}}


def test_a_surprise_is_a_sentence_and_a_traceback_only_when_asked(
    toy_home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = failing(ZeroDivisionError("by zero"), monkeypatch=monkeypatch)
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert "FACEVEC_LOGGING__LEVEL=debug" in result.stderr
    assert json.loads(result.stdout)["error"]["code"] == "internal"
    debugged = failing(ZeroDivisionError("by zero"), "--set", "logging.level=debug", monkeypatch=monkeypatch)
    assert "Traceback" in debugged.stderr


def test_ctrl_c_ends_quietly(toy_home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    result = failing(KeyboardInterrupt(), monkeypatch=monkeypatch)
    assert result.exit_code == 130
    assert "Traceback" not in result.output


def test_misuse_is_json_too_when_asked(run: Run) -> None:
    result = run("worker", "list", "--colour", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "usage"


def test_a_setting_without_a_value_is_misuse(run: Run) -> None:
    assert run("--set", "match.threshold", "worker", "list").exit_code == 2


def test_the_key_of_a_service_is_taken_for_no_key_of_a_file(run: Run, tmp_path: Path) -> None:
    refused = run("--key-file", tmp_path / "key", "backup", tmp_path / "one.backup")
    assert refused.exit_code == 2
    assert "stands after the command" in refused.stderr
    assert not (tmp_path / "one.backup").exists()


def test_config_shows_values_and_where_they_come_from(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEVEC_VISION__EMBEDDING_MODEL", "toy")
    shown = json.loads(run("--set", "match.threshold=0.5", "config", "show", "--json").stdout)
    rows = {row["key"]: (row["value"], row["origin"]) for row in shown["settings"]}
    assert rows["match.threshold"] == (0.5, "flag")
    assert rows["vision.embedding_model"] == ("toy", "FACEVEC_VISION__EMBEDDING_MODEL")
    assert "match.threshold" in run("config", "show").stdout


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://me:se:cret@db:5432/x", "postgresql+psycopg://me:***@db:5432/x"),
        ("postgresql://me:a@b@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me:a/b@db/x?sslmode=require", "postgresql://me:***@db/x?sslmode=require"),
        ("postgresql://db/x?user=me&password=se:cret&a=b", "postgresql://db/x?user=me&password=***&a=b"),
        ("postgresql://me@db/x", "postgresql://me@db/x"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
        (5, 5),
    ],
)
def test_passwords_are_masked(url: object, shown: object) -> None:
    assert mask(url) == shown
