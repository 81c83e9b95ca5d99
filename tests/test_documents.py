"""What the pages point at is there: links, files, names in the code, commands, packages."""

from __future__ import annotations

import ast
import configparser
import importlib
import importlib.util
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from facevec.cli import reference
from facevec.config import keys

ROOT = Path(__file__).parent.parent
RECORDS = ROOT / "docs" / "adr"
ROOMS = {path.stem for path in (ROOT / "facevec").iterdir()}

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"[\w.][\w./-]*\.(?:py|md|toml|cfg|json|html|js|css|safetensors)")
IN_FILE = re.compile(r"`([\w/]+\.py)`: ((?:`[\w.]+`(?:, )?)+)")
DOTTED = re.compile(r"[a-z]\w*(?:\.\w+)+")
FACEVEC = re.compile(r"(?:^|[\s(/$])facevec ([^|)&>]*)")
NO_CODE = {*keys(), *(f"{room}.py" for room in ROOMS)}
"""Settings and files, which look like names in the code."""
MODULE = re.compile(r"python -m (facevec[\w.]*|benchmarks[\w.]*|training[\w.]*|docs[\w.]*)")
MAKE = re.compile(r"(?:^|\s)make ((?:[a-z]+ ?)+)(?:#|$|\s\s)", re.MULTILINE)


@cache
def tracked() -> tuple[str, ...]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("no git checkout: which pages there are is not known")
    return tuple(listed.stdout.splitlines())


def pages() -> list[Path]:
    return [ROOT / name for name in tracked() if name.endswith(".md") and (ROOT / name).is_file()]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The fragments by which GitHub knows the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def spans(page: Path) -> Iterator[str]:
    """What stands between single backticks."""
    yield from CODE.findall(re.sub(r"^```.*?^```", "", text_of(page), flags=re.DOTALL | re.MULTILINE))


def commands(page: Path) -> Iterator[str]:
    """Every facevec command that a page shows, without the program's name."""
    lines = "\n".join(BLOCK.findall(text_of(page))).replace("\\\n", " ").splitlines()
    shown = [line.split(" #")[0] for line in lines if not line.startswith("facevec listens")]
    yield from (words for line in (*shown, *spans(page)) for words in FACEVEC.findall(line))


def test_links_lead_somewhere() -> None:
    broken = []
    for page in pages():
        for target in LINK.findall(text_of(page)):
            if "://" in target:
                continue
            path, _, fragment = target.partition("#")
            other = (page.parent / path).resolve() if path else page
            if not other.exists() or (fragment and fragment not in anchors(other)):
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken


def test_files_that_are_named_are_there() -> None:
    known = tracked()
    missing = [
        f"{page.relative_to(ROOT)}: {span}"
        for page in pages()
        for span in spans(page)
        if FILE.fullmatch(span) and not any(f"/{name}".endswith(f"/{span}") for name in known)
    ]
    assert not missing


def attribute(path: str) -> object:
    """What a dotted name below facevec is. Raises AttributeError, ModuleNotFoundError."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        module = "facevec." + ".".join(parts[:length])
        try:
            value: object = importlib.import_module(module)
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            value = getattr(value, part)
        return value
    raise ModuleNotFoundError(path)


def names_in_code() -> Iterator[tuple[str, str]]:
    """(page, dotted name below facevec) of each that a page gives, alone or with its file."""
    for page in pages():
        for file, names in IN_FILE.findall(text_of(page)):
            module = file.removesuffix(".py").replace("/", ".")
            yield from ((page.name, f"{module}.{name}") for name in CODE.findall(names))
        for span in spans(page):
            if DOTTED.fullmatch(span) and span.split(".")[0] in ROOMS and span not in NO_CODE:
                yield page.name, span


def test_pages_that_the_code_points_at_are_there() -> None:
    pointed = {
        (name, page)
        for name in tracked()
        if name.endswith(".py") and not name.startswith("tests/") and (ROOT / name).is_file()
        for page in re.findall(r"docs/[\w./-]+?\.md", text_of(ROOT / name))
    }
    assert len(pointed) > 10
    assert not {(name, page) for name, page in pointed if not (ROOT / page).is_file()}


def test_names_of_the_code_are_there() -> None:
    names = list(names_in_code())
    assert len(names) > 20
    missing = []
    for page, name in names:
        try:
            attribute(name)
        except (AttributeError, ModuleNotFoundError):
            missing.append(f"{page}: {name}")
    assert not missing


def shown_whole(page: Path) -> Iterator[str]:
    """Every facevec command of a block that is to be typed as it stands."""
    for line in "\n".join(BLOCK.findall(text_of(page))).replace("\\\n", " ").splitlines():
        typed = re.match(r"(?:\$ )?(?:\S*/)?facevec (.*)", line.split(" #")[0])
        if typed and "listens on" not in line:
            yield re.split(r"[|>&]", typed[1])[0]


def parsed(words: str) -> click.Command:
    """The command that `words` call, with all that it takes. Raises click.UsageError."""
    command, name, rest = reference.cli, "facevec", shlex.split(words)
    parent: click.Context | None = None
    while True:
        parent = command.make_context(name, rest, parent=parent)
        if not isinstance(command, click.Group):
            return command
        if not (parent._protected_args or parent.args):
            if command.invoke_without_command:
                return command
            raise click.UsageError("a command is missing")
        name, *rest = [*parent._protected_args, *parent.args]
        inner = command.get_command(parent, name)
        if inner is None:
            raise click.UsageError(f"no command {name}")
        command = inner


def fault(words: str) -> str | None:
    """What is wrong with a command: None, or the word that the command line does not know."""
    known = {context.command_path: command for context, command in reference.commands()}
    path, options = "facevec", {"--help", "-h", "--version"}
    for word in shlex.split(words):
        options |= {name for option in known[path].params for name in (*option.opts, *option.secondary_opts)}
        if word.startswith("-") and word != "-":  # that is stdin
            if word.split("=")[0] not in options:
                return word
        elif f"{path} {word}" in known:
            path = f"{path} {word}"
        elif isinstance(known[path], click.Group) and re.fullmatch(r"[a-z-]+", word):
            return word
    return None


def test_commands_that_are_shown_exist() -> None:
    shown = [(page, words) for page in pages() for words in commands(page)]
    assert len(shown) > 40
    assert not [f"{page.name}: facevec {words}" for page, words in shown if fault(words)]


def test_commands_to_be_typed_are_understood_as_they_stand() -> None:
    faults = []
    shown = [(page, words) for page in pages() for words in shown_whole(page)]
    assert len(shown) > 40
    for page, words in shown:
        try:
            parsed(words)
        except click.UsageError as error:
            faults.append(f"{page.name}: facevec {words}: {error.format_message()}")
    assert not faults


def test_python_that_is_shown_is_python_and_imports_what_there_is() -> None:
    blocks = [
        (page, block)
        for page in pages()
        for block in re.findall(r"^```python\n(.*?)^```", text_of(page), re.DOTALL | re.MULTILINE)
        if not block.startswith("--8<--")
    ]
    assert len(blocks) >= 3
    for page, block in blocks:
        for node in ast.walk(ast.parse(block, page.name)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("facevec"):
                module = importlib.import_module(
                    (node.module or "").replace("facevec_client", "facevec.client")
                )
                assert not [one.name for one in node.names if not hasattr(module, one.name)], page.name


@pytest.mark.parametrize(
    "words", ["worker add Ada", "calibrate --target-fpir often", "worker enrol Ada", "recognize"]
)
def test_a_command_that_would_be_refused_is_seen(words: str) -> None:
    with pytest.raises(click.UsageError):
        parsed(words)


@pytest.mark.parametrize(
    ("words", "wrong"), [("worker enrol Ada", "enrol"), ("recognize a.jpg --jsn", "--jsn")]
)
def test_a_command_that_does_not_exist_is_seen(words: str, wrong: str) -> None:
    assert fault(words) == wrong


def test_modules_that_are_run_exist() -> None:
    run = {name for page in pages() for name in MODULE.findall(text_of(page))}
    assert len(run) > 5
    assert not {name for name in run if importlib.util.find_spec(name) is None}


def test_targets_of_make_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    shown = {
        target
        for page in pages()
        for part in (*BLOCK.findall(text_of(page)), *spans(page))
        for said in MAKE.findall(part)
        for target in said.split()
    }
    assert {"demo", "test"} <= shown <= targets


def test_decisions_are_numbered_one_by_one() -> None:
    records = sorted(RECORDS.iterdir())
    numbers = [int(path.name[:4]) for path in records]
    assert numbers == list(range(1, len(records) + 1))
    assert [text_of(path).split(".")[0] for path in records] == [f"# {number}" for number in numbers]


def test_every_package_has_its_place_in_the_record() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = [parser["options"]["install_requires"], *parser["options.extras_require"].values()]
    required = set(re.findall(r"^([A-Za-z][\w-]*)", "\n".join(lines), re.MULTILINE))
    assert len(required) > 30
    record = text_of(RECORDS / "0011-what-each-package-does-here.md")
    assert not {name for name in required if not re.search(rf"(?<![\w-]){name}(?![\w-])", record)}
