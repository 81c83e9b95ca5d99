"""The settings file as it ships."""

from __future__ import annotations

import re

from facevec.config import CONFIG_FILE, Settings, keys, value
from facevec.config.settings import sections
from facevec.config.sources import tomllib
from facevec.config.template import template
from tests.conftest import ROOT


def test_the_shipped_file_is_what_the_command_prints() -> None:
    assert (ROOT / CONFIG_FILE).read_text(encoding="utf-8") == template()


def test_nothing_in_it_counts_until_it_is_uncommented() -> None:
    assert Settings.model_validate(tomllib.loads(template())) == Settings()


def test_uncommented_it_says_every_default_and_an_example_of_what_is_not_set() -> None:
    tables = tomllib.loads(re.sub(r"(?m)^#(\w+ = )", r"\1", template()))
    assert tuple(f"{section}.{key}" for section, table in tables.items() for key in table) == keys()
    written, defaults = Settings.model_validate(tables), Settings()
    for key in keys():
        if value(defaults, key) is None:
            assert value(written, key) is not None
        else:
            assert value(written, key) == value(defaults, key)


def test_everything_is_explained() -> None:
    for name, section in sections().items():
        assert section.__doc__, name
        for key, setting in section.model_fields.items():
            assert setting.description, f"{name}.{key}"


def test_the_schema_explains_and_bounds_every_setting() -> None:
    sections_of = Settings.model_json_schema()["$defs"]
    threshold = sections_of["MatchSettings"]["properties"]["threshold"]
    assert threshold["description"].startswith("Largest distance")
    assert {"type": "number", "minimum": 0, "maximum": 2} in threshold["anyOf"]


def test_no_line_is_wider_than_a_page() -> None:
    assert max(map(len, template().splitlines())) <= 100
