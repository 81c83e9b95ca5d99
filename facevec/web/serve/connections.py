"""Connections of a worker: how many there may be, and how long each may take over what."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gunicorn.asgi.protocol import ASGIProtocol

from facevec.web.address import Network, parsed, subscriber
from facevec.web.serve.bridge import CONNECTION, Message

HEADER_SECONDS = 10.0
"""Longest time a client may take to send the first request's line and headers."""

GRACE_SECONDS = 0.5
"""A client that was waited for no longer is only about to send: it stays, be there too many for a moment."""


class Connection(ASGIProtocol):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's, which waits for headers and for answers to be taken as long as a client likes.

    waiting_since: when its client was last waited for anew, on the loop's clock.
    """

    def __init__(self, worker: Any) -> None:  # noqa: ANN401  # gunicorn's worker
        super().__init__(worker)
        self.address = self.subscriber = ""
        self.waiting_since = worker.loop.time()
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  # asyncio's
        """It is open; make room for it if there are too many."""
        self.address = (transport.get_extra_info("peername") or ("",))[0]
        self.subscriber = subscriber(self.address)
        super().connection_made(transport)
        self._deadline = self.worker.loop.call_later(HEADER_SECONDS, self.abort)
        self.worker.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        self._stop_waiting()
        self.worker.connections.remove(self)
        super().connection_lost(exc)

    def eof_received(self) -> bool:
        """The client sends no more; what it sent before is answered, over TLS it is not."""
        receiver = self._body_receiver
        if receiver is None or self._is_ssl:
            return False
        if not receiver._complete:  # gunicorn's own
            receiver.signal_disconnect()
        return True

    def abort(self) -> None:
        """Drop it at once, with whatever is not sent."""
        self.worker.connections.work_for(self)  # it makes room once
        if self.transport is not None:
            self.transport.abort()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """The service works for the client meanwhile, and waits for it afterwards."""
        self.worker.connections.work_for(self)
        try:
            yield
        finally:
            self._wait_anew()

    def expect_sent(self, seconds: float) -> None:
        """Drop it unless what was written is taken within so many seconds."""
        if self.transport is not None and self.transport.get_write_buffer_size():
            self._stop_waiting()
            self._deadline = self.worker.loop.call_later(seconds, self._drop_unsent)

    def end_if_idle(self) -> None:
        """Close it, unless a request has begun."""
        if self._current_request is None:
            self._close_transport()
            self.abort()

    def _on_headers_complete(self) -> Any:  # noqa: ANN401  # gunicorn's own
        self._stop_waiting()
        self._wait_anew()
        return super()._on_headers_complete()

    def _build_http_scope(self, *arguments: Any) -> Message:  # noqa: ANN401  # handed on as they come
        scope: Message = super()._build_http_scope(*arguments)
        scope[CONNECTION] = self
        return scope

    def _close_transport(self) -> None:
        super()._close_transport()
        # Where the client has gone meanwhile and cannot be told the end, gunicorn's closes nothing.
        if self.transport is not None:
            self.transport.close()

    def _is_websocket_upgrade(self, _request: object) -> bool:
        return False  # there is none here: such a request is answered as if it had not asked

    def _wait_anew(self) -> None:
        self.waiting_since = self.worker.loop.time()
        if not self._conn_lost_handled:
            self.worker.connections.wait_for(self)

    def _drop_unsent(self) -> None:
        if self.transport is not None and self.transport.get_write_buffer_size():
            self.abort()

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Connections:
    """All of a worker's. Where there are too many, those that were waited for the longest make room."""

    def __init__(self, most: int, most_an_address: int, proxies: Collection[Network]) -> None:
        """proxies: stand for many clients, so that only `most` counts for them."""
        self._most = most
        self._most_an_address = most_an_address
        self._proxies = proxies
        self._all = _Group()
        self._by_address: dict[str, _Group] = {}

    def __len__(self) -> int:
        return len(self._all.members)

    def add(self, connection: Connection) -> None:
        """Count one that was opened."""
        group = self._by_address.setdefault(connection.subscriber, _Group())
        for one in (self._all, group):
            one.members.add(connection)
        self.wait_for(connection)
        if len(group.members) > self._most_an_address and not self._is_proxy(connection.address):
            group.end_longest_waiting(connection.waiting_since - GRACE_SECONDS)
        if len(self._all.members) > self._most and not self._all.end_longest_waiting():
            connection.abort()

    def remove(self, connection: Connection) -> None:
        """One was closed."""
        self.work_for(connection)
        for group in (self._all, self._by_address.get(connection.subscriber, self._all)):
            group.members.discard(connection)
            if not group.members:
                self._by_address.pop(connection.subscriber, None)

    def wait_for(self, connection: Connection) -> None:
        """From now on the client is waited for."""
        for group in (self._all, self._by_address[connection.subscriber]):
            group.waiting.pop(connection, None)
            group.waiting[connection] = None

    def work_for(self, connection: Connection) -> None:
        """From now on the service works for the client."""
        for group in (self._all, self._by_address.get(connection.subscriber, self._all)):
            group.waiting.pop(connection, None)

    def end_idle(self) -> None:
        """Close those that no request has begun on."""
        for connection in list(self._all.members):
            connection.end_if_idle()

    def _is_proxy(self, address: str) -> bool:
        peer = parsed(address)
        return peer is not None and any(peer in network for network in self._proxies)


@dataclass(slots=True, eq=False)
class _Group:
    """Connections, and those of them whose clients are waited for, the longest first."""

    members: set[Connection] = field(default_factory=set)
    waiting: dict[Connection, None] = field(default_factory=dict)

    def end_longest_waiting(self, before: float = math.inf) -> bool:
        """Drop the one that was waited for the longest, if that began `before`; whether there was one."""
        longest = next(iter(self.waiting), None)
        if longest is None or longest.waiting_since > before:
            return False
        longest.abort()
        return True
