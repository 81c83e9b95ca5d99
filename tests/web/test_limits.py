from __future__ import annotations

import threading
import time

import pytest

from facevec.web.limits import Gate, RateLimiter
from facevec.web.problems import Problem


def test_a_bucket_lets_a_burst_through_and_then_the_rate() -> None:
    now = 100.0
    limiter = RateLimiter(rate=2, burst=3, clock=lambda: now)
    for _ in range(3):
        limiter.take("a")
    with pytest.raises(Problem) as refused:
        limiter.take("a")
    assert refused.value.status == 429
    assert refused.value.headers["Retry-After"] == "1"
    limiter.take("b")
    now += 0.5
    limiter.take("a")
    with pytest.raises(Problem):
        limiter.take("a")
    now += 1000
    for _ in range(3):
        limiter.take("a")
    with pytest.raises(Problem):
        limiter.take("a")


def test_a_rate_of_zero_is_no_limit() -> None:
    limiter = RateLimiter(rate=0, burst=1)
    for _ in range(100):
        limiter.take("a")


def test_callers_are_forgotten_so_that_memory_stays_small() -> None:
    limiter = RateLimiter(rate=1, burst=1, clock=lambda: 0.0, remembered=10)
    for number in range(100):
        limiter.take(str(number))
    assert len(limiter._buckets) == 10


def test_a_gate_refuses_when_places_and_queue_are_full() -> None:
    gate = Gate(places=1, queue=1, patience=30)
    waiting = threading.Thread(target=lambda: gate.place().__enter__(), daemon=True)
    with gate.place():
        gate.refuse_if_full()
        waiting.start()
        end = time.monotonic() + 10
        while gate._waiting == 0 and time.monotonic() < end:
            time.sleep(0.001)
        with pytest.raises(Problem) as refused:
            gate.refuse_if_full()
        with pytest.raises(Problem), gate.place():
            pass
    assert (refused.value.status, refused.value.code) == (503, "overloaded")
    assert "Retry-After" in refused.value.headers
    waiting.join(10)
    assert not waiting.is_alive()


def test_nobody_waits_longer_than_the_patience() -> None:
    gate = Gate(places=1, queue=5, patience=0.05)
    with gate.place(), pytest.raises(Problem), gate.place():
        pass
    with gate.place():
        pass


def test_a_place_is_free_again_after_an_error() -> None:
    gate = Gate(places=1, queue=0, patience=0)
    with pytest.raises(ValueError, match="x"), gate.place():
        raise ValueError("x")
    with gate.place():
        pass


def test_the_service_tells_a_key_to_slow_down(client, service, admin, monkeypatch) -> None:
    monkeypatch.setattr(service, "limiter", RateLimiter(rate=0.1, burst=1, clock=lambda: 100.0))
    assert client.get("/api/v1/models", headers=admin).status_code == 200
    answer = client.get("/api/v1/models", headers=admin)
    assert (answer.status_code, answer.json["code"]) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) == 10
