"""The file of a registry's master key, with those it had before: one line of text a key, the newest first.

    facevec master keys 1
    registry 5c1f…
    2026-11-29T05:00:00+00:00 0123…

It is replaced as a whole, so that a process that is killed leaves the one before or the one after.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from facevec.aes import KEY_BYTES
from facevec.errors import MasterKeyUnavailable
from facevec.files import OWNER_ONLY, PRIVATE_FOLDER, create_whole, replacing
from facevec.masterkeys.envelope import name_of
from facevec.masterkeys.private import read_private

FIRST_LINE = "facevec master keys 1"
LONGEST = 20_000
_HEAD_LINES = 2
_WAIT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Key:
    """A master key, and when it was made."""

    secret: bytes = field(repr=False)
    made_at: datetime

    @property
    def name(self) -> str:
        return name_of(self.secret)


@dataclass(frozen=True, slots=True)
class Ring:
    """A registry's keys, the newest first: that one wraps, the others only unwrap."""

    registry: str
    keys: Sequence[Key]

    def text(self) -> str:
        """What `parsed` reads."""
        lines = (f"{key.made_at.isoformat()} {key.secret.hex()}" for key in self.keys)
        return "\n".join((FIRST_LINE, f"registry {self.registry}", *lines, ""))


def parsed(text: str, origin: str) -> Ring:
    """The keys in a text. Raises MasterKeyUnavailable, which shows nothing of the text."""
    lines = text.splitlines()
    try:
        if lines[0] == FIRST_LINE and lines[1].startswith("registry ") and len(lines) > _HEAD_LINES:
            keys = []
            for line in lines[_HEAD_LINES:]:
                moment, spelt = line.split(" ")
                secret = bytes.fromhex(spelt)
                if len(secret) != KEY_BYTES:
                    break
                keys.append(Key(secret, datetime.fromisoformat(moment)))
            else:
                return Ring(lines[1].removeprefix("registry "), tuple(keys))
    except (ValueError, IndexError):
        pass
    raise MasterKeyUnavailable(
        f"{origin} does not hold master keys as facevec writes them: it was damaged or cut off. Put it "
        "back with `facevec keys master restore FILE`."
    )


class RingFile:
    """The file in `folder` for one registry."""

    def __init__(self, folder: Path, registry: str) -> None:
        self.path = folder / f"{registry}.key"
        self.registry = registry

    def read(self) -> Ring | None:
        """None where there is none. Raises MasterKeyUnavailable."""
        content = read_private(self.path, LONGEST)
        if content is None:
            return None
        ring = parsed(content.decode("utf-8", "replace"), str(self.path))
        if ring.registry != self.registry:
            raise MasterKeyUnavailable(
                f"{self.path} holds the master key of the registry {ring.registry}; put that of "
                f"{self.registry} there."
            )
        return ring

    def make(self, now: datetime) -> None:
        """See that there is one; what is there stays. Raises MasterKeyUnavailable."""
        try:
            create_whole(self.path, Ring(self.registry, (fresh(now),)).text().encode())
        except OSError as error:
            raise self._unwritable(error) from error

    def begin(self, now: datetime) -> Ring:
        """A new key in front of those there. Raises MasterKeyUnavailable, also where none is there."""
        with self._locked():
            ring = self._required()
            return self._write(replace(ring, keys=(fresh(now), *ring.keys)))

    def forget(self) -> tuple[Key, ...]:
        """Destroy every key but the newest; those it destroyed. Raises MasterKeyUnavailable."""
        with self._locked():
            ring = self._required()
            if len(ring.keys) > 1:
                self._write(replace(ring, keys=ring.keys[:1]))
            return tuple(ring.keys[1:])

    def restore(self, ring: Ring) -> bool:
        """Have the keys of a backup here; whether any were missing. One that holds all that are here says
        which is the newest: another machine may have made it.

        Raises MasterKeyUnavailable where others are there.
        """
        with self._locked():
            here = self.read()
            if here is None:
                self._write(ring)
                return True
            known, copied = ({key.name for key in keys} for keys in (here.keys, ring.keys))
            missing = tuple(key for key in ring.keys if key.name not in known)
            if len(missing) == len(ring.keys):
                raise MasterKeyUnavailable(
                    f"{self.path} holds another master key, {here.keys[0].name}; move it away first if it "
                    "is not the right one."
                )
            if missing:
                self._write(ring if known <= copied else replace(here, keys=(*here.keys, *missing)))
            return bool(missing)

    def _required(self) -> Ring:
        ring = self.read()
        if ring is None:
            raise MasterKeyUnavailable(f"There is no master key at {self.path}.")
        return ring

    def _write(self, ring: Ring) -> Ring:
        with replacing(self.path) as successor:
            successor.write_text(ring.text(), encoding="utf-8")
        return ring

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", timeout=_WAIT_SECONDS, mode=OWNER_ONLY):
                yield
        except Timeout as error:
            raise MasterKeyUnavailable(
                f"Another process changes the master key {self.path}; wait for it."
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> MasterKeyUnavailable:
        return MasterKeyUnavailable(
            f"The master key {self.path} cannot be written: {error.strerror or error}; set keys.folder to "
            "a folder outside of FACEVEC_HOME that can."
        )


def fresh(now: datetime) -> Key:
    """A new key."""
    return Key(secrets.token_bytes(KEY_BYTES), now)
