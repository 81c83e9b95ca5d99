"""Keyed hashes of what was destroyed, by which bytes are found again wherever they lie.

A content is told by two windows of at most 32 bytes. Of each there is a sum over its bytes times powers of a
secret number, modulo 2 ** 64, which is taken of every place of a file at once; and, for whatever has such a
sum, a keyed BLAKE2b. Both are encrypted in a receipt, for a sum gives away some of what it was taken of to
whoever guesses the rest.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from facevec import aes
from facevec.files import open_file
from facevec.integrity import IntegrityKey

WINDOW = 32
SHORTEST = 8
"""Shorter contents stand in too many places by chance."""

_CHUNK = 4_000_000
_FEWEST_VALUES = 5
"""Different bytes in a window; zeros and the like are everywhere."""

_DIGEST_BYTES = 16

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Window:
    """Some bytes of a content of this kind."""

    kind: str
    length: int
    total: int
    digest: str


@dataclass(frozen=True, slots=True)
class Traces:
    """windows: to be looked for among bytes. values: digests of whole contents, each with its kind."""

    windows: Sequence[Window]
    values: dict[str, str]


class Tracer:
    """Takes traces, and finds them, under an integrity key."""

    def __init__(self, key: IntegrityKey) -> None:
        self._key = key
        self._factor = int.from_bytes(key.mark("erasure window", ())[:8], "little") | 1

    @cached_property
    def _powers(self) -> Words:
        return _powers(self._factor, _CHUNK + WINDOW)

    @cached_property
    def _inverse(self) -> Words:
        return _powers(pow(self._factor, -1, 1 << 64), _CHUNK)

    def traces(self, contents: Iterable[tuple[str, bytes]]) -> Traces:
        """Of contents, each with its kind."""
        windows: dict[str, Window] = {}
        values = {}
        for kind, content in contents:
            values[self.value(content)] = kind
            for window in _windows(content):
                digest = self._digest(window)
                windows[digest] = Window(kind, len(window), self._total(window), digest)
        return Traces(tuple(windows.values()), values)

    def value(self, content: bytes) -> str:
        """What stands for a whole content, by its length and both ends."""
        parts = (len(content).to_bytes(8, "big"), content[:64], content[-64:])
        return self._key.mark("erasure value", parts)[:_DIGEST_BYTES].hex()

    def found_in(self, path: Path, traces: Traces) -> set[str]:
        """The kinds of what is in a file. Raises OSError."""
        kinds: set[str] = set()
        by_length: dict[int, list[Window]] = {}
        for window in traces.windows:
            by_length.setdefault(window.length, []).append(window)
        with open_file(path) as file:
            tail = b""
            while chunk := file.read(_CHUNK - WINDOW):
                data = tail + chunk
                sums = self._sums(data)
                for length, windows in by_length.items():
                    kinds.update(self._among(data, sums, length, windows))
                tail = data[-(WINDOW - 1) :]
        return kinds

    def sealed(self, traces: Traces) -> str:
        """As only who has the integrity key reads them."""
        windows = [[one.kind, one.length, one.total, one.digest] for one in traces.windows]
        text = json.dumps({"windows": windows, "values": traces.values}, separators=(",", ":")).encode()
        return base64.b64encode(aes.seal(self._sealing, text)).decode("ascii")

    def unsealed(self, text: str) -> Traces:
        """Raises ValueError for what is not as `sealed` wrote it under this key."""
        plain = aes.unseal(self._sealing, base64.b64decode(text, validate=True))
        if plain is None:
            raise ValueError("another key, or changed")
        document = json.loads(plain)
        return Traces(tuple(Window(*one) for one in document["windows"]), document["values"])

    @property
    def _sealing(self) -> bytes:
        return self._key.mark("erasure traces", ())

    def _digest(self, window: bytes) -> str:
        return self._key.mark("erasure trace", (window,))[:_DIGEST_BYTES].hex()

    def _total(self, window: bytes) -> int:
        return sum(byte * pow(self._factor, place, 1 << 64) for place, byte in enumerate(window)) % (1 << 64)

    def _sums(self, data: bytes) -> Words:
        """Of all bytes before each place, times the powers of these."""
        values = np.frombuffer(data, np.uint8).astype(np.uint64)
        sums = np.zeros(len(data) + 1, np.uint64)
        np.cumsum(values * self._powers[: len(data)], out=sums[1:])
        return sums

    def _among(self, data: bytes, sums: Words, length: int, windows: Sequence[Window]) -> Iterator[str]:
        places = len(data) - length + 1
        if places <= 0:
            return
        totals = (sums[length:] - sums[:places]) * self._inverse[:places]
        wanted = {window.total: window for window in windows}
        likely = np.zeros(1 << 16, np.bool_)
        likely[[total >> 48 for total in wanted]] = True
        for place in np.flatnonzero(likely[totals >> np.uint64(48)]):
            window = wanted.get(int(totals[place]))
            if window is not None and self._digest(data[place : place + length]) == window.digest:
                yield window.kind


def _windows(content: bytes) -> Iterator[bytes]:
    """Its end, and its beginning or, where beginnings are alike as those of pictures, its middle."""
    if len(content) < SHORTEST:
        return
    starts = (
        {0, len(content) - WINDOW} if len(content) <= _WHOLE else {len(content) // 2, len(content) - WINDOW}
    )
    for start in starts:
        window = content[max(start, 0) : max(start, 0) + WINDOW]
        if len(set(window)) >= _FEWEST_VALUES:
            yield window


_WHOLE = 8192


def _powers(factor: int, count: int) -> Words:
    powers = np.full(count, factor, np.uint64)
    powers[0] = 1
    return np.cumprod(powers, dtype=np.uint64)
