"""Many threads may search a live view at once; a change is seen whole or not at all."""

from __future__ import annotations

import threading
import time
from functools import partial

import numpy as np

from facevec.gallery.layered import LayeredGallery
from facevec.gallery.live import LiveView
from facevec.gallery.sharedlock import SharedLock
from tests.gallery.live import PEOPLE, named, new_gallery
from tests.gallery.people import CONTRACT
from tests.gallery.publishing import DIMENSION
from tests.waiting import wait_for


def test_searchers_never_see_a_removed_worker_again_nor_half_a_change(registry):
    """Each worker in turn is two people: one transaction moves them from the one to the other.

    A search for both must find exactly one of them, and at or after a removal's revision none.
    """
    view = LiveView(registry.as_port(), CONTRACT, new_gallery)
    gone_at: dict[int, int] = {}
    stop = threading.Event()
    searches, wrong = [0] * 4, []

    def search(slot: int) -> None:
        rng = np.random.default_rng(slot)
        while not stop.is_set():
            person = int(rng.integers(101, 151))
            removed_before = gone_at.get(person)
            position, (first, second) = view.search(PEOPLE[[person, person + 49]], 1)
            hits = [c for c in (*first, *second) if c.worker_id == person and c.distance < 1e-6]
            removed, revision = gone_at.get(person), position.revision
            if removed is not None and revision >= removed and hits:
                wrong.append(f"worker {person}, removed at {removed}, was named at {revision}")
            if removed_before is not None and revision < removed_before:
                wrong.append(f"searched at {revision} after {removed_before} was acknowledged")
            if len(hits) > 1:
                wrong.append(f"worker {person} was in two places")
            searches[slot] += 1

    threads = [threading.Thread(target=search, args=(slot,)) for slot in range(4)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 120
    for person in range(101, 150):
        registry.enrol(person, PEOPLE[person][None])
        registry.enrol(person, PEOPLE[person + 49][None])
        time.sleep(0.01)
        while min(searches) <= (person - 101) // 2 and time.monotonic() < end:
            time.sleep(0.01)
        registry.remove_worker(person)
        gone_at[person] = registry.state().revision
    stop.set()
    for thread in threads:
        thread.join(timeout=20)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
    assert min(searches) > 20
    assert named(view, 50) == 50


def test_no_change_is_applied_while_a_search_is_under_way(registry):
    searching, may_end, put = threading.Event(), threading.Event(), threading.Event()

    class Slow(LayeredGallery):
        def search(self, probes, k):
            searching.set()
            assert may_end.wait(10)
            return super().search(probes, k)

        def put(self, worker_ids, references):
            put.set()
            super().put(worker_ids, references)

    view = LiveView(registry.as_port(), CONTRACT, partial(Slow, DIMENSION))
    view.refresh()
    put.clear()
    reader = threading.Thread(target=named, args=(view, 1))
    reader.start()
    assert searching.wait(10)
    registry.enrol(150, PEOPLE[150][None])
    writer = threading.Thread(target=view.refresh)
    writer.start()
    assert not put.wait(0.2)
    may_end.set()
    reader.join(10)
    writer.join(10)
    assert put.is_set()


def test_first_search_of_many_threads_loads_once(registry, monkeypatch):
    loads = []
    next_page = registry.next_page

    def counted(contract, after_id, since):
        loads.append(after_id)
        time.sleep(0.05)
        return next_page(contract, after_id, since)

    monkeypatch.setattr(registry, "next_page", counted)
    view = LiveView(registry.as_port(), CONTRACT, new_gallery)
    threads = [threading.Thread(target=named, args=(view, 1)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert loads.count(0) == 1


def test_readers_share_and_a_writer_is_alone():
    lock = SharedLock()
    both_inside, go_on = threading.Barrier(3, timeout=60), threading.Event()
    events = []

    def read() -> None:
        with lock.shared():
            both_inside.wait()
            assert go_on.wait(60)
            events.append("read")

    def write() -> None:
        with lock.exclusive():
            events.append("write")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in readers:
        thread.start()
    both_inside.wait()
    writer = threading.Thread(target=write)
    writer.start()
    wait_for(lambda: lock._writers_waiting or events)
    go_on.set()
    for thread in (*readers, writer):
        thread.join(timeout=60)
    assert events == ["read", "read", "write"]
