"""What is done does not depend on what can be printed: real processes with broken, full and odd streams."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from facevec.cli.common import Deed
from facevec.cli.reference import commands
from facevec.outcomes import OUTCOMES
from tests.cli.conftest import Run, names
from tests.conftest import ROOT
from tests.ports import free_ports
from tests.toy import Someone, picture

UNWRITABLE = OUTCOMES["output_unwritable"].exit_code
LOSES = ">/dev/full"

Shell = Callable[..., "subprocess.CompletedProcess[bytes]"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the shell's redirections are POSIX"),
]


@pytest.fixture
def environment(toy_home: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def shell(environment: dict[str, str]) -> Shell:
    """Runs `facevec WORDS` in a process of its own, with the shell's redirections after it."""

    def invoke(*words: object, redirected: str = "", **variables: str) -> subprocess.CompletedProcess[bytes]:
        line = f'"$0" -m tests.toycommand "$@" {redirected}'
        return subprocess.run(
            ["bash", "-c", line, sys.executable, *map(str, words)],
            env={**environment, **variables},
            cwd=ROOT,
            capture_output=True,
            check=False,
            timeout=120,
        )

    return invoke


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(picture(Someone(1)))
    return path


ROW = """
import sys
from itertools import groupby
from tests.toycommand import run
rows = [list(words) for then, words in groupby(sys.argv[1:], "then".__eq__) if not then]
for words in rows:
    sys.argv[1:] = words
    try:
        run()
    except SystemExit as ended:
        code = ended.code or 0
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        stream.buffer.write(b"\\0%d\\0" % code)
"""
"""Commands in one process; after each its exit code between two zeros, in both streams."""


@dataclass(frozen=True)
class Ended:
    """How a command of them did."""

    code: int
    stdout: bytes
    stderr: bytes


def in_a_row(environment: Mapping[str, str], *commands: Sequence[object]) -> list[Ended]:
    words = [str(word) for command in commands for word in ("then", *command)]
    process = subprocess.run(
        [sys.executable, "-c", ROW, *words],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=True,
    )
    *out, _ = process.stdout.split(b"\0")
    *err, _ = process.stderr.split(b"\0")
    return [
        Ended(int(code), said, complaint)
        for said, code, complaint in zip(out[::2], out[1::2], err[::2], strict=True)
    ]


LOCALES = [
    {"PYTHONIOENCODING": "cp1252"},
    {"LC_ALL": "C", "PYTHONUTF8": "0"},
    {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONIOENCODING": "cp850"},
]


@pytest.mark.parametrize("variables", LOCALES, ids=lambda variables: " ".join(variables.values()))
def test_a_name_that_the_terminal_cannot_show_is_escaped_and_json_is_utf_8(
    environment: dict[str, str], run: Run, photo: Path, variables: dict[str, str]
) -> None:
    name = "Łukasz 太郎"
    added, recognized, removed, refused, missing = in_a_row(
        {**environment, **variables},
        ["worker", "add", name, photo],
        ["recognize", photo, "--json"],
        ["worker", "remove", name, "--yes"],
        ["worker", "show", "Łukasz"],
        ["worker", "add", "Ada", "Ł.jpg", "--json"],
    )
    assert added.code == removed.code == 0
    assert rb"\u0141ukasz \u592a\u90ce" in added.stdout
    (face,) = json.loads(recognized.stdout.decode("utf-8"))["images"][0]["faces"]
    assert face["worker"]["name"] == name
    assert names(run) == []
    assert (refused.code, refused.stderr.count(b"\n")) == (OUTCOMES["worker_not_found"].exit_code, 1)
    assert json.loads(missing.stdout.decode("utf-8"))["refused"][0]["source"] == "Ł.jpg"


BROKEN = [LOSES, ">&-", "2>&-", ">/dev/full 2>&1", ">&- 2>&- <&-"]


@pytest.mark.parametrize("redirected", BROKEN)
def test_the_exit_code_of_a_deed_says_what_was_done(
    shell: Shell, run: Run, photo: Path, redirected: str
) -> None:
    added = shell("worker", "add", "Ada", photo, redirected=redirected)
    assert (added.returncode, names(run)) == (0, ["Ada"])
    again = shell("worker", "add", "Eve", photo, "--json", redirected=redirected)
    assert again.returncode == OUTCOMES["photo_already_enrolled"].exit_code
    removed = shell("worker", "remove", "Ada", "--yes", "--json", redirected=redirected)
    assert (removed.returncode, names(run)) == (0, [])
    for ended in (added, again, removed):
        assert not re.search(rb"Traceback|Exception ignored|unexpected", ended.stderr)


@pytest.mark.parametrize("redirected", [LOSES, ">&- 2>&-", "1</dev/null"])
def test_an_answer_that_cannot_be_given_is_one_sentence_and_a_code(shell: Shell, redirected: str) -> None:
    for words in (["config", "show", "--json"], ["worker", "list", "--help"]):
        asked = shell(*words, redirected=redirected)
        assert asked.returncode == UNWRITABLE
        assert asked.stderr.count(b"\n") == (0 if "2>&-" in redirected else 1)


def test_a_reader_that_has_had_enough_is_no_failure(shell: Shell) -> None:
    read = shell("config", "show", redirected='| head -1; echo "${PIPESTATUS[@]}"')
    first, codes = read.stdout.decode().splitlines()
    assert (first.split()[0], codes, read.stderr) == ("setting", "0 0", b"")


@pytest.mark.parametrize("redirected", [LOSES, ">&-"])
def test_a_key_that_could_not_be_shown_opens_nothing(shell: Shell, run: Run, redirected: str) -> None:
    made = shell("key", "create", "door", "--scope", "admin", redirected=redirected)
    assert made.returncode == UNWRITABLE
    (entry,) = json.loads(run("key", "list", "--json").stdout)["keys"]
    assert entry["revoked_at"] is not None
    assert entry["id"].encode() in made.stderr


@pytest.mark.parametrize("redirected", ["</dev/null", "<&-"])
def test_a_question_that_nobody_answers_changes_nothing(
    shell: Shell, run: Run, photo: Path, redirected: str
) -> None:
    run("worker", "add", "Ada", photo)
    asked = shell("worker", "remove", "Ada", redirected=redirected)
    assert (asked.returncode, names(run)) == (130, ["Ada"])
    assert b"--yes" in asked.stderr
    assert shell("worker", "remove", "Ada", redirected="<<< y 2>&-").returncode == 0


def test_closed_descriptors_are_not_given_to_the_database(
    environment: dict[str, str], photo: Path, tmp_path: Path
) -> None:
    """Otherwise what a C library prints to descriptor 2 is written into it."""
    open_files = tmp_path / "open.txt"
    look = (
        "import os, pathlib\n"
        "from tests.toycommand import run; import facevec.registry.repository as r\n"
        "state = r.SqlRegistry.state\n"
        "def looking(self):\n"
        "    files = ' '.join(os.readlink(f'/proc/self/fd/{n}') for n in (0, 1, 2))\n"
        f"    pathlib.Path({str(open_files)!r}).write_text(files)\n"
        "    return state(self)\n"
        "r.SqlRegistry.state = looking\n"
        "run()\n"
    )
    line = f'"$0" -c "$1" worker add Ada {photo} <&- >&- 2>&-'
    added = subprocess.run(["bash", "-c", line, sys.executable, look], env=environment, cwd=ROOT, check=False)
    assert (added.returncode, open_files.read_text()) == (0, " ".join([os.devnull] * 3))


def test_a_terminal_that_hangs_up_lets_an_import_say_what_was_done(
    environment: dict[str, str], run: Run, tmp_path: Path
) -> None:
    """The terminal is gone for the progress bar and the messages; the report goes to a file."""
    people, report = tmp_path / "people", tmp_path / "report.json"
    for number in range(1, 200):
        (people / f"P{number:03}").mkdir(parents=True)
        (people / f"P{number:03}" / "a.jpg").write_bytes(picture(Someone(number)))
    child, terminal = pty.fork()
    if child == 0:  # the terminal's session, which gets SIGHUP when the other end is closed
        line = '"$0" -m tests.toycommand worker import "$1" --json >"$2"'
        os.chdir(ROOT)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup
        os.execvpe(
            "bash", ["bash", "-c", f"exec {line}", sys.executable, str(people), str(report)], environment
        )
    seen = b""
    while not re.search(rb"[2-9]/199", seen):
        seen += os.read(terminal, 4096)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 130
    answer = json.loads(report.read_text())
    assert answer["error"]["code"] == "interrupted"
    # The stop may come between the end of a transaction and the note of it.
    assert 0 < answer["enrolled"] <= len(names(run)) <= answer["enrolled"] + 1 < 199


@pytest.mark.parametrize("redirected", ["2>&-", ">&- 2>&- <&-", "2>/dev/full"])
def test_the_service_lives_without_its_streams(environment: dict[str, str], redirected: str) -> None:
    (port,) = free_ports(1)
    line = f'exec "$0" -m tests.toycommand serve --port {port} {redirected}'
    process = subprocess.Popen(["bash", "-c", line, sys.executable], env=environment, cwd=ROOT)
    try:
        assert _answers(f"http://127.0.0.1:{port}/healthz", process)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
    assert code == 0


def test_deeds_are_told_from_questions() -> None:
    """Only of a deed the exit code stays 0 when its answer is lost; a new command has to decide."""
    deeds = {
        context.command_path.removeprefix("facevec ")
        for context, command in commands()
        if isinstance(command, Deed)
    }
    assert deeds == {
        "approvals approve", "approvals refuse", "approvals withdraw", "audit export", "backup",
        "consent text add", "crop", "db compact", "db copy", "db encrypt", "db upgrade", "demo",
        "index rebuild", "integrity adopt", "key revoke", "keys master backup", "keys master forget",
        "keys master restore", "keys master rotate", "models add", "models convert", "models fetch",
        "models import", "models measure", "models migrate", "models prove", "models remove", "restore",
        "review confirm", "review reject", "rights assessment", "rights record", "serve", "service install",
        "visits purge", "worker add", "worker add-photos", "worker consent", "worker export", "worker import",
        "worker remove", "worker remove-photo", "worker rename",
    }  # fmt: skip


def _answers(url: str, process: subprocess.Popen) -> bool:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
        time.sleep(0.1)
    return False
