"""Milvus says whose rows are near and decides nothing: whatever is in it, nobody is named wrongly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from facevec.decision.vectors import fuse, unit
from facevec.errors import GalleryUnavailable, NotAuthentic, RebuildRunning
from facevec.gallery.copies import EngineCopies
from facevec.gallery.exact import ExactGallery
from facevec.gallery.generations import Generations
from facevec.gallery.milvus import FOLLOWING
from facevec.gallery.milvus_collection import Collection, CollectionGone
from facevec.gallery.milvus_engine import MilvusEngine
from facevec.gallery.milvus_server import Address, MilvusServer, Whose
from facevec.gallery.milvus_steps import MilvusSteps, Reflection
from facevec.integrity import IntegrityKey
from facevec.registry.engine import open_engine
from facevec.registry.leases import SqlLeases
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from facevec.types import Consent, Position, Worker
from facevec.usecases.remove import remove_worker
from tests.integrity import KEY
from tests.milvus import LocalMilvus
from tests.registry.conftest import CONTRACT, MODEL
from tests.registry.photos import photo, vector
from tests.toy import DIMENSION

NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.slow


class Machine:
    """One that knows the others by the database and by Milvus, and turns its own clock."""

    def __init__(self, engine: Engine, address: str, folder: Path, key: IntegrityKey = KEY) -> None:
        self.now, self.key = NOON, key
        self.registry = SqlRegistry(engine, self.clock)
        self.leases = SqlLeases(engine, self.clock, awake=self.awake)
        self.server = MilvusServer(Address.of(address), call_seconds=20)
        self.milvus = engine_of(self, self.server)
        self.copies = EngineCopies(Generations(folder / "index", KEY), self.milvus)
        self.live = self.milvus.live(CONTRACT, DIMENSION)

    def clock(self) -> datetime:
        return self.now

    def awake(self) -> float:
        return self.now.timestamp()

    def add(self, *numbers: int, consent: Consent | None = None) -> Worker:
        """Somebody on these photos."""
        return self.registry.add_worker(
            f"Worker {numbers[0]}", f"E{numbers[0]}", consent, [photo(each) for each in numbers]
        )

    def named(self, number: int) -> int | None:
        """Who is at distance 0 of a photo."""
        _, (candidates,) = self.live.search(vector(number)[None], 1)
        return next((one.worker_id for one in candidates if one.distance < 1e-6), None)

    @property
    def whose(self) -> Whose:
        return Whose(self.registry.position().registry, CONTRACT, self.key.fingerprint)

    @property
    def collection(self) -> Collection:
        """What is searched, as this process reads it once all of it is written."""
        collection = self.server.current(self.whose, DIMENSION)
        assert collection is not None
        collection.mark()
        collection.stands()
        return collection

    def rows(self, *worker_ids: int) -> dict[str, float]:
        """The first number of each row of some workers, by its key."""
        rows = self.collection.of(worker_ids)
        return dict(zip(rows.keys, rows.references[:, 0].tolist(), strict=True))


def engine_of(machine: Machine, server: MilvusServer, exact_up_to: int = 1000) -> MilvusEngine:
    key = machine.key.fingerprint
    return MilvusEngine(machine.registry, server, machine.leases, machine.clock, key, exact_up_to)


def until_followed() -> None:
    """No machine of this process brings Milvus up any more."""
    for thread in threading.enumerate():
        if thread.name == FOLLOWING:
            thread.join(30)


@pytest.fixture
def machines(
    milvus: LocalMilvus, tmp_path: Path, opened: Callable[..., Engine]
) -> Iterator[tuple[Machine, Machine]]:
    """Two over one registry."""
    url = f"sqlite:///{tmp_path / 'facevec.db'}"
    one, other = (Machine(opened(url), milvus.url, tmp_path) for _ in range(2))
    prepare(opened(url))
    one.registry.claim_model(MODEL, CONTRACT)
    yield one, other
    until_followed()
    collection = one.server.current(one.whose, None)
    if collection is not None:
        one.server.drop(collection)


def require_oracle(machine: Machine) -> None:
    """Its answers are the exact oracle's."""
    oracle = ExactGallery(DIMENSION)
    _, templates = machine.registry.templates(CONTRACT)
    if len(templates.worker_ids):
        oracle.put(*fuse(templates))
    probes = np.stack([vector(number) for number in range(0, 30, 3)])
    probes = unit(probes + 0.1 * np.stack([vector(number) for number in range(100, 110)]))
    position, candidates = machine.live.search(probes, 8)
    assert position == machine.registry.position()
    assert candidates == oracle.search(probes, 8)
    assert machine.live.extent() == (position.revision, len(oracle))


@pytest.mark.parametrize("graph", [False, True])
def test_every_machine_answers_as_the_oracle_does_after_every_change(
    machines: tuple[Machine, Machine], graph: bool
) -> None:
    one, other = machines
    workers = [one.add(number, number + 1, consent=Consent("v1", NOON - HOUR)) for number in range(0, 20, 2)]
    require_oracle(one)
    if graph:
        engine_of(one, one.server, exact_up_to=0).rebuild()
        require_oracle(one)
    assert one.collection.graph is graph
    one.registry.add_photos(workers[0].id, [photo(20)])
    require_oracle(other)
    one.registry.set_consent(workers[1].id, Consent("v1", NOON - HOUR, NOON + HOUR))
    require_oracle(other)
    one.now = other.now = NOON + HOUR
    require_oracle(one)
    one.now = NOON
    require_oracle(one)
    assert (one.named(2), other.named(2)) == (None, None)
    other.registry.remove_worker(workers[2].id)
    require_oracle(one)


def test_a_search_does_not_wait_until_milvus_has_what_changed(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody brings Milvus up until the end; meanwhile the neighbours are right, and so is their number."""
    one, other = machines
    workers = [one.add(number) for number in range(0, 24)]
    require_oracle(one)
    require_oracle(other)
    may_go_on, followed = threading.Event(), MilvusSteps.followed

    def late(steps: MilvusSteps, here: Reflection) -> Reflection:
        assert may_go_on.wait(300)
        return followed(steps, here)

    with monkeypatch.context() as held_up:
        held_up.setattr(MilvusSteps, "followed", late)
        for number in range(100, 110):
            one.add(number)
            require_oracle(one)
        for worker in workers[::3]:
            one.registry.remove_worker(worker.id)
            require_oracle(one)
        one.registry.add_photos(workers[1].id, [photo(200)])
        one.registry.set_consent(workers[2].id, Consent("v1", NOON - HOUR, NOON + HOUR))
        one.now = other.now = NOON + HOUR
        for machine in machines:
            require_oracle(machine)
        assert one.collection.stands().revision == 24
        may_go_on.set()
        until_followed()
    assert one.collection.stands() == one.registry.position()
    for machine in machines:
        require_oracle(machine)


def test_of_many_who_changed_milvus_is_told_before_the_answer(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facevec.gallery.milvus.FEW_CHANGED", 2)
    one, _ = machines
    one.add(0)
    require_oracle(one)
    for number in range(1, 5):
        one.add(number)
    require_oracle(one)
    assert one.collection.stands() == one.registry.position()


def test_a_removal_is_gone_from_milvus_with_its_answer(machines: tuple[Machine, Machine]) -> None:
    one, other = machines
    ana, eva = one.add(1), one.add(2)
    assert other.named(1) == ana.id
    remove_worker(one.registry, one.copies, ana.id)
    assert one.rows(ana.id, eva.id).keys() == {f"{eva.id}@2"}
    assert other.named(1) is None


def test_without_milvus_a_removal_is_done_and_says_what_is_left(machines: tuple[Machine, Machine]) -> None:
    one, _ = machines
    ana = one.add(1)
    one.named(1)
    away = EngineCopies(
        Generations(Path("index"), KEY),
        engine_of(one, MilvusServer(Address.of("http://127.0.0.1:1"), call_seconds=2)),
    )
    with pytest.raises(GalleryUnavailable, match=r"is removed and is matched by nobody.*Nobody answers"):
        remove_worker(one.registry, away, ana.id)
    assert one.named(1) is None
    assert one.rows(ana.id) == {}


def test_rows_that_are_rotten_or_foreign_name_nobody_and_are_mended(
    machines: tuple[Machine, Machine],
) -> None:
    one, other = machines
    ana, eva, luz = (one.add(number).id for number in (1, 2, 3))
    require_oracle(one)
    foreign = np.array([luz + 1, -5])
    one.collection.put(np.array([ana]), vector(2)[None], {}, 1)
    one.collection.put(foreign, np.stack([vector(2), vector(3)]), {}, 3)
    one.collection.put(np.array([luz]), vector(1)[None], {}, 0)
    one.collection.put(np.array([eva]), vector(9)[None], {}, 10**6)
    one.collection.stands()
    assert [machine.named(number) for machine in (one, other) for number in (1, 2, 3)] == 2 * [ana, eva, luz]
    report = one.milvus.rebuild()
    assert report is not None
    assert one.milvus.rebuild().mended == 0
    assert one.rows(ana, eva, luz, *foreign.tolist()).keys() == {f"{ana}@3", f"{eva}@3", f"{luz}@3"}
    require_oracle(other)


def test_a_rebuild_finds_what_no_search_comes_upon(machines: tuple[Machine, Machine]) -> None:
    """A worker who is lost, one who is withheld and should not be, one of whom nobody knows."""
    one, other = machines
    workers = np.array([one.add(number).id for number in range(20)])
    require_oracle(one)
    collection = one.collection
    collection.delete([f"{workers[0]}@20"])
    collection.put(workers[1:2], vector(1)[None], {int(workers[1]): 5}, 20)
    collection.put(np.array([10**9]), unit(-vector(0) - vector(1))[None], {}, 2)
    collection.mark()
    collection.stands()
    assert (one.named(0), one.named(1)) == (None, None)
    report = one.milvus.rebuild()
    assert report is not None
    assert report.mended == 3
    require_oracle(one)
    require_oracle(other)


def test_what_was_wiped_or_rolled_back_or_fell_behind_is_made_good(machines: tuple[Machine, Machine]) -> None:
    one, other = machines
    ana = one.add(1).id
    assert (one.named(1), other.named(1)) == (ana, ana)
    behind = one.collection.stands()
    one.server.drop(one.collection)
    assert (one.named(1), other.named(1)) == (ana, ana)
    eva = one.add(2).id
    assert one.named(2) == eva
    collection = one.collection
    collection.delete([f"{eva}@2"])
    collection.note(behind)
    collection.stands()
    assert (one.named(2), other.named(2)) == (eva, eva)
    until_followed()
    collection.note(Position("another", 0, 2, "digest"))
    collection.stands()
    assert (one.named(1), other.named(2)) == (ana, eva)
    assert one.live.upkeep().replaced + other.live.upkeep().replaced == 1
    assert one.collection.name != collection.name


def test_a_filling_that_was_killed_is_begun_anew_and_leaves_nothing(
    machines: tuple[Machine, Machine],
) -> None:
    """Others are told so at once, until its lease ends by itself."""
    one, other = machines
    ana = one.add(1).id
    one.leases.take("milvus", "somebody who is killed")
    half = one.server.begin(one.whose, DIMENSION, graph=False)
    with pytest.raises(GalleryUnavailable, match="somebody who is killed is at it"):
        other.named(1)
    with pytest.raises(RebuildRunning):
        other.milvus.rebuild()
    one.now = other.now = NOON + HOUR
    assert (other.named(1), one.named(1)) == (ana, ana)
    with pytest.raises(CollectionGone):
        half.stands()


def test_a_writer_that_comes_late_brings_nobody_back_and_takes_nobody_away(
    machines: tuple[Machine, Machine],
) -> None:
    """It stood still between reading the registry and writing, and everybody else went on."""
    one, other = machines
    ana = one.add(1).id
    one.named(1)
    late, older = one.collection, one.collection.older([ana], 2)
    read = one.registry.page_of(CONTRACT, [ana], one.registry.position())
    one.registry.add_photos(ana, [photo(2)])
    eva = one.add(3).id
    require_oracle(other)
    remove_worker(other.registry, other.copies, eva)
    late.put(read.worker_ids, read.templates.vectors, {}, read.position.revision)
    late.put(np.array([eva]), vector(3)[None], {}, 3)
    late.delete(older)
    late.note(read.position)
    late.stands()
    require_oracle(one)
    require_oracle(other)
    assert one.named(3) is None


def test_a_machine_with_another_key_says_so_and_takes_nobody_out(
    machines: tuple[Machine, Machine], milvus: LocalMilvus, tmp_path: Path
) -> None:
    one, _ = machines
    ana = one.add(1).id
    assert one.named(1) == ana
    other_key = IntegrityKey.passing()
    engine = open_engine(f"sqlite:///{tmp_path / 'facevec.db'}", key=other_key)
    stranger = Machine(engine, milvus.url, tmp_path, other_key)
    with pytest.raises(NotAuthentic):
        stranger.named(1)
    one.add(2)
    with pytest.raises(NotAuthentic):
        stranger.named(2)
    engine.dispose()
    assert one.milvus.rebuild().mended == 0
    assert stranger.server.current(stranger.whose, None) is None
    require_oracle(one)


def test_each_thing_that_is_wrong_is_one_sentence(
    machines: tuple[Machine, Machine], milvus: LocalMilvus, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = machines
    one.add(1)
    one.named(1)

    def sentence(address: str, dimension: int = DIMENSION, seconds: float = 20) -> str:
        server = MilvusServer(Address.of(address), call_seconds=seconds)
        with pytest.raises(GalleryUnavailable) as caught:
            engine_of(one, server).live(CONTRACT, dimension).search(np.eye(1, dimension, dtype="f4"), 1)
        assert str(caught.value).endswith(".")
        return str(caught.value)

    nobody = sentence("http://user:secret@127.0.0.1:1", seconds=2)
    assert nobody.startswith("Nobody answers at http://127.0.0.1:1;")
    assert "has no database nowhere" in sentence(f"{milvus.url}/nowhere")
    assert f"holds vectors of {DIMENSION} numbers, not of 8" in sentence(milvus.url, 8)
    for written in ("ftp://x", "nonsense", "http://", "http://host:many"):
        with pytest.raises(GalleryUnavailable, match="no address of Milvus"):
            Address.of(written)
    assert Address.of("https://me:a%40b@[::1]/db") == Address("https://[::1]:19530", "me:a@b", "db")
    assert Address.of("https://:key@host:1") == Address("https://host:1", "key")
    monkeypatch.setattr("pymilvus.MilvusClient.get_server_version", lambda *_, **__: "v2.2.16")
    assert "is version v2.2.16; facevec needs 2.3 or newer" in sentence(milvus.url)
