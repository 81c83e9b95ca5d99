"""Changing the embedding model: nobody is lost, nobody comes back, nobody gets a wrong name."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import pytest
import structlog.testing
from click.testing import Result
from sqlalchemy import event

from facevec import config
from facevec.bootstrap import App
from facevec.errors import ContractMismatch, RegistryError, WorkerNotFound
from facevec.outcomes import OUTCOMES
from facevec.registry.tables import TemplateRow
from facevec.types import Model, PhotoSource
from facevec.usecases.enrol import add_photos, enrol_worker
from facevec.usecases.migrate import reembed
from facevec.usecases.migrate.reembed import reembed_kept
from facevec.usecases.remove import remove_worker
from tests.cli.conftest import Run, imported_home, save
from tests.toy import Someone, photo, picture
from tests.toy.two import OtherEmbedder, two_networks

OTHER = Model(OtherEmbedder.model, OtherEmbedder.contract)
Imported = Callable[..., object]

MISMATCH = OUTCOMES[ContractMismatch.code].exit_code


@pytest.fixture
def run(run: Run) -> Run:
    return partial(run, networks=two_networks)


@pytest.fixture
def migrate(run: Run) -> Callable[..., dict]:
    """Runs `models migrate`, which has to go well; its JSON."""

    def invoke(*words: object) -> dict:
        result = run("models", "migrate", *words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return invoke


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Twelve people with three photos each."""
    return twelve(tmp_path / "people")


def twelve(folder: Path) -> Path:
    for who in range(1, 13):
        for look in range(3):
            save(folder / f"Person {who:02}", f"{look}.png", Someone(who, look))
    return folder


@pytest.fixture
def open_app(toy_home: Path) -> Iterator[Callable[..., App]]:
    """Opens a process, as it were."""
    apps = []

    def opening(*, keep: bool = False) -> App:
        flags = {"enrolment.keep_photos": keep, "emotion.enabled": False}
        apps.append(App(config.load(flags=flags), networks=two_networks))
        return apps[-1]

    yield opening
    for app in apps:
        app.close()


def name_of(app: App, who: int, look: int = 9) -> str | None:
    (face,) = app.recognize(app.see(picture(Someone(who, look)))).faces
    return None if face.worker is None else face.worker.name


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Path]:
    """The home where twelve people are enrolled, with their photos kept or without; it stays as it is."""

    @cache
    def home(keep: bool) -> Path:
        folder = tmp_path_factory.mktemp("inhabited")
        twelve(folder / "people")
        return imported_home(folder, *(["--keep-photos"] if keep else []), networks=two_networks)

    return home


@pytest.fixture
def imported(homes: Callable[[bool], Path], toy_home: Path) -> Imported:
    """Has them enrolled."""
    return lambda *, keep: shutil.copytree(homes(keep), toy_home, dirs_exist_ok=True)


def test_photos_that_were_kept_are_embedded_anew_and_the_switch_is_followed_by_every_process(
    run: Run, imported: Imported, migrate: Callable[..., dict], open_app: Callable[..., App]
) -> None:
    imported(keep=True)
    service = open_app()
    assert name_of(service, 3) == "Person 03"
    begun = migrate("other")
    assert (begun["embedded"], begun["needed"], begun["photos"]) == (36, [], 36)
    assert name_of(service, 3) == "Person 03"
    assert service.vision.embedder.model == "toy"

    compared = migrate("--compare")["comparison"]
    assert (compared["photos"], compared["searched"], compared["disagreements"]) == (36, 36, [])
    for trial in (compared["before"], compared["after"]):
        assert (trial["fnir"]["value"], trial["fpir"]["value"]) == (0, 0)

    switched = migrate("--switch", "--yes")
    assert switched["switched_at"] is not None
    assert service.check() > 0
    assert name_of(service, 3) == "Person 03"
    assert service.vision.embedder.model == "other"
    assert service.live.extent()[1] == 12
    assert name_of(open_app(), 99) is None

    migrate("--back")
    assert name_of(service, 3) == "Person 03"
    assert service.vision.embedder.model == "toy"
    migrate("--switch", "--yes")
    assert migrate("--finish", "--yes")["forgotten_photos"] == 0
    assert name_of(service, 4) == "Person 04"
    assert service.census.other_contracts(OTHER.contract) == ()
    assert run("models", "migrate", "--status").exit_code == MISMATCH
    assert run("models", "migrate", "toy").exit_code == 0  # and back again, by the same way


def test_without_photos_it_says_whose_are_needed_and_takes_them_as_they_come(
    run: Run,
    people: Path,
    imported: Imported,
    migrate: Callable[..., dict],
    open_app: Callable[..., App],
    tmp_path: Path,
) -> None:
    imported(keep=False)
    begun = migrate("other")
    assert (begun["embedded"], len(begun["needed"])) == (0, 12)
    refused = run("models", "migrate", "--switch", "--yes")
    assert refused.exit_code == MISMATCH
    assert "12 workers have no template of other yet" in refused.stderr

    some = tmp_path / "some"
    (some / "of the old ones").mkdir(parents=True)
    for who in (1, 2):
        save(some / "of the old ones", f"{who}.png", Someone(who, 0))
    save(some, "nobody's.png", Someone(77))
    files = migrate("--photos", some)
    assert (files["embedded"], len(files["needed"])) == (2, 10)

    again = run("worker", "import", people)
    assert again.exit_code == 0, again.output
    assert migrate("--status")["photos"] == 36

    app = open_app()
    assert enrol_worker(app.desk, "Newcomer", [photo("n.png", Someone(50))]).worker is not None
    status = migrate("--status")
    assert (status["workers"], status["needed"], status["photos"]) == (13, [], 37)
    migrate("--switch", "--yes")
    assert name_of(app, 50) == "Newcomer"
    assert name_of(app, 1) == "Person 01"


def test_whoever_is_enrolled_or_reseeded_is_sealed_under_both(
    people: Path, imported: Imported, migrate: Callable[..., dict], open_app: Callable[..., App]
) -> None:
    imported(keep=True)
    app = open_app()
    newcomer = enrol_worker(app.desk, "Early", [photo("n.png", Someone(50))]).worker
    other = enrol_worker(app.desk, "Other", [photo("o.png", Someone(55))]).worker
    migrate("other", "--photos", people)
    late = enrol_worker(app.desk, "Late", [photo("l.png", Someone(51))]).worker
    assert newcomer is not None
    assert late is not None
    assert other is not None
    add_photos(app.desk, newcomer, [photo("n2.png", Someone(50, 1))])
    anew = [photo("r.png", Someone(60)), photo("s.png", Someone(60, 1)), photo("t.png", Someone(60, 2))]
    add_photos(app.desk, other, anew, reseed=True)
    migrate("--switch", "--yes", "--leave-behind")
    for worker_id, who in ((1, 1), (late.id, 51), (newcomer.id, 50)):
        worker = app.registry.worker(worker_id)
        assert add_photos(app.desk, worker, [photo("x.png", Someone(who, 7))]).accepted, who
        stranger = add_photos(app.desk, worker, [photo("y.png", Someone(90 + who, 7))])
        assert not stranger.accepted
    worker = app.registry.worker(other.id)
    assert add_photos(app.desk, worker, [photo("z.png", Someone(60, 5))]).accepted == ("z.png",)


def test_of_several_faces_the_enrolled_one_is_embedded(
    migrate: Callable[..., dict], open_app: Callable[..., App]
) -> None:
    app = open_app(keep=True)
    ada, bob = Someone(1, 1), Someone(2, 0, 125)
    enrol_worker(app.desk, "Ada", [photo("a.png", Someone(1)), photo("b.png", ada, bob)])
    enrol_worker(app.desk, "Bob", [photo("c.png", bob, ada, Someone(3)), photo("d.png", Someone(2))])
    assert migrate("other")["refused"] == []
    migrate("--switch", "--yes")
    for who, name in ((1, "Ada"), (2, "Bob")):
        for look in range(5):
            assert name_of(app, who, look) == name


def test_whoever_is_removed_meanwhile_stays_removed(
    imported: Imported, migrate: Callable[..., dict], open_app: Callable[..., App]
) -> None:
    imported(keep=True)
    app = open_app()
    other = app.networks.vision(OTHER.name).embedder
    app.model_changes.begin(OTHER)
    reembedder = app.other_model.reembedder(app.vision, other)
    removed = iter((6, 7, 12))

    class Removing:
        """A worker goes between the look at their photos and the writing of the templates."""

        def template(self, waiting, data, contract):
            template = reembedder.template(waiting, data, contract)
            if waiting.worker_id in (6, 7, 12) and app.registry.known([waiting.worker_id]):
                remove_worker(app.registry, app.generations, next(removed))
            return template

        embedders = reembedder.embedders

    work = reembed_kept(app.model_changes, Removing(), lambda _: None)
    assert (work.embedded, work.refused) == (27, [])
    migrate("--switch", "--yes")
    assert [name_of(app, who) for who in (6, 7, 12)] == [None] * 3
    with pytest.raises(WorkerNotFound):
        app.registry.worker(6)
    remove_worker(app.registry, app.generations, 5)
    migrate("--back")
    assert [name_of(app, who) for who in (5, 6)] == [None, None]
    assert name_of(app, 4) == "Person 04"


def test_workers_after_a_block_of_rotten_ones_have_their_turn(
    imported: Imported,
    migrate: Callable[..., dict],
    open_app: Callable[..., App],
    monkeypatch,
) -> None:
    monkeypatch.setattr(reembed, "WORKERS_A_BLOCK", 2)
    imported(keep=True)
    with open_app().engine.begin() as connection:
        rotten = "UPDATE templates SET vector = zeroblob(2048) WHERE worker_id IN (3, 4)"
        connection.exec_driver_sql(rotten)
    assert migrate("other")["embedded"] == 30


def test_another_file_another_face_and_a_rotten_template_make_none(
    imported: Imported, migrate: Callable[..., dict], open_app: Callable[..., App]
) -> None:
    imported(keep=True)
    app = open_app()
    with app.engine.begin() as connection:
        another = "(SELECT pixels FROM photos WHERE id = 9)"
        connection.exec_driver_sql(f"UPDATE photos SET pixels = {another} WHERE id = 1")
        connection.exec_driver_sql("UPDATE templates SET vector = zeroblob(2048) WHERE photo_id = 2")
    begun = migrate("other")
    assert [each["photo_id"] for each in begun["refused"]] == [1]
    assert begun["refused"][0]["code"] == "input_invalid"
    assert (begun["photos"], begun["needed"]) == (34, [])


class StoppedError(Exception):
    """A fault at a write."""


class Failing:
    """In a block of it, so many writes are allowed; the next fails."""

    def __init__(self, app: App) -> None:
        self.allowed = self.writes = 0
        self._app = app

    def __enter__(self) -> None:
        self.writes = 0
        event.listen(self._app.engine, "before_cursor_execute", self._count)

    def __exit__(self, *_: object) -> None:
        event.remove(self._app.engine, "before_cursor_execute", self._count)

    def _count(self, _connection, _cursor, statement: str, *_rest) -> None:
        self.writes += statement.split(maxsplit=1)[0] in {"INSERT", "UPDATE", "DELETE"}
        if self.writes > self.allowed:
            raise StoppedError


@pytest.mark.parametrize("deed", ["work", "switch", "back", "finish"])
def test_a_fault_at_any_write_leaves_all_or_nothing_and_the_same_again_finishes(
    run: Run, tmp_path: Path, open_app: Callable[..., App], deed: str
) -> None:
    for who in (1, 2):
        for look in range(2):
            save(tmp_path / "two" / f"Person {who:02}", f"{look}.png", Someone(who, look))
    assert run("worker", "import", tmp_path / "two", "--keep-photos").exit_code == 0
    app = open_app()
    app.model_changes.begin(OTHER)
    other = app.networks.vision(OTHER.name).embedder
    reembedder = app.other_model.reembedder(app.vision, other)

    def work() -> None:
        reembed_kept(app.model_changes, reembedder, lambda _: None)

    if deed != "work":
        work()
    if deed in ("back", "finish"):
        app.model_changes.switch()
    deeds = {"work": work, "switch": app.model_changes.switch, "back": app.model_changes.back}
    do = deeds.get(deed, app.model_changes.finish)
    writes = Failing(app)
    while True:
        try:
            with writes:
                do()
        except StoppedError:
            writes.allowed += 1
            check_whole(app, open_app())
        else:
            break
    assert writes.allowed > 2
    check_whole(app, open_app())


def check_whole(*apps: App) -> None:
    """Both are named by every process, whichever model decides, and nobody else is."""
    for app in apps:
        assert [name_of(app, who) for who in (1, 2, 3)] == ["Person 01", "Person 02", None]


def test_a_killed_one_goes_on_where_it_was(
    imported: Imported, migrate: Callable[..., dict], open_app: Callable[..., App]
) -> None:
    imported(keep=True)
    app = open_app()
    app.model_changes.begin(OTHER)
    other = app.networks.vision(OTHER.name).embedder
    reembedder = app.other_model.reembedder(app.vision, other)

    def stop(_: int) -> None:
        if app.model_changes.coverage().photos >= 9:
            raise StoppedError

    with pytest.raises(StoppedError):
        reembed_kept(app.model_changes, reembedder, stop)
    assert migrate()["embedded"] == 27


def test_an_order_of_photos_that_goes_in_a_circle_is_an_end(
    imported: Imported, open_app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(keep=True)
    app = open_app()
    app.model_changes.begin(OTHER)
    waiting = app.model_changes.waiting
    monkeypatch.setattr(app.model_changes, "waiting", lambda contract, _, limit: waiting(contract, 0, limit))
    reembedder = app.other_model.reembedder(app.vision, app.networks.vision(OTHER.name).embedder)
    monkeypatch.setattr(app.model_changes, "keep", lambda *_: 0)
    with pytest.raises(RegistryError, match="no longer lists workers by their ids"):
        reembed_kept(app.model_changes, reembedder, lambda _: None)


def test_a_photo_of_which_an_enrolment_can_make_no_other_template_is_logged(
    imported: Imported, open_app: Callable[..., App]
) -> None:
    imported(keep=False)
    app = open_app()
    app.model_changes.begin(OTHER)
    with app.engine.begin() as connection:
        another = hashlib.sha256(picture(Someone(77))).hexdigest()
        connection.exec_driver_sql(f"UPDATE photos SET sha256 = '{another}' WHERE id = 2")
    with structlog.testing.capture_logs() as logs:
        successor = app.desk.successor
        assert successor is not None
        successor.take(picture(Someone(77)))
    assert [log["photo_id"] for log in logs if log["event"] == "photo_not_embedded"] == [2]


def test_what_cannot_be_is_said(run: Run, imported: Imported, migrate: Callable[..., dict]) -> None:
    def refusal(*words: str) -> Result:
        result = run("models", "migrate", *words)
        assert result.exit_code != 0
        return result

    assert "Nobody is enrolled" in refusal("other").stderr
    imported(keep=True)
    assert "works with toy already" in refusal("toy").stderr
    assert "There is no model none" in refusal("none").stderr
    assert "No change of the model" in refusal("--status").stderr
    migrate("other")
    assert "its photos" not in run("models", "migrate", "--switch", input="n\n").stdout
    assert migrate("--status")["switched_at"] is None
    strict = ("--set", "vision.embedding_model=toy", "models", "migrate", "--switch", "--yes")
    assert "Set vision.embedding_model to other or auto" in run(*strict).stderr
    assert "so other stays" in run("models", "remove", "other").stderr
    shown = run("models", "migrate", "--compare").stdout
    assert "0 of 36 searches for workers end otherwise" in shown
    assert "12 of 12 workers, and 36 of 36 photos" in shown


def test_templates_of_no_change_are_not_written(open_app: Callable[..., App]) -> None:
    """An enrolment that was begun before the change was finished."""
    app = open_app()
    enrol_worker(app.desk, "Ada", [photo("a.png", Someone(1))])
    app.model_changes.begin(OTHER)
    desk = app.desk
    app.model_changes.finish()
    enrol_worker(desk, "Bob", [PhotoSource("b.png", picture(Someone(2)))])
    with app.engine.connect() as connection:
        contracts = connection.execute(TemplateRow.__table__.select()).all()
    assert {row.contract for row in contracts} == {"toy-1"}


def test_that_the_other_model_is_not_here_is_told_once(open_app: Callable[..., App]) -> None:
    """What is enrolled meanwhile waits; nobody is kept from enrolling."""
    app = open_app()
    enrol_worker(app.desk, "Ada", [photo("a.png", Someone(1))])
    app.model_changes.begin(Model("elsewhere", "elsewhere-1"))
    with structlog.testing.capture_logs() as logs:
        for who in (2, 3):
            assert enrol_worker(app.desk, f"Worker {who}", [photo(f"{who}.png", Someone(who))]).worker
    assert [(line["event"], line["model"]) for line in logs] == [("other_model_not_used", "elsewhere")]
