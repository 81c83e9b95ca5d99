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


@pytest.mark.parametrize(
    "name",
    [
        *("A\u202eB", "Ann\u200b", "A\u200dnn", "\u2066Ann\u2069", "A\u00adnn", "Ann\u3164", "\u200fAnn"),
        *("Ann\ufe0f", "\U000e0041nn", "Ann\u115f"),
    ],
)
def test_what_is_drawn_as_nothing_is_refused(name):
    with pytest.raises(WorkerError, match="drawn as nothing"):
        names.clean_name(name)


@pytest.mark.parametrize(
    "name",
    ["\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "ක්\u200dෂ", "渡邉\U000e0102", "José", "Łukasz 太郎"],
)
def test_marks_that_a_script_needs_are_kept(name):
    assert names.clean_name(name) == name


@pytest.mark.parametrize("name", ["A\x07", "A\nB", "\u2028A B"])
def test_control_characters_are_called_so(name):
    with pytest.raises(WorkerError, match="control characters"):
        names.clean_external_id("E" + name)
