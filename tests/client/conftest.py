"""The client before the real service over the toy vision, in one process."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from flask import Flask

from facevec.client import Client
from facevec.types import Scope
from facevec.web.service import Service
from tests.web.conftest import _app, _clock, key, service

__all__ = ["_app", "_clock", "key", "service"]

ADDRESS = "http://localhost"

Dial = Callable[..., Client]


class InThread(httpx.AsyncBaseTransport):
    """The WSGI application for an asynchronous client."""

    def __init__(self, app: Flask) -> None:
        self._transport = httpx.WSGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        answer = await asyncio.to_thread(self._transport.handle_request, request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.read())


@pytest.fixture
def in_thread(_app: Flask) -> InThread:
    """The way to the service for an asynchronous client."""
    return InThread(_app)


@pytest.fixture
def secret(service: Service) -> Callable[..., str]:
    """Makes a key with scopes."""

    def make(*scopes: Scope) -> str:
        return service.app.keys.create("test", scopes)[1]

    return make


@pytest.fixture
def dial(_app: Flask, secret: Callable[..., str]) -> Iterator[Dial]:
    """A client with a key of these scopes."""
    clients = []

    def make(*scopes: Scope, **options: Any) -> Client:
        options.setdefault("transport", httpx.WSGITransport(_app))
        clients.append(Client(ADDRESS, secret(*scopes) if scopes else None, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def facevec(dial: Dial) -> Client:
    """A client that may do everything."""
    return dial("admin")


class Scripted(httpx.BaseTransport):
    """Answers with one thing after the other, errors too, and keeps what was asked."""

    def __init__(self, *script: httpx.Response | Exception) -> None:
        self._script = list(script)
        self.bodies: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.read())
        answer = self._script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class OneWay(io.BytesIO):
    """A stream that cannot be read a second time."""

    def seekable(self) -> bool:
        return False
