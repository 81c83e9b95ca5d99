from __future__ import annotations

import io
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import httpx
import pytest

from facevec.client import Client, NotUnderstood, Problem, Unreachable
from tests.client.conftest import ADDRESS, OneWay, Scripted

OK = {"status": "ok"}
VERIFIED = {
    "distance": 0.1, "verify_threshold": 0.7, "same": True, "ambiguous": False, "model": "m", "bands": None,
}  # fmt: skip
ENROLLED = {"name": "Ann", "worker": None, "accepted": [], "refused": [], "reseeded": False, "turned": []}
SILENCE = httpx.ReadTimeout("silence")
NO_WAY = httpx.ConnectError("no way")


def answer(document: object = OK) -> httpx.Response:
    return httpx.Response(200, json=document)


def problem(status: int, code: str, retry_after: str | None = None) -> httpx.Response:
    document = {
        "type": "t", "title": "T", "status": status, "detail": "Later.", "code": code, "request_id": "r",
    }  # fmt: skip
    headers = {"Content-Type": "application/problem+json"}
    if retry_after is not None:
        headers["Retry-After"] = retry_after
    return httpx.Response(status, json=document, headers=headers)


def busy(seconds: str = "2") -> httpx.Response:
    return problem(503, "overloaded", seconds)


class Call:
    """A client before a script, and how long it waited."""

    def __init__(self, *script: httpx.Response | Exception, **options: float) -> None:
        self.waits: list[float] = []
        self.transport = Scripted(*script)
        self.client = Client(ADDRESS, transport=self.transport, sleep=self.waits.append, **options)

    @property
    def tries(self) -> int:
        return len(self.transport.bodies)


def test_a_service_that_is_busy_is_asked_again_when_it_said() -> None:
    call = Call(busy("2"), problem(429, "rate_limited", "7"), answer())
    assert call.client.healthz().status == "ok"
    assert [round(wait) for wait in call.waits] == [2, 7]


def test_without_a_time_to_come_back_each_wait_is_longer() -> None:
    call = Call(SILENCE, SILENCE, SILENCE, answer())
    call.client.healthz()
    assert 0.25 <= call.waits[0] <= 0.75
    assert 0.5 <= call.waits[1] <= 1.5
    assert 1 <= call.waits[2] <= 3


def test_it_is_not_asked_for_ever() -> None:
    call = Call(*[busy() for _ in range(9)], retries=2)
    with pytest.raises(Problem):
        call.client.healthz()
    assert call.tries == 3


def test_who_is_to_wait_longer_than_they_have_patience_is_told_so_at_once() -> None:
    call = Call(problem(429, "claims_exhausted", "3600"), patience=60)
    with pytest.raises(Problem) as refused:
        call.client.verify(b"x", worker_id=1)
    assert (refused.value.retry_after, call.waits) == (3600, [])


@pytest.mark.parametrize("code", ["claims_exhausted", "locked_out"])
def test_a_penalty_is_not_sat_out(code: str) -> None:
    call = Call(problem(429, code, "1"), answer(VERIFIED))
    with pytest.raises(Problem):
        call.client.verify(b"x", worker_id=1)
    assert call.waits == []


def test_a_proxy_may_say_when_by_a_date() -> None:
    soon = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=20), usegmt=True)
    call = Call(httpx.Response(503, text="later", headers={"Retry-After": soon}), answer())
    call.client.healthz()
    assert 15 <= call.waits[0] <= 21
    call = Call(httpx.Response(503, text="later", headers={"Retry-After": "soon"}), answer())
    call.client.healthz()
    assert call.waits[0] < 1


def test_what_will_be_so_again_is_not_tried_again() -> None:
    distrusted = httpx.ConnectError("distrusted")
    distrusted.__cause__ = ssl.SSLCertVerificationError("self-signed")
    for error in (httpx.UnsupportedProtocol("no scheme"), distrusted):
        call = Call(error, answer())
        with pytest.raises(Unreachable, match=str(error)):
            call.client.healthz()
        assert call.waits == []


def test_patience_is_for_all_tries_together() -> None:
    call = Call(busy("40"), busy("40"), answer(), patience=60)
    with pytest.raises(Problem):
        call.client.healthz()
    assert len(call.waits) == 1


@pytest.mark.parametrize("trouble", [SILENCE, httpx.Response(502, text="bad gateway")])
@pytest.mark.parametrize(
    "enrol",
    [
        lambda client: client.create_worker("Ann", [b"x"]),
        lambda client: client.add_worker_photos(1, [b"x"]),
        lambda client: client.verify(b"x", worker_id=1),
        lambda client: client.change_worker(1, "Ann", if_match="tag"),
    ],
)
def test_what_may_have_been_carried_out_and_counts_twice_is_not_sent_again(
    enrol: Callable[[Client], object], trouble: httpx.Response | Exception
) -> None:
    call = Call(trouble, answer())
    with pytest.raises((Unreachable, NotUnderstood)):
        enrol(call.client)
    assert call.tries == 1


@pytest.mark.parametrize("trouble", [NO_WAY, busy(), problem(429, "rate_limited", "1")])
def test_what_was_never_begun_is_sent_again(trouble: httpx.Response | Exception) -> None:
    call = Call(trouble, answer(ENROLLED))
    assert call.client.create_worker("Ann", [b"x"]).name == "Ann"


def test_a_busy_registry_may_have_been_written_to() -> None:
    call = Call(problem(503, "registry_busy", "1"), answer(ENROLLED))
    with pytest.raises(Problem):
        call.client.create_worker("Ann", [b"x"])


def test_an_external_id_makes_an_enrolment_repeatable() -> None:
    call = Call(SILENCE, answer(ENROLLED))
    assert call.client.create_worker("Ann", [b"x"], external_id="E-1").name == "Ann"


def test_a_removal_whose_answer_was_lost_is_not_told_as_a_failure() -> None:
    call = Call(SILENCE, problem(404, "worker_not_found"))
    call.client.delete_worker(1)
    with pytest.raises(Problem):
        Call(busy(), problem(404, "worker_not_found")).client.delete_worker(1)


def test_every_try_sends_the_whole_picture(tmp_path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"whole picture")
    for picture in (path, io.BytesIO(b"whole picture"), ("a.png", io.BytesIO(b"whole picture"))):
        call = Call(busy(), SILENCE, answer(VERIFIED))
        call.client.verify(picture, other=b"other")
        assert call.tries == 3
        assert all(b"whole picture" in body for body in call.transport.bodies)


def test_a_stream_that_cannot_be_read_again_is_sent_once() -> None:
    call = Call(busy(), answer(VERIFIED))
    with pytest.raises(Problem):
        call.client.verify(OneWay(b"x"), other=b"y")


def test_a_refusal_is_no_reason_to_ask_again() -> None:
    call = Call(problem(422, "no_face"), answer())
    with pytest.raises(Problem, match="Later"):
        call.client.recognize(b"x")
    assert call.tries == 1
