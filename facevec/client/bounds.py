"""How much a service may answer: what is more would fill the memory of whoever asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx

from .errors import NotUnderstood

LARGEST = 128 * 2**20
"""Bytes of an answer; a picture of the most pixels that a service takes, annotated, has a third of it."""

UNPACKED = {"Accept-Encoding": "identity"}
"""The header by which answers come as they are: packed ones could be any size."""


class _Bounded(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The bytes of `stream`, which raises NotUnderstood where they are more than `LARGEST`."""

    def __init__(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> None:
        self._stream = stream
        self._bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        if isinstance(self._stream, httpx.SyncByteStream):
            for part in self._stream:
                yield self._counted(part)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if isinstance(self._stream, httpx.AsyncByteStream):
            async for part in self._stream:
                yield self._counted(part)

    def close(self) -> None:
        if isinstance(self._stream, httpx.SyncByteStream):
            self._stream.close()

    async def aclose(self) -> None:
        if isinstance(self._stream, httpx.AsyncByteStream):
            await self._stream.aclose()

    def _counted(self, part: bytes) -> bytes:
        self._bytes += len(part)
        if self._bytes > LARGEST:
            raise NotUnderstood(f"The service answered more than {LARGEST // 2**20} MB; is this its address?")
        return part


def limited(response: httpx.Response) -> None:
    """A hook of httpx. Raises NotUnderstood for what is packed all the same, and later for too much."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise NotUnderstood("The service answered packed, which was not asked for.")
    response.stream = _Bounded(response.stream)


async def limited_asynchronously(response: httpx.Response) -> None:
    """As `limited`."""
    limited(response)
