"""What a mark is made of: a row that was marked by an older facevec has to hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection

from facevec.registry import marks
from facevec.registry.engine import open_in_memory, reading
from facevec.registry.tables import OwnScaleRow
from tests.integrity import KEY

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


class Word(str):
    """As SQLAlchemy has words that it quotes."""

    __slots__ = ()


class Number(int):
    """As an enumeration has them."""


@pytest.fixture
def connection() -> Iterator[Connection]:
    with reading(open_in_memory(KEY)) as opened:
        yield opened


def mark_with(connection: Connection, value: object) -> bytes:
    row = {"id": 7, "model": value, "contract": "c", "measured": {"b": [1, None]}, "measured_at": NOON}
    return marks.mark(connection, OwnScaleRow, row)


def mark_of(part: bytes) -> bytes:
    others = (b'j"c"', b'j{"b": [1, null]}', b"t2026-01-01T12:00:00+00:00")
    return KEY.mark("own_scales", (b"j7", part, *others))


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, 1, -1, 2**63 - 1, -(2**63), Number(3), "", "Ana", "Zoë Ångström 王 😀",
        '"quoted" \\ / \b\f\n\r\t\0\x01\x1f\x7f', "\x80\u2028\u2029\ufeff\uffff", "\ud800 alone \udfff",
        Word("Zoë"), "null", "1", [], [1, "ä", None, True, 0.1], {}, {"ä": {"b": [1.5, False]}, "a": None},
        ("a", 1),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_mark_holds_a_value_as_json_has_it(connection: Connection, value: object) -> None:
    assert mark_with(connection, value) == mark_of(b"j" + json.dumps(value).encode())


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (b"", b"b"),
        (b"\0Ana", b"b\0Ana"),
        (0.1, b"f0x1.999999999999ap-4"),
        (NOON, b"t2026-01-01T12:00:00+00:00"),
        (NOON.astimezone(timezone(timedelta(hours=2))), b"t2026-01-01T12:00:00+00:00"),
        (NOON.replace(microsecond=5), b"t2026-01-01T12:00:00.000005+00:00"),
    ],
    ids=ascii,
)
def test_a_mark_holds_other_values_in_a_way_of_their_own(
    connection: Connection, value: object, part: bytes
) -> None:
    assert mark_with(connection, value) == mark_of(part)
