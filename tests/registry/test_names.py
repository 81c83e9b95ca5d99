from __future__ import annotations

import pytest

from facevec.errors import WorkerError
from facevec.registry import names


@pytest.mark.parametrize(
    "folder",
    ["José".encode("latin-1"), "Łukasz".encode("cp1250"), "Ann".encode("utf-16"), b"A\xc3", b"A\xed\xa0\xbd"],
)
def test_a_name_that_is_not_utf_8_is_called_so(folder):
    as_the_system_gives_it = folder.decode("utf-8", "surrogateescape")
    with pytest.raises(WorkerError, match="is not UTF-8") as refusal:
        names.clean_name(as_the_system_gives_it)
    assert "control" not in str(refusal.value)


def test_half_a_character_is_not_utf_8_either():
    with pytest.raises(WorkerError, match="is not UTF-8"):
        names.clean_name("Ann \ud83d")


@pytest.mark.parametrize("name", ["A\x07", "A\nB", "A\u202eB", "\u2028A B"])
def test_control_characters_are_called_so(name):
    with pytest.raises(WorkerError, match="control characters"):
        names.clean_external_id("E" + name)
