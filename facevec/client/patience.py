"""When a call is made again: what may be, how often, and after how long."""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import httpx

from .answers import ProblemAnswer
from .errors import NotUnderstood, Problem, Unreachable
from .reading import MISSHAPEN, read
from .requests import Request

TOO_MANY, GONE = 429, 404
PASSING = frozenset({429, 502, 503, 504})
PENALTIES = frozenset({"claims_exhausted", "locked_out"})
"""Codes of a 429 that is no matter of load: whoever sits it out by itself tries what was not wanted."""
NOT_BEGUN = frozenset({"overloaded", "starting"})
"""Codes of a 503 that say that nothing was done yet, as a 429 does."""
FIRST_WAIT = 0.5
MEDIA_TYPE = "application/problem+json"


@dataclass
class Patience:
    """That of one call. tries: how many are left after this one. seconds: of waiting that are left.

    Raises out of `after_answer` and `after_silence` what is final.
    """

    request: Request
    tries: int
    seconds: float
    jitter: Callable[[], float] = random.random
    unsure: bool = False
    _round: int = 0

    def after_answer(self, response: httpx.Response) -> float | None:
        """Seconds to wait before the next try; None where the answer says that it is as it should be."""
        if response.is_success or self._is_gone_already(response):
            return None
        error = _error(response)
        code = error.code if isinstance(error, Problem) else None
        nothing_done = response.status_code == TOO_MANY or code in NOT_BEGUN
        wait = self._wait(_seconds(response))
        may = (nothing_done or self.request.repeatable) and code not in PENALTIES
        if response.status_code not in PASSING or not may or not self._again(wait):
            raise error
        self.unsure |= not nothing_done
        return wait

    def after_silence(self, error: httpx.TransportError) -> float:
        """Seconds to wait before the next try, after nobody answered."""
        never_sent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
        may = (never_sent or self.request.repeatable) and not _stays(error)
        wait = self._wait(None)
        if not may or not self._again(wait):
            words = str(error).rstrip(".") or type(error).__name__
            raise Unreachable(f"The service does not answer: {words}.") from error
        self.unsure |= not never_sent
        return wait

    def _again(self, wait: float) -> bool:
        if self.tries < 1 or wait > self.seconds or not self.request.can_be_sent_again():
            return False
        self.tries -= 1
        self.seconds -= wait
        self._round += 1
        return True

    def _wait(self, asked: float | None) -> float:
        """What the service asked for, else twice as long each time, and not all clients at once."""
        backoff = FIRST_WAIT * 2.0**self._round * (0.5 + self.jitter())
        return backoff if asked is None else asked + 0.1 * self.jitter()

    def _is_gone_already(self, response: httpx.Response) -> bool:
        """Whether an earlier try removed it, and only its answer was lost."""
        return self.unsure and self.request.method == "DELETE" and response.status_code == GONE


def _stays(error: BaseException | None) -> bool:
    """Whether it is so again next time: no such kind of address, a certificate that nobody vouches for."""
    if error is None:
        return False
    stays = isinstance(error, (httpx.UnsupportedProtocol, ssl.SSLCertVerificationError))
    return stays or _stays(error.__cause__ or error.__context__)


def _error(response: httpx.Response) -> Problem | NotUnderstood:
    if response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
        try:
            return Problem(read(ProblemAnswer, response.json()), _seconds(response))
        except MISSHAPEN:
            pass
    return NotUnderstood(
        f"{response.url} answered {response.status_code} and not as facevec does; is this its address?"
    )


def _seconds(response: httpx.Response) -> float | None:
    """What `Retry-After` says, which a proxy may write as a date."""
    text = response.headers.get("Retry-After", "")
    if text.isdecimal():
        return float(text)
    try:
        wait = parsedate_to_datetime(text) - datetime.now(timezone.utc)
    except (ValueError, TypeError):  # no date, or one without a zone
        return None
    return max(0.0, wait.total_seconds())
