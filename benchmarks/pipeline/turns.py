"""A way in a process of its own, and what the process took."""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.pipeline.ways import Gallery, Sight, Way

_ENERGY = Path("/sys/class/powercap/intel-rapl:0/energy_uj")
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Look:
    """One picture, or a folder of them, through one way.

    cpu: seconds of all threads. joules: None where the machine tells none.
    """

    seconds: float
    cpu: float
    joules: float | None
    sights: list[Sight]


class Turn:
    """A way in a process; it sleeps unless it is asked. start_seconds: from nothing to the first answer."""

    def __init__(self, make: Callable[[], Way], first: bytes, threads: int) -> None:
        here, there = multiprocessing.Pipe()
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = str(threads)
        started = time.perf_counter()
        # Not forked: what the parent has loaded is not the way's.
        spawn = multiprocessing.get_context("spawn")
        self._process = spawn.Process(target=_serve, args=(make, there, threads), daemon=True)
        self._process.start()
        there.close()  # so that its end is noticed here
        self._pipe = here
        self._ask("recognize", first)
        self.start_seconds = time.perf_counter() - started

    def enrol(self, gallery: Gallery) -> None:
        self._ask("enrol", gallery)

    def recognize(self, data: bytes) -> Look:
        look: Look = self._ask("recognize", data)
        return look

    def recognize_folder(self, pictures: Sequence[Path]) -> Look:
        look: Look = self._ask("recognize_folder", pictures)
        return look

    def memory(self) -> float:
        """Resident now, MiB."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * resource.getpagesize() / _MEBIBYTE

    def close(self) -> None:
        self._pipe.send(None)
        self._process.join()

    def _ask(self, deed: str, argument: object) -> object:
        self._pipe.send((deed, argument))
        return self._pipe.recv()


@contextmanager
def turns(makes: dict[str, Callable[[], Way]], first: bytes, threads: int) -> Iterator[dict[str, Turn]]:
    """Each way, started. facevec for the second time: the first writes what a machine keeps, its graphs."""
    started: dict[str, Turn] = {}
    try:
        for name, make in makes.items():
            if name.startswith("facevec"):
                Turn(make, first, threads).close()
            started[name] = Turn(make, first, threads)
        yield started
    finally:
        for turn in started.values():
            turn.close()


def _serve(make: Callable[[], Way], pipe: Connection, threads: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    way = make()
    while (question := pipe.recv()) is not None:
        deed, argument = question
        work = getattr(way, deed)
        pipe.send(work(argument) if deed == "enrol" else _measured(work, argument))


def _measured(work: Callable[[Any], list[Sight]], shown: object) -> Look:
    energy, cpu, clock = _energy(), _cpu(), time.perf_counter()
    sights = work(shown)
    seconds, burnt = time.perf_counter() - clock, _cpu() - cpu
    after = _energy()
    joules = None if energy is None or after is None else (after - energy) / 1e6
    return Look(seconds, burnt, joules, sights)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _energy() -> int | None:
    """Microjoules so far, where the processor counts them and may be asked."""
    try:
        return int(_ENERGY.read_text(encoding="ascii"))
    except OSError:
        return None
