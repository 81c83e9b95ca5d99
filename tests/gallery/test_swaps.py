"""Generations are swapped under whoever searches, and under whoever opens one: nobody notices."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest
import structlog

from facevec.gallery.generations import Generations
from facevec.gallery.live import LiveView
from facevec.usecases.rebuild import rebuild
from tests.gallery.live import PEOPLE, named, new_gallery
from tests.gallery.people import CONTRACT, RegistryInMemory

SWAPS = int(os.environ.get("FACEVEC_TEST_SWAPS", "10"))
SEARCHES_A_SWAP = 50
SEARCHES_A_START = 20
"""So often each searcher searches before it begins anew, as a process that is started does."""


@pytest.mark.slow
def test_searches_go_on_while_generations_are_swapped(
    registry: RegistryInMemory, generations: Generations
) -> None:
    """Workers 1 to 50 stay; 51 to 100 come and go, so that no generation is like the one before."""
    stop, wrong, counts = threading.Event(), [], [0] * 4

    def search(slot: int) -> None:
        draw = np.random.default_rng(slot)
        try:
            while not stop.is_set():
                view = LiveView(registry.as_port(), CONTRACT, new_gallery, generations)
                for person in draw.integers(1, 51, SEARCHES_A_START).tolist():
                    if named(view, person) != person:
                        wrong.append(f"worker {person} was not named")
                    counts[slot] += 1
        except Exception as error:  # noqa: BLE001  # whatever it is, nobody may see it
            wrong.append(repr(error))

    with structlog.testing.capture_logs() as logs:
        threads = [threading.Thread(target=search, args=(slot,)) for slot in range(len(counts))]
        for thread in threads:
            thread.start()
        swaps = 0
        while not wrong and (swaps < SWAPS or sum(counts) < SWAPS * SEARCHES_A_SWAP):
            person = 51 + swaps % 50
            registry.remove_worker(person)
            assert rebuild(registry.as_port(), generations) is not None
            registry.enrol(person, PEOPLE[person][None])
            assert rebuild(registry.as_port(), generations) is not None
            swaps += 2
        stop.set()
        for thread in threads:
            thread.join(timeout=60)
    assert wrong == []
    assert not any(thread.is_alive() for thread in threads)
    assert {log["event"] for log in logs} <= {"index_not_used", "generation_taken_up"}
