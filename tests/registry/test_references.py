"""pgvector answers as the oracle does, of what the registry holds at that moment and of nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
import structlog.testing
from sqlalchemy import Engine, text

from facevec.decision.vectors import fuse, unit
from facevec.errors import GalleryUnavailable, NotAuthentic, RegistryError
from facevec.gallery.exact import ExactGallery
from facevec.gallery.faiss_engine import live_view
from facevec.gallery.pgvector import PgvectorGallery
from facevec.gallery.pgvector_engine import PgvectorEngine
from facevec.integrity import IntegrityKey
from facevec.ports import LiveGallery
from facevec.registry import reference_store, references, schema
from facevec.registry.engine import open_engine, reshaping
from facevec.registry.reference_store import SqlReferences
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from facevec.registry.state import begin_epoch
from facevec.types import Consent, Step, Worker
from tests.registry.conftest import CONTRACT, MODEL, administering
from tests.registry.photos import photo, vector
from tests.toy import DIMENSION

NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


class Machine:
    """One that knows the others by the database only, and turns its own clock."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.now = engine, NOON
        self.registry = SqlRegistry(engine, self.clock)
        self.references = SqlReferences(engine, self.clock)
        self.pgvector = PgvectorEngine(self.registry, self.references, self.clock)
        self.live: LiveGallery = self.pgvector.live(CONTRACT, DIMENSION)

    def clock(self) -> datetime:
        return self.now

    def add(self, *numbers: int, consent: Consent | None = None) -> Worker:
        """Somebody on these photos."""
        name = f"Worker {'abcdefghij'[numbers[0] % 10]} {numbers[0]}"
        return self.registry.add_worker(name, f"E{numbers[0]}", consent, [photo(each) for each in numbers])

    def named(self, number: int, gallery: LiveGallery | None = None) -> int | None:
        """Who is at distance 0 of a photo."""
        _, (candidates,) = (gallery or self.live).search(vector(number)[None], 1)
        return next((one.worker_id for one in candidates if one.distance < 1e-6), None)

    def execute(self, statement: str, **values: object) -> None:
        """As somebody who may write to the database and has no key."""
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)


@pytest.fixture
def machines(postgres_database: str, opened: Callable[..., Engine]) -> tuple[Machine, Machine]:
    """Two machines over one registry."""
    one, other = Machine(opened(postgres_database)), Machine(opened(postgres_database))
    prepare(one.engine)
    one.registry.claim_model(MODEL, CONTRACT)
    return one, other


@pytest.fixture
def machine(machines: tuple[Machine, Machine]) -> Machine:
    return machines[0]


def oracle(machine: Machine) -> ExactGallery:
    gallery = ExactGallery(DIMENSION)
    _, templates = machine.registry.templates(CONTRACT)
    if len(templates.worker_ids):
        gallery.put(*fuse(templates))
    return gallery


@pytest.mark.parametrize("engine", ["faiss", "pgvector", "pgvector with a graph"])
def test_any_engine_answers_as_the_oracle_does(engine: str, machines: tuple[Machine, Machine]) -> None:
    one, other = machines
    live = other.live
    if engine == "faiss":
        live = live_view(other.registry, CONTRACT, DIMENSION, other.clock)
    elif engine == "pgvector with a graph":
        one.add(1000)
        PgvectorEngine(one.registry, one.references, one.clock, exact_up_to=0).rebuild()
        status = other.pgvector.status()
        assert (status.kind, status.fault, status.lag) == ("hnsw", None, 0)
    probes = np.stack([vector(number) for number in range(0, 60, 6)])
    probes = unit(probes + 0.1 * np.stack([vector(number) for number in range(100, 110)]))

    def require_same_answer() -> None:
        position, candidates = live.search(probes, 8)
        assert position == one.registry.position()
        assert candidates == oracle(one).search(probes, 8)
        assert live.extent()[1] == len(oracle(one))

    require_same_answer()
    workers = [
        one.add(number, number + 1, consent=Consent("v1", NOON - HOUR, NOON + number * HOUR))
        for number in range(2, 60, 2)
    ]
    require_same_answer()
    one.registry.add_photos(workers[3].id, [photo(200)])
    one.registry.remove_photo(workers[4].id, one.registry.photos(workers[4].id)[0].id)
    require_same_answer()
    for worker in workers[:3]:
        one.registry.remove_worker(worker.id)
        require_same_answer()
    for hours in (20, 58, 59, 10):
        one.now = other.now = NOON + hours * HOUR
        require_same_answer()


def test_what_one_machine_changes_the_other_knows_and_nothing_is_left_of_whoever_went(
    machines: tuple[Machine, Machine],
) -> None:
    one, other = machines
    first = one.add(1)
    assert other.named(1) == first.id
    second = one.add(2)
    assert [other.references.kept(CONTRACT).position, other.named(2)] == [one.registry.position(), second.id]
    one.registry.remove_worker(second.id)
    with other.engine.connect() as connection:
        assert connection.scalars(text("SELECT worker_id FROM gallery_references")).all() == [first.id]
    assert other.named(2) is None


def test_references_that_were_left_behind_are_brought_up_a_step_at_a_time(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by an older facevec, or after rows came back from a backup."""
    one, other = machines
    workers = [one.add(number) for number in range(1, 8)]
    assert other.named(1) == workers[0].id
    monkeypatch.setattr(references, "REVISIONS_A_STEP", 3)
    with monkeypatch.context() as without:
        without.setattr(references, "follow", lambda *_: None)
        one.registry.remove_worker(workers[0].id)
        one.registry.add_photos(workers[1].id, [photo(20)])
        later = [one.add(number) for number in range(30, 35)]
    steps = [other.references.step(CONTRACT) for _ in range(4)]
    assert steps == [Step.NEARER] * 3 + [Step.IN_STEP]
    assert other.pgvector.status().fault is None
    assert [other.named(number) for number in (1, 2, 34)] == [None, None, later[-1].id]


def test_a_first_start_that_was_killed_goes_on_where_it_was(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers of before, read two at a time; somebody else changes them meanwhile."""
    monkeypatch.setattr("facevec.registry.pages.WORKERS_A_PAGE", 2)
    one, other = machines
    workers = [one.add(number) for number in range(1, 8)]
    one.references.prepare()
    assert [one.references.step(CONTRACT) for _ in range(3)] == [Step.BEGUN, Step.NEARER, Step.NEARER]
    assert other.references.nearest(CONTRACT, vector(1)[None], 1, extent=False) is None
    one.registry.remove_worker(workers[0].id)
    one.registry.add_photos(workers[1].id, [photo(20)])
    one.registry.remove_worker(workers[6].id)
    assert [other.named(number) for number in (1, 3, 6, 7)] == [None, workers[2].id, workers[5].id, None]
    assert other.pgvector.status().fault is None


def test_a_registry_that_was_replaced_has_its_references_made_anew(machine: Machine) -> None:
    worker = machine.add(1)
    assert machine.named(1) == worker.id
    with machine.engine.begin() as connection:
        begin_epoch(connection)
    with structlog.testing.capture_logs() as logs:
        assert machine.named(1) == worker.id
    assert [line["event"] for line in logs] == ["registry_replaced"]
    assert machine.live.upkeep().replaced == 1


FORGERIES = {
    "moved to another's": "UPDATE gallery_references SET reference = "
    "(SELECT reference FROM gallery_references WHERE worker_id = 2) WHERE worker_id = 1",
    "turned round": "UPDATE gallery_references SET reference = "
    "(SELECT array_agg(-x)::real[]::halfvec FROM unnest((reference::vector)::real[]) x) WHERE worker_id = 1",
    "deleted": "DELETE FROM gallery_references WHERE worker_id = 1",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_reference_that_somebody_else_wrote_names_nobody_and_is_mended(
    forgery: str, machine: Machine
) -> None:
    for number in range(1, 30):
        machine.add(number)
    assert machine.named(2) == 2
    machine.execute(forgery)
    _, (candidates,) = machine.live.search(vector(2)[None], 8)
    assert {one.worker_id: one.distance for one in candidates}[2] == 0
    assert (candidates,) == tuple(
        tuple(one for one in row if one.worker_id != 1) for row in oracle(machine).search(vector(2)[None], 9)
    ) or (candidates,) == oracle(machine).search(vector(2)[None], 8)
    machine.pgvector.rebuild()
    assert machine.pgvector.status().fault is None
    assert machine.live.search(vector(1)[None], 8)[1] == oracle(machine).search(vector(1)[None], 8)


def test_one_that_comes_near_is_mended_before_it_is_answered(machine: Machine) -> None:
    for number in range(1, 30):
        machine.add(number)
    machine.named(1)
    machine.execute(FORGERIES["moved to another's"])
    assert "1 references" in (machine.pgvector.status().fault or "")
    with structlog.testing.capture_logs() as logs:
        assert machine.named(2) == 2
    assert [(line["event"], line["rows"]) for line in logs] == [("not_authentic", [1])]
    assert machine.pgvector.status().fault is None


def test_a_rebuild_says_what_it_mended(machine: Machine) -> None:
    for number in range(1, 30):
        machine.add(number)
    machine.named(1)
    machine.execute("DELETE FROM gallery_references WHERE worker_id IN (7, 9)")
    report = machine.pgvector.rebuild()
    assert report is not None
    assert (report.workers, report.mended, report.generation, report.kind) == (29, 2, None, "exact")


def test_a_template_that_is_not_as_facevec_wrote_it_is_set_aside_with_its_reference(machine: Machine) -> None:
    worker, other = machine.add(1, 2), machine.add(3)
    machine.named(1)
    machine.execute("UPDATE templates SET vector = (SELECT vector FROM templates WHERE worker_id = 2) "
                    "WHERE id = 1")  # fmt: skip
    assert machine.named(2) == worker.id
    assert [one.worker_id for one in machine.live.upkeep().set_aside] == [worker.id]
    assert machine.named(3) == other.id
    assert machine.pgvector.status().set_aside == machine.live.upkeep().set_aside


def test_under_another_key_nothing_is_answered(machine: Machine, postgres_database: str) -> None:
    stranger = Machine(open_engine(postgres_database, key=IntegrityKey.passing()))
    assert stranger.named(1) is None
    worker = machine.add(1)
    for _ in range(2):
        with pytest.raises(NotAuthentic):
            stranger.named(1)
        assert machine.named(1) == worker.id
    stranger.engine.dispose()


def test_the_graph_is_asked_until_enough_may_be_recognized(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but three of those who come near have no consent any more; it is asked for few at a time."""
    monkeypatch.setattr(reference_store, "EF_SEARCH", 1)
    monkeypatch.setattr(reference_store, "SCANNED", 10)
    ended = Consent("v1", NOON - 2 * HOUR, NOON - HOUR)
    for number in range(1, 70):
        machine.add(number, consent=None if number % 30 == 0 else ended)
    PgvectorEngine(machine.registry, machine.references, machine.clock, exact_up_to=0).rebuild()
    _, (candidates,) = machine.live.search(vector(1)[None], 8)
    assert sorted(one.worker_id for one in candidates) == [30, 60]


def test_what_somebody_dropped_is_made_again_and_nobody_is_kept_from_enrolling_meanwhile(
    machines: tuple[Machine, Machine],
) -> None:
    one = machines[0]
    worker = one.add(1)
    assert one.named(1) == worker.id
    one.execute("DROP EXTENSION vector CASCADE")
    one.add(2)
    for machine in machines:
        assert [machine.named(number) for number in (1, 2)] == [1, 2]


def test_a_reference_that_cannot_be_written_undoes_the_change_with_a_sentence(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.named(1)
    with monkeypatch.context() as broken:
        broken.setattr(references, "halved", lambda vectors: np.full_like(vectors, np.nan))
        with pytest.raises(RegistryError, match="refused this"):
            machine.add(1)
    assert machine.registry.list_workers() == ()
    assert machine.named(1) is None


def test_what_a_killed_making_of_the_graph_has_left_goes_with_the_next(machine: Machine) -> None:
    """PostgreSQL leaves half a graph under another name, which costs at each change and is never searched."""
    machine.add(1)
    graphs = PgvectorEngine(machine.registry, machine.references, machine.clock, exact_up_to=0)
    graphs.rebuild()
    name = references.index_name(CONTRACT)
    machine.execute(
        f"CREATE INDEX {name}_ccnew ON gallery_references USING hnsw "
        f"((reference::halfvec({DIMENSION})) halfvec_l2_ops)"
    )
    machine.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = CAST(:name AS regclass)",
        name=f"{name}_ccnew",
    )
    graphs.rebuild()
    with machine.engine.connect() as connection:
        made = connection.scalars(
            text("SELECT indexname FROM pg_indexes WHERE tablename = 'gallery_references'")
        ).all()
    assert set(made) == {"gallery_references_pkey", name}
    assert machine.pgvector.status().kind == "hnsw"


@pytest.mark.filterwarnings("error::sqlalchemy.exc.SAWarning")
def test_they_go_with_a_registry_that_gives_way_to_a_backup(machine: Machine) -> None:
    machine.add(1)
    PgvectorEngine(machine.registry, machine.references, machine.clock, exact_up_to=0).rebuild()
    with reshaping(machine.engine) as connection:
        schema.drop(connection)
        assert schema.current(connection) is None


def test_a_sqlite_file_keeps_no_references(tmp_path, opened: Callable[..., Engine]) -> None:
    engine = opened(f"sqlite:///{tmp_path / 'facevec.db'}")
    with pytest.raises(GalleryUnavailable, match="db copy"):
        PgvectorGallery(SqlReferences(engine, lambda: NOON), CONTRACT, DIMENSION).search(vector(1)[None], 1)


def test_a_server_without_pgvector_or_with_an_older_one_is_told(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(reference_store, "OLDEST", (99, 0, 0))
        with pytest.raises(GalleryUnavailable, match=r"99\.0\.0 or newer"):
            machine.references.prepare()
    with monkeypatch.context() as without:
        without.setattr(reference_store, "_OFFERED", text("SELECT NULL"))
        with pytest.raises(GalleryUnavailable, match="has no pgvector"):
            machine.references.prepare()
    machine.references.prepare()


@pytest.fixture
def clerk(postgres_database: str) -> Iterator[str]:
    """The URL for somebody who may change tables here and nothing else."""
    name = postgres_database.partition("/facevec_")[2].partition("?")[0]
    with administering(postgres_database) as connection:
        connection.execute(text(f"CREATE ROLE clerk_{name} LOGIN"))
        connection.execute(text(f"GRANT ALL ON SCHEMA public TO clerk_{name}"))
    yield postgres_database.replace("postgres:@", f"clerk_{name}:@")
    with administering(postgres_database) as connection:
        connection.execute(text(f"DROP OWNED BY clerk_{name}"))
        connection.execute(text(f"DROP ROLE clerk_{name}"))


def test_who_may_not_create_the_extension_is_told_who_may(
    clerk: str, opened: Callable[..., Engine], postgres_database: str
) -> None:
    machine = Machine(opened(clerk))
    prepare(machine.engine)
    machine.registry.claim_model(MODEL, CONTRACT)
    with pytest.raises(GalleryUnavailable, match="CREATE EXTENSION vector"):
        machine.named(1)
    with administering(postgres_database) as connection:
        connection.execute(text("CREATE EXTENSION vector"))
    worker = machine.add(1)
    assert machine.named(1) == worker.id
