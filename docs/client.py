"""The parts of the client that are written from elsewhere: its answers and its asynchronous half.

`python -m docs.client` writes `facevec/client/answers.py` from the OpenAPI document and
`facevec/client/aio.py` from the synchronous client. A test fails when either is out of step.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

from facevec.web.openapi import document

ROOT = Path(__file__).parent.parent
CLIENT = ROOT / "facevec" / "client"
ANSWERS, SOURCE, AIO = CLIENT / "answers.py", CLIENT / "client.py", CLIENT / "aio.py"

SIMPLE = {"integer": "int", "number": "float", "string": "str", "boolean": "bool", "null": "None"}
HEAD = '''"""What the service answers. Written by `python -m docs.client` from the OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .reading import Answer
'''

Json = dict[str, Any]

ASYNC = (
    (r'^"""The client\..*?"""', '"""`client` with async and await. Written by `python -m docs.client`."""'),
    (r"^import time\n", ""),
    (r"^import ssl\n", "import asyncio\nimport ssl\n"),
    (r"Callable\[\[float\], None\] = time\.sleep", "Callable[[float], Awaitable[None]] = asyncio.sleep"),
    (r"import Callable, Iterator,", "import AsyncIterator, Awaitable, Callable,"),
    (r"Iterator\[answers", "AsyncIterator[answers"),
    (r"(?<!Async)\bClient\b", "AsyncClient"),
    (r"httpx\.BaseTransport", "httpx.AsyncBaseTransport"),
    (r"\blimited\b", "limited_asynchronously"),
    (r"__(enter|exit)__", r"__a\1__"),
    (r"self\._http\.close\(\)", "self._http.aclose()"),
    (r"^    def (?!__init__)", "    async def "),
    (r"\bself\._(send|answer|sleep)\(", r"await self._\1("),
    (r"\bself\.(list_workers|list_visits|close|_http\.request|_http\.aclose)\(", r"await self.\1("),
)


def answers(api: Json) -> str:
    """The module of the answers that `api` describes."""
    schemas: Json = api["components"]["schemas"]
    names = sorted(_reached(_answered(api), schemas))
    return HEAD + "".join(_class(name, schemas[name]) for name in names if "enum" not in schemas[name])


def asynchronous(source: str) -> str:
    """The client `source` with async and await."""
    for pattern, replacement in ASYNC:
        source = re.sub(pattern, replacement, source, flags=re.MULTILINE | re.DOTALL)
    return source


def _answered(api: Json) -> set[str]:
    """The schemas of all that is answered, problems too."""
    contents = [
        content
        for path in api["paths"].values()
        for operation in path.values()
        for response in operation["responses"].values()
        for content in response.get("content", {}).values()
    ]
    return {name for content in contents for name in _references(content)}


def _references(part: object) -> set[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            return {part["$ref"].rpartition("/")[2]}
        return {name for value in part.values() for name in _references(value)}
    if isinstance(part, list):
        return {name for value in part for name in _references(value)}
    return set()


def _reached(names: set[str], schemas: Json) -> set[str]:
    reached: set[str] = set()
    while names - reached:
        name = (names - reached).pop()
        reached.add(name)
        names = names | _references(schemas[name])
    return reached


def _class(name: str, schema: Json) -> str:
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    ordered = sorted(properties, key=lambda one: one not in required)  # what may be left out comes last
    lines = [_field(one, properties[one], required=one in required) for one in ordered]
    says = textwrap.indent(_docstring(schema["description"]), "    ")
    return "\n\n@dataclass(frozen=True)\nclass " + name + "(Answer):\n" + says + "\n" + "".join(lines)


def _docstring(text: str) -> str:
    first, *others = text.split("\n\n")
    if not others:
        return f'"""{first}"""\n'
    return '"""' + "\n\n".join([first, *others]) + '\n"""\n'


def _field(name: str, schema: Json, *, required: bool) -> str:
    hint = _hint(schema)
    if required:
        return f"    {name}: {hint}\n"
    default = schema.get("default")
    if default is None:
        hint = hint if hint.endswith("None") else f"{hint} | None"
    return f"    {name}: {hint} = {() if default == [] else default!r}\n"


def _hint(schema: Json) -> str:
    if "$ref" in schema:
        return _referred(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_hint(one) for one in schema["anyOf"]))
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if values:
        return f"Literal[{_quoted(values)}]"
    return _plain_hint(schema)


def _plain_hint(schema: Json) -> str:
    if schema["type"] == "array":
        return f"tuple[{_hint(schema['items'])}, ...]"
    if schema["type"] == "object":
        return f"dict[str, {_hint(schema['additionalProperties'])}]"
    return "datetime" if schema.get("format") == "date-time" else SIMPLE[schema["type"]]


def _referred(name: str) -> str:
    schema = document()["components"]["schemas"][name]
    return _hint(schema) if "enum" in schema else name


def _quoted(values: list[str]) -> str:
    return ", ".join(f'"{value}"' for value in values)


def main() -> None:
    """Write both modules."""
    ANSWERS.write_text(answers(document()), encoding="utf-8")
    AIO.write_text(asynchronous(SOURCE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
