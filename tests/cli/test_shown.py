"""The commands that the pages show are run as they stand, section by section, on people of the toy vision."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run, save
from tests.conftest import ROOT
from tests.toy import Someone

USE = ("start", "enrol", "recognize", "thresholds", "settings", "operate", "integrations")
PAGES = ("README.md", *(f"docs/{name}.md" for name in USE))
"""What is to be typed on a machine of one's own, as it stands."""

ANA, BEN, EVA, STRANGER = 1, 2, 3, 100

ELSEWHERE = {
    "models fetch": "asks another host; tests/vision/weights runs it against one of its own",
    "serve": "does not end; tests/web/test_serving.py starts it",
    "doctor": "speaks of this machine; tests/cli/test_doctor.py",
    "--server": "calls another machine; tests/cli/test_server.py",
}
"""Commands that are run by other tests, by how they begin."""

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
ADDS_EVA, NAMES_EVA = 'worker add "Eva Lind"', '"Eva Lind"'


def sections() -> Iterator[tuple[str, list[str]]]:
    """(page and heading, the facevec commands of its blocks without the program's name)."""
    for page in PAGES:
        for section in re.split(r"^(?=## )", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE):
            lines = "\n".join(BLOCK.findall(section)).replace("\\\n", " ").splitlines()
            commands = [
                line[len("facevec ") :].split(" #")[0] for line in lines if line.startswith("facevec ")
            ]
            if commands:
                yield f"{page}: {section.splitlines()[0]}", commands


SECTIONS = dict(sections())


def is_run_here(command: str) -> bool:
    return not any(command.startswith(words) for words in ELSEWHERE)


def typed(command: str) -> tuple[list[str], Path | None]:
    """The words as a shell hands them over, and where the output goes."""
    words, greater, target = command.partition(" > ")
    expanded = (sorted(map(str, Path().glob(word))) or [word] for word in shlex.split(words))
    return [word for each in expanded for word in each], Path(target.strip()) if greater else None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where somebody types: with the photos that the pages speak of."""
    monkeypatch.chdir(tmp_path)
    for look in range(3):
        save(tmp_path / "photos" / "Ana Ruiz", f"{look}.jpg", Someone(ANA, look))
        save(tmp_path / "photos" / "Ben Ode", f"{look}.jpg", Someone(BEN, look))
        save(tmp_path, f"eva{look + 1}.jpg", Someone(EVA, look))
    for number in range(30):
        save(tmp_path / "others", f"{number}.jpg", Someone(STRANGER + number))
    save(tmp_path, "party.jpg", Someone(ANA, 7), Someone(STRANGER, 7))
    for name in ("door", "passport"):
        save(tmp_path, f"{name}.jpg", Someone(EVA, 8))
        save(tmp_path / "door", f"{name}.jpg", Someone(BEN, 8))
    (tmp_path / "config").mkdir()
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("section", SECTIONS)
def test_commands_of_a_page_do_what_they_are_shown_for(section: str, run: Run) -> None:
    commands = SECTIONS[section]
    assert run("worker", "import", "photos/").exit_code == 0
    text = "\n".join(commands)
    if NAMES_EVA in text and ADDS_EVA not in text:
        assert run("worker", "add", "Eva Lind", "eva1.jpg", "eva2.jpg").exit_code == 0
    for command in filter(is_run_here, commands):
        words, target = typed(command)
        outcome = run(*words, input="y\n" * 9)
        assert outcome.exit_code == 0, f"facevec {command}\n{outcome.output}"
        if target is not None:
            target.write_text(outcome.stdout, encoding="utf-8")


def test_what_is_not_run_here_is_shown_and_little() -> None:
    commands = [command for each in SECTIONS.values() for command in each]
    assert len([*filter(is_run_here, commands)]) > 30
    for words in ELSEWHERE:
        assert any(command.startswith(words) for command in commands), words
