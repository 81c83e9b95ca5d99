"""Bodies that are cheap to write and dear to read, against a real server: it neither stops nor grows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.local import LOCAL
from tests.web.pictures import FLAGS
from tests.web.raw import exchange, head, status
from tests.web.server import Running, fetch, running

RECOGNIZE = "/api/v1/recognize"
LABELS = "/api/v1/recognize/labels"
JSON = "Content-Type: application/json"
FORM = "Content-Type: multipart/form-data; boundary=x"
SIZE = 38_000_000
MAX_SECONDS = 8.0
"""Of a processor; each takes less than two. How long that lasts depends on who else is at work there."""

MAX_GROWTH = 300_000_000
"""Bytes: a body of this size, its text and what that says in base64 need 165 MB."""

MAX_ANSWER = 10_000


def repeated(piece: bytes, size: int = SIZE) -> bytes:
    return piece * (size // len(piece))


def keys(size: int = SIZE) -> bytes:
    return b"{%s}" % b",".join(b'"%08x":0' % number for number in range(size // 13))


def part(name: bytes, data: bytes) -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name, data)


BODIES = {
    "unknown keys": (RECOGNIZE, JSON, keys),
    "unknown keys that all stand within the bound": (RECOGNIZE, JSON, lambda: keys(250_000)),
    "one key many times": (RECOGNIZE, JSON, lambda: b"{%s}" % repeated(b'"file":"",')[:-1]),
    "a key as long as the body": (RECOGNIZE, JSON, lambda: b'{"%s":0}' % repeated(b"a")),
    "brackets in brackets": (RECOGNIZE, JSON, lambda: b'{"file":' + repeated(b"[")),
    "objects in objects": (RECOGNIZE, JSON, lambda: repeated(b'{"a":')),
    "a list of numbers": (LABELS, JSON, lambda: b'{"faces":[%s]}' % repeated(b"1,")[:-1]),
    "a list within the bound": (LABELS, JSON, lambda: b'{"numbers":[%s]}' % repeated(b"1,", 80_000)[:-1]),
    "a list of empty objects": (RECOGNIZE, JSON, lambda: b'{"file":[%s]}' % repeated(b"{},")[:-1]),
    "a huge number": (RECOGNIZE, JSON, lambda: b'{"candidates":%s}' % repeated(b"9")),
    "a huge fraction": (RECOGNIZE, JSON, lambda: b'{"candidates":0.%s}' % repeated(b"9")),
    "a huge number within the bound": (
        RECOGNIZE, JSON, lambda: b'{"candidates":%s}' % repeated(b"9", 900_000),
    ),
    "a huge text that is no picture": (RECOGNIZE, JSON, lambda: b'{"emotion":"%s"}' % repeated(b"a")),
    "nothing but white space": (RECOGNIZE, JSON, lambda: b"{%s}" % repeated(b" ")),
    "nothing but quotation marks": (RECOGNIZE, JSON, lambda: repeated(b'"')),
    "a text of escapes": (RECOGNIZE, JSON, lambda: b'{"file":"%s"}' % repeated(rb"\n")),
    "a text of escaped quotation marks": (RECOGNIZE, JSON, lambda: b'{"file":"%s"}' % repeated(rb"\"")),
    "a text of backslashes": (RECOGNIZE, JSON, lambda: b'{"file":"%s"}' % repeated(rb"\\")),
    "base64 in pieces": (RECOGNIZE, JSON, lambda: b'{"file":"%s"}' % repeated(b"aa ")),
    "base64 in pieces of any white space": (
        RECOGNIZE, JSON, lambda: b'{"file":"%s"}' % repeated("aa\u2003".encode()),
    ),
    "a data URI of escapes": (
        RECOGNIZE, JSON, lambda: b'{"file":"data:image/png;base64,%s"}' % repeated(b"%41"),
    ),
    "an address without end": (RECOGNIZE, JSON, lambda: b'{"file":"http://%s"}' % repeated(b"a ")),
    "Python's quotation marks": (RECOGNIZE, JSON, lambda: b'{"file":"b\'%s"}' % repeated(b"' ")),
    "line breaks in no JSON": (RECOGNIZE, JSON, lambda: b'{"file":"%s' % repeated(b"\n")),
    "parts of a form": (RECOGNIZE, FORM, lambda: part(b"file", b"") * 100_000),
    "parts that are large JSON": (
        RECOGNIZE, FORM, lambda: b"".join(part(b"f%d" % i, repeated(b"[],", 99_000)) for i in range(299)),
    ),
    "a known part that is large JSON": (
        RECOGNIZE, FORM, lambda: part(b"candidates", repeated(b"[],", 99_000)),
    ),
    "a part with a name without end": (RECOGNIZE, FORM, lambda: part(repeated(b"a"), b"")),
    "a part with a long name": (RECOGNIZE, FORM, lambda: part(b"a" * 60_000, b"") + b"--x--\r\n"),
    "a form that does not begin": (RECOGNIZE, FORM, lambda: repeated(b"--y\r\n")),
    "boundaries that are none": (RECOGNIZE, FORM, lambda: part(b"file", repeated(b"\r\n--x"))),
    "a form of the web": (
        RECOGNIZE, "Content-Type: application/x-www-form-urlencoded", lambda: repeated(b"a%41=b&"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    flags = {**FLAGS, "server.rate": "0", "emotion.enabled": "false"}
    flags["server.core_dumps"] = "true"  # its memory is looked at
    with running(tmp_path_factory.mktemp("home"), flags) as server:
        yield server


def worker(server: Running) -> psutil.Process:
    (child,) = psutil.Process(server.process.pid).children()
    return child


def memory(server: Running) -> int:
    """Bytes that the worker has in memory at this moment; the most since the last look is forgotten."""
    child = worker(server).pid
    peak = next(
        int(line.split()[1]) * 1024
        for line in Path(f"/proc/{child}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    Path(f"/proc/{child}/clear_refs").write_text("5")
    return peak


def worked(server: Running) -> float:
    """Seconds for which processors worked for the worker."""
    times = worker(server).cpu_times()
    return float(times.user + times.system)


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_dear_to_read_is_refused_early(server: Running, name: str) -> None:
    path, kind, make = BODIES[name]
    body = make()
    memory(server)
    before = memory(server)
    worked_before = worked(server)
    answer = exchange(server.port, [head(path, LOCAL, kind, f"Content-Length: {len(body)}"), body])
    seconds = worked(server) - worked_before
    grown = memory(server) - before
    assert status(answer) in (400, 413, 415), answer[:500]
    assert len(answer) < MAX_ANSWER
    assert seconds < MAX_SECONDS
    assert grown < MAX_GROWTH
    assert fetch(f"{server.url}/healthz")[0] == 200


def test_no_more_than_ten_faults_are_told(server: Running) -> None:
    body = json.dumps({f"key{number}": 0 for number in range(1000)}).encode()
    answer = exchange(server.port, [head(RECOGNIZE, LOCAL, JSON, f"Content-Length: {len(body)}"), body])
    problem = json.loads(answer.split(b"\r\n\r\n", 1)[1])
    assert (status(answer), len(problem["reasons"])) == (400, 10)


def test_a_query_of_many_names_is_refused(server: Running) -> None:
    query = "&".join(f"k{number}=" for number in range(500))
    answer = exchange(server.port, [head(f"/api/v1/workers?{query}", method="GET")])
    assert status(answer) in (400, 401)
    assert len(answer) < MAX_ANSWER


@pytest.mark.parametrize("headers", [[f"X-{n}: a" for n in range(5000)], ["X-A: " + "a" * 1_000_000]])
def test_headers_without_end_are_refused(server: Running, headers: list[str]) -> None:
    assert status(exchange(server.port, [head("/healthz", *headers, method="GET")])) in (0, 400, 431)
    assert fetch(f"{server.url}/healthz")[0] == 200
