"""Where a part of a list ends, as a text that clients hand back unread."""

from __future__ import annotations

import base64
import binascii

from facevec.web.problems import Problem, bad_request


def cursor_of(last_id: int) -> str:
    """The cursor of the part after what has this id."""
    return base64.urlsafe_b64encode(str(last_id).encode()).decode()


def last_of(cursor: str | None) -> int:
    """The id before the part that `cursor` asks for; 0 for the first. Raises Problem 400."""
    if cursor is None:
        return 0
    try:
        text = base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise _no_cursor() from error
    if not text.isdigit():
        raise _no_cursor()
    return int(text)


def _no_cursor() -> Problem:
    return bad_request("cursor: This is no `next_cursor` of an earlier answer.")
