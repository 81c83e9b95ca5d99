"""The settings file with every setting in it, explained and commented out.

config/facevec.toml is what this prints, and a test fails when it is not; `facevec config
template` prints the same for whoever has no checkout.
"""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator

from pydantic.fields import FieldInfo

from facevec.config.kinds import Section
from facevec.config.settings import sections

WIDTH = 96

HEAD = """\
# Settings of facevec. Every setting is here with its default, and with an example where it has
# none; to change one, remove the # in front of it. An unknown name is refused.
#
# A variable FACEVEC_SECTION__KEY (FACEVEC_MATCH__THRESHOLD=0.6) wins over this file, and
# `facevec --set match.threshold=0.6` over both. FACEVEC_SECTION__KEY_FILE names a file that holds
# the value, for secrets (FACEVEC_REGISTRY__URL_FILE=/run/secrets/database). In a variable and
# after --set a list is written with commas, without brackets. `facevec config show`
# prints every value and where it comes from, `facevec config template` this file. Relative paths
# begin in FACEVEC_HOME.
"""


def template() -> str:
    """The text of the file."""
    return "\n".join((HEAD, *("\n".join(_section(name, model)) + "\n" for name, model in sections().items())))


def _section(name: str, model: type[Section]) -> Iterator[str]:
    yield _comment(inspect.getdoc(model))
    yield f"[{name}]"
    for key, setting in model.model_fields.items():
        yield _comment(setting.description)
        yield f"#{key} = {_shown(setting)}"


def _shown(setting: FieldInfo) -> str:
    if setting.default is None:
        example = next(iter(setting.examples or ()))
        return f"{json.dumps(example)}  # for example"
    return json.dumps(setting.default)  # strings, numbers, booleans and lists are written alike in TOML


def _comment(text: str | None) -> str:
    return textwrap.fill(
        text or "",
        WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )
