"""A new master key in the place of the one before, and the end of that one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from facevec.errors import MasterKeyWrong
from facevec.ports import MasterKey, WrappedKeys


@dataclass(frozen=True, slots=True)
class Rotation:
    """name: of the key under which everything is wrapped now. rewrapped: how much of it was not before.
    finished: whether it finished a rotation that was begun before, and began none."""

    name: str
    rewrapped: int
    finished: bool


def rotate(master: MasterKey, wrapped: WrappedKeys, begin: Callable[[], None]) -> Rotation:
    """Wrap everything under a new key; one that was begun and killed is finished, and no further begun.

    begin: has the new key there, beside the old one, which still unwraps: from then on both work, whatever
    happens in between. Raises MasterKeyUnavailable, MasterKeyWrong, RegistryError.
    """
    unfinished = prepare(master, wrapped, begin).finished
    count = wrapped.rewrap(master)
    require_all_under(master, wrapped)
    return Rotation(master.name, count, unfinished)


def prepare(master: MasterKey, wrapped: WrappedKeys, begin: Callable[[], None]) -> Rotation:
    """Have a new key there, under which nothing is wrapped yet, unless one is; so that it can be taken to
    other machines first. Raises as `rotate`."""
    unfinished = set(wrapped.names()) - {master.name}
    if not unfinished:
        begin()
    return Rotation(master.name, 0, bool(unfinished))


def require_all_under(master: MasterKey, wrapped: WrappedKeys) -> None:
    """Raises MasterKeyWrong where something is wrapped under another key."""
    others = {name: count for name, count in wrapped.names().items() if name != master.name}
    if others:
        listed = ", ".join(f"{count} under {name}" for name, count in sorted(others.items()))
        raise MasterKeyWrong(
            f"Not everything is wrapped under the master key {master.name}: {listed}; run `facevec keys "
            "master rotate` again. No key was destroyed."
        )
