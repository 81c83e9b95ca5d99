"""What a doctor's check is, and how one is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from facevec.errors import FacevecError
from facevec.memory import watched

if TYPE_CHECKING:
    from facevec.config import Loaded


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, how it is, and what was found or should be done."""

    name: str
    level: Literal["ok", "warn", "fail"]
    text: str


Look = Callable[["Loaded"], Check]


def careful(name: str, look: Look, loaded: Loaded) -> Check:
    """What `look` finds; an error it meets is a failed check and keeps no other from being made."""
    try:
        with watched():
            return look(loaded)
    except FacevecError as error:
        return Check(name, "fail", str(error))
    except Exception as error:  # noqa: BLE001  # a doctor reports what broke instead of breaking
        return Check(name, "fail", f"{type(error).__name__}: {error}")


def is_new(loaded: Loaded) -> bool:
    """Whether there is no registry yet, or an empty database, which the first enrolment sets up."""
    from facevec.registry import schema

    return schema.look(loaded.registry_url).current is None
