"""What every request works with, and whether it is there yet."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path

import structlog

from facevec.bootstrap import App
from facevec.config import ServerSettings
from facevec.errors import FacevecError
from facevec.memory import watched
from facevec.ports import LocalKey
from facevec.web.address import Network
from facevec.web.auth import AccessControl
from facevec.web.limits import Gate, RateLimiter
from facevec.web.lockout import Lockout
from facevec.web.problems import of_error, try_later
from facevec.web.requestlog import trace

RETRY_SECONDS = 5.0
"""Pause before another try when the models or the registry were not there at start."""

STOP_SECONDS = 30.0

log = structlog.get_logger("facevec.web")


class Readiness:
    """Builds the application in a thread of its own; until that is done, requests are told to come back."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._done = threading.Event()
        self._stop = threading.Event()
        self._fault: FacevecError | None = None
        self._thread = threading.Thread(target=self._run, name="facevec-warm-up", daemon=True)

    def start(self) -> None:
        """Begin, and return at once."""
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether the application is there, after at most so many seconds."""
        return self._done.wait(seconds)

    @property
    def is_settled(self) -> bool:
        """Whether the application is there, or something is missing."""
        return self._done.is_set() or self._fault is not None

    def require(self) -> None:
        """Raises Problem 503, with what is missing, unless the application is there."""
        if self._done.is_set():
            return
        if self._fault is not None:
            raise of_error(self._fault)
        raise try_later("starting", "The service is loading its models; try again in a moment.", 2)

    def stop(self) -> None:
        """Try no more, and wait for a try that is running: a process must not end under the engines."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with watched():
                    self._app.warm()
                    self._app.record_settings()
            except FacevecError as error:
                self._fault = error
                log.error("not_ready", code=error.code, reason=str(error))  # noqa: TRY400  # a sentence says it
            except Exception as error:  # noqa: BLE001  # the thread must live to try again
                self._fault = FacevecError(str(error))
                # Without a traceback's values: nobody has sent anything yet, but logs keep to one rule.
                log.error("not_ready", error=repr(error), trace=trace(error))  # noqa: TRY400
            else:
                self._done.set()
                log.info("ready", model=self._app.vision.embedder.model)
                return
            self._stop.wait(RETRY_SECONDS)


class Service:
    """The application, timed, behind its limits. One a process."""

    def __init__(self, app: App, folder: Path | None = None) -> None:
        """folder: shared by the processes of this service, if there are several."""
        self.app = app
        self.readiness = Readiness(app)
        server = self.server
        self.gate = Gate(server.concurrency, server.queue, server.queue_seconds)
        self.lockout = Lockout(server.wrong_keys, folder)
        self.limiter = RateLimiter(server.rate, server.burst)
        self.leaving = threading.Event()
        """Set once the process is about to stop, while it still takes requests."""

    def stop(self) -> None:
        """The process ends: nothing goes on, and what waits to be written is."""
        self.readiness.stop()
        self.app.note_no_more_visits()

    @property
    def server(self) -> ServerSettings:
        return self.app.settings.server

    @property
    def local_key(self) -> LocalKey | None:
        """This machine's own key, where it counts."""
        return self.app.local_key if self.server.local_key_counts else None

    @cached_property
    def access(self) -> AccessControl:
        """Asked for only once the application is there, as all that follows."""
        return AccessControl(self.app.keys, self.local_key, self.lockout, self.proxies)

    @cached_property
    def proxies(self) -> Sequence[Network]:
        """Those that the settings trust to say where a request comes from."""
        return [ip_network(written) for written in self.server.trusted_proxies]
