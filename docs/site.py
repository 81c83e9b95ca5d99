"""What the site does besides MkDocs: pages from outside of docs/, folders in its menu, links out of docs/.

A page is plain Markdown that reads as well in the repository; nothing in it knows of the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"

OUTSIDE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Files of the repository that the site has, and what they are called there; the front page is its own."""
ICON = "facevec/web/static/icon.svg"
EXAMPLES = "examples"

LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\])\(([^)\s]+)\)")


def on_config(config: MkDocsConfig) -> None:
    """Folders in the menu become their pages."""
    config.nav = _expanded(config.nav or [])


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Bring in the files that lie outside of docs/."""
    for source, name in OUTSIDE.items():
        if name != "index.md":
            text = _moved((ROOT / source).read_text(encoding="utf-8"))
            files.append(File.generated(config, name, content=text))
    files.append(File.generated(config, "assets/icon.svg", abs_src_path=str(ROOT / ICON)))
    for path in sorted((ROOT / EXAMPLES).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            name = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_more: Any) -> str:  # noqa: ANN401  # MkDocs' own
    """Links that lead out of docs/ lead to where the site has it, or are no links."""
    folder = posixpath.join("docs", posixpath.dirname(page.file.src_uri))
    return LINK.sub(lambda match: _link(match, folder), markdown)


def _link(match: re.Match[str], folder: str) -> str:
    text, target = match.groups()
    path, _, fragment = target.partition("#")
    if not path or "://" in path:
        return match[0]
    place = posixpath.normpath(posixpath.join(folder, path))
    if place.startswith("docs/") and (ROOT / place).is_file():
        return match[0]
    here = place.removeprefix("docs/")
    if (DOCS / here).is_dir() or place == "docs":
        here = _first_page(here)
    elif place in OUTSIDE:
        here = OUTSIDE[place]
    elif not (place.startswith(f"{EXAMPLES}/") and (ROOT / place).is_file()):
        return text.removeprefix("!")[1:-1]
    way = posixpath.relpath(here, folder.removeprefix("docs").lstrip("/") or ".")
    return f"{text}({way}{'#' + fragment if fragment else ''})"


def _first_page(folder: str) -> str:
    return min((path.relative_to(DOCS).as_posix() for path in (DOCS / folder).glob("*.md")), default=folder)


def _moved(text: str) -> str:
    """A page of the repository's root as one of docs/."""
    return LINK.sub(lambda match: _from_root(*match.groups()), text)


def _from_root(text: str, target: str) -> str:
    outside = "://" in target or target.startswith("#")
    return f"{text}({target if outside else posixpath.relpath(target, 'docs')})"


def _expanded(entry: Any) -> Any:  # noqa: ANN401  # what YAML holds
    if isinstance(entry, dict):
        return {name: _expanded(part) for name, part in entry.items()}
    if isinstance(entry, list):
        return [_expanded(part) for part in entry]
    if not entry.endswith("/"):
        return entry
    return sorted(path.relative_to(DOCS).as_posix() for path in (DOCS / entry).glob("*.md"))
