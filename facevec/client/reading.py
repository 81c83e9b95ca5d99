"""JSON as the values that `answers` describes. What a newer service says besides is passed over."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import httpx

A = TypeVar("A", bound="Answer")

MISSHAPEN = (ValueError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading raises of JSON that is none, nests without end, or has other types where `read` converts."""


@dataclass(frozen=True)
class Answer:
    """What the service said. document: the same as JSON. etag: its version, where it has one. receipt: which
    proves what the call destroyed, if it did; see `Client.show_erasure`."""

    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False, kw_only=True)
    etag: str | None = field(default=None, repr=False, compare=False, kw_only=True)
    receipt: int | None = field(default=None, repr=False, compare=False, kw_only=True)


BESIDE = frozenset(one.name for one in fields(Answer))
"""What an answer has besides what the service said."""


def read(kind: type[A], document: object, etag: str | None = None, receipt: int | None = None) -> A:
    """`document` as a value of `kind`, with what came beside it. Raises ValueError where it is none."""
    if not isinstance(document, dict):
        raise ValueError(f"{kind.__name__} should be an object.")  # noqa: TRY004  # of what was read, not of a caller
    shape = _shape(cast("Any", kind))
    missing = shape.required - document.keys()
    if missing:
        raise ValueError(f"{kind.__name__} lacks {', '.join(sorted(missing))}.")
    values = {name: _value(hint, document[name]) for name, hint in shape.hints.items() if name in document}
    return kind(**values, document=document, etag=etag, receipt=receipt)


def receipt_in(response: httpx.Response) -> int | None:
    """Which receipt came with an answer."""
    text = response.headers.get("X-Erasure-Receipt", "")
    return int(text) if text.isascii() and text.isdigit() else None


@dataclass(frozen=True)
class _Shape:
    """The types of an answer's fields, and those that are never left out."""

    hints: Mapping[str, Any]
    required: frozenset[str]


@cache
def _shape(kind: Any) -> _Shape:  # noqa: ANN401  # a subclass of Answer; mypy takes no such class for hashable
    own = [one for one in fields(kind) if one.name not in BESIDE]
    hints = get_type_hints(kind)
    required = frozenset(one.name for one in own if one.default is MISSING)
    return _Shape({one.name: hints[one.name] for one in own}, required)


def _value(hint: Any, value: Any) -> Any:  # noqa: ANN401  # JSON
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is None:
        return _plain(hint, value)
    if origin is Union or origin is types.UnionType:
        return _one_of(arguments, value)
    if origin is tuple:
        return tuple(_value(arguments[0], one) for one in value)
    if origin is dict:
        return {name: _value(arguments[1], one) for name, one in value.items()}
    return value  # a Literal, of which a newer service may know more


def _plain(hint: Any, value: Any) -> Any:  # noqa: ANN401  # JSON
    if is_dataclass(hint):
        return read(cast("type[Answer]", hint), value)
    return datetime.fromisoformat(value) if hint is datetime else hint(value)


def _one_of(hints: tuple[Any, ...], value: Any) -> Any:  # noqa: ANN401  # JSON
    """The first of `hints` that `value` has all fields of; None is always one of them where it is `value`."""
    if value is None:
        return None
    for hint in hints:
        if hint is type(None) or (
            is_dataclass(hint) and not _shape(cast("Any", hint)).required <= value.keys()
        ):
            continue
        return _value(hint, value)
    raise ValueError("None of the kinds of this answer has such fields.")
