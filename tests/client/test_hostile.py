"""What a service that means harm, or is none, can do to a client: be refused in words of the client."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from facevec.client import AsyncClient, Client, NotUnderstood
from facevec.client.bounds import LARGEST
from tests.client.conftest import ADDRESS, Scripted

PROBLEM = {"Content-Type": "application/problem+json"}
REFUSED = {"type": "t", "title": "T", "status": 500, "detail": "No.", "code": "c", "request_id": "r"}


def client(*script: httpx.Response | Exception) -> Client:
    return Client(ADDRESS, transport=Scripted(*script), sleep=lambda _: None)


@pytest.mark.parametrize(
    "wrong",
    [{"status": None}, {"status": [1]}, {"status": {}}, {"status": float("inf")}, {"reasons": 5}],
    ids=str,
)
def test_a_refusal_of_other_types_is_not_understood(wrong: dict[str, object]) -> None:
    content = json.dumps(REFUSED | wrong).encode()
    with pytest.raises(NotUnderstood):
        client(httpx.Response(500, content=content, headers=PROBLEM)).healthz()


@pytest.mark.parametrize("status", [200, 500])
def test_json_that_nests_without_end_is_not_understood(status: int) -> None:
    with pytest.raises(NotUnderstood):
        client(httpx.Response(status, content=b"[" * 200_000, headers=PROBLEM)).healthz()


def test_what_cannot_be_unpacked_is_not_understood() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"no gzip", headers={"Content-Encoding": "gzip"})

    with pytest.raises(NotUnderstood):
        Client(ADDRESS, transport=httpx.MockTransport(answer)).healthz()


class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
    """More than a client takes, a megabyte at a time."""

    def __init__(self) -> None:
        self.megabytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(LARGEST // 2**20 + 50):
            self.megabytes += 1
            yield bytes(2**20)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    stream = Endless()
    endless = httpx.MockTransport(lambda _: httpx.Response(200, stream=stream))
    with pytest.raises(NotUnderstood, match="more than 128 MB"):
        Client(ADDRESS, transport=endless).healthz()
    assert stream.megabytes == LARGEST // 2**20 + 1


async def _ask(transport: httpx.AsyncBaseTransport) -> None:
    async with AsyncClient(ADDRESS, transport=transport) as facevec:
        await facevec.healthz()


def test_nor_is_it_by_the_asynchronous_client() -> None:
    endless = httpx.MockTransport(lambda _: httpx.Response(200, stream=Endless()))
    with pytest.raises(NotUnderstood, match="more than 128 MB"):
        asyncio.run(_ask(endless))


def test_what_is_packed_unasked_is_not_unpacked() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Accept-Encoding"] == "identity"
        return httpx.Response(
            200, stream=httpx.ByteStream(gzip.compress(b"{}")), headers={"Content-Encoding": "gzip"}
        )

    with pytest.raises(NotUnderstood, match="packed"):
        Client(ADDRESS, transport=httpx.MockTransport(answer)).healthz()


def test_a_page_is_no_picture() -> None:
    with pytest.raises(NotUnderstood, match="picture"):
        client(httpx.Response(200, html="<p>Log in to this network")).recognize_annotated(b"x")


def test_a_list_that_leads_back_to_itself_ends() -> None:
    page = {"workers": [], "next_cursor": "here"}
    with pytest.raises(NotUnderstood, match="itself"):
        list(client(*[httpx.Response(200, json=page) for _ in range(5)]).workers())


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_key_does_not_follow_to_where_an_answer_leads(status: int) -> None:
    with pytest.raises(NotUnderstood):  # the script has one answer; a second call would be another error
        client(httpx.Response(status, headers={"Location": "http://elsewhere.example/"})).healthz()


@pytest.mark.parametrize("wait", ["9" * 5000, "-5", "nan", "Mon, 01 Jan 2001 00:00:00 +99999999999"])
def test_a_time_to_come_back_that_is_none_is_no_error_of_its_own(wait: str) -> None:
    answers = [httpx.Response(503, text="later", headers={"Retry-After": wait}) for _ in range(9)]
    with pytest.raises(NotUnderstood):
        client(*answers).healthz()


def test_a_file_that_is_open_as_text_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "party.jpg").write_bytes(b"x")
    with (tmp_path / "party.jpg").open(encoding="utf-8") as text, pytest.raises(TypeError, match="rb"):
        client().recognize(text)  # type: ignore[arg-type]


class Meddled(httpx.BaseTransport):
    """Somebody who writes to the picture as soon as its length was announced."""

    def __init__(self, picture: Path, content: bytes) -> None:
        self._picture, self._content = picture, content
        self.announced, self.sent = 0, b""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.announced = int(request.headers["Content-Length"])
        self._picture.write_bytes(self._content)
        self.sent = request.read()
        return httpx.Response(413)


def test_a_picture_that_grows_is_sent_as_long_as_it_was(tmp_path: Path) -> None:
    picture = tmp_path / "party.jpg"
    picture.write_bytes(b"x" * 1000)
    way = Meddled(picture, b"y" * 90_000)
    with pytest.raises(NotUnderstood):
        Client(ADDRESS, transport=way).recognize(picture)
    assert len(way.sent) == way.announced


def test_a_picture_that_is_shortened_cannot_be_read(tmp_path: Path) -> None:
    picture = tmp_path / "party.jpg"
    picture.write_bytes(b"x" * 90_000)
    with pytest.raises(OSError, match="shortened"):
        Client(ADDRESS, transport=Meddled(picture, b"")).recognize(picture)


def test_a_pipe_is_sent_whole() -> None:
    end, start = os.pipe()
    os.write(start, b"x" * 1000)
    os.close(start)
    way = Meddled(Path(os.devnull), b"")
    with os.fdopen(end, "rb") as pipe, pytest.raises(NotUnderstood):
        Client(ADDRESS, transport=way).recognize(pipe)
    assert b"x" * 1000 in way.sent
    assert len(way.sent) == way.announced


@pytest.mark.parametrize("url", ["https://ann:hush@h.example", "https://h.example:hush@x", "ann:hush@h"])
def test_a_password_in_an_address_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match="no user and no password") as refused:
        Client(url)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("url", ["", "h.example", "h.example:80", "ftp://h", "https://", "http://[::1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        Client(url)


@pytest.mark.parametrize("key", ["hush\nhush", "hush hush", "h\u00fcsh", "hush\0"])
def test_a_key_that_no_header_carries_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValueError, match="A key is") as refused:
        Client(ADDRESS, key)
    assert key not in str(refused.value)
