"""Wrong keys: counted an address, in all processes of a service together, before any key is looked up.

Keys of 256 bits are not guessed; what is refused here is the load, and somebody is told. Behind one address
there may be a whole company: keys that were right within a day go on from there.
"""

from __future__ import annotations

import hashlib
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import structlog

from facevec.web.problems import too_many

WINDOW = 60.0
"""Seconds in which wrong keys are counted, and for which an address is locked out at first."""

LONGEST = 3600.0
"""It is twice as long each time, up to this; whoever was silent for as long begins anew."""

TRUSTED = 24 * 3600.0
REMEMBERED = 10_000
"""Addresses, and keys: the ones longest silent are forgotten first."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS addresses (
    name TEXT PRIMARY KEY, wrong INTEGER NOT NULL, since REAL NOT NULL,
    times INTEGER NOT NULL, until REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, since REAL NOT NULL);
"""
BUSY_SECONDS = 2.0

log = structlog.get_logger("facevec.web")


class Lockout:
    """Keeps addresses from trying keys without end."""

    def __init__(self, most: int, folder: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        """most: wrong keys an address may send in `WINDOW`; 0 is any number. folder: shared by processes."""
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._database = sqlite3.connect(
            ":memory:" if folder is None else folder / "wrong-keys.sqlite",
            timeout=BUSY_SECONDS,
            isolation_level="IMMEDIATE",
            check_same_thread=False,
        )
        # It need not survive the machine, and must not wait for its disk.
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("PRAGMA journal_mode = MEMORY")
        self._database.executescript(SCHEMA)

    def require_open(self, address: str, presented: str) -> None:
        """Raises Problem 429 for a key that is not known to be right, from an address that is locked out."""
        now = self._clock()
        seconds = 0
        with self._counting():
            row = self._one("SELECT until FROM addresses WHERE name = ?", address)
            if row and row[0] > now and not self._is_trusted(presented, now):
                seconds = math.ceil(row[0] - now)
        if not seconds:
            return
        raise too_many(
            "locked_out",
            f"Too many wrong keys came from this address (server.wrong_keys is {self._most} a minute); "
            f"try again in {seconds} s. Keys that were right within a day still open.",
            seconds,
        )

    def note_right(self, presented: str) -> None:
        """The key goes on to open where its address is locked out."""
        now = self._clock()
        with self._counting():
            if not self._is_trusted(presented, now + TRUSTED / 2):
                self._database.execute("REPLACE INTO keys VALUES (?, ?)", (_digest(presented), now))
                self._forget("keys")

    def note_wrong(self, address: str) -> bool:
        """Count a wrong key; whether its address is locked out from now on, which the log tells."""
        if not self._most:
            return False
        now = self._clock()
        locked, seconds = False, 0.0
        with self._counting():
            row = self._one("SELECT wrong, since, times, until FROM addresses WHERE name = ?", address)
            wrong, since, times, until = row or (0, now, 0, 0.0)
            if now - since > WINDOW:
                wrong, since = 0, now
            if now - until > LONGEST:
                times = 0
            wrong += 1
            locked = wrong >= self._most
            seconds = min(WINDOW * 2**times, LONGEST)
            if locked:
                wrong, since, times, until = 0, now, times + 1, now + seconds
            self._database.execute(
                "REPLACE INTO addresses VALUES (?, ?, ?, ?, ?)", (address, wrong, since, times, until)
            )
            self._forget("addresses")
        if locked:
            log.warning("locked_out", address=address, seconds=seconds, wrong_keys=self._most)
        return locked

    def close(self) -> None:
        """Give the file back."""
        self._database.close()

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """One transaction. Where it cannot be had, nothing is counted: keys are not guessed in a moment."""
        try:
            with self._lock, self._database:
                yield
        except sqlite3.Error as error:
            log.error("lockout_unavailable", reason=str(error))  # noqa: TRY400  # a sentence says it

    def _is_trusted(self, presented: str, now: float) -> bool:
        row = self._one("SELECT since FROM keys WHERE name = ?", _digest(presented))
        return row is not None and now - row[0] < TRUSTED

    def _one(self, query: str, name: str) -> tuple[float, ...] | None:
        with closing(self._database.execute(query, (name,))) as cursor:
            row: tuple[float, ...] | None = cursor.fetchone()
            return row

    def _forget(self, table: str) -> None:
        with closing(self._database.execute(f"SELECT count(*) FROM {table}")) as cursor:  # noqa: S608  # ours
            surplus = cursor.fetchone()[0] - REMEMBERED
        if surplus > 0:
            self._database.execute(
                f"DELETE FROM {table} WHERE name IN (SELECT name FROM {table} ORDER BY since LIMIT ?)",  # noqa: S608  # ours
                (surplus,),
            )


def _digest(presented: str) -> str:
    return hashlib.sha256(presented.encode("utf-8", "replace")).hexdigest()
