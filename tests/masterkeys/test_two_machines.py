"""Two machines, each with a home and a file of the master key of its own, on one encrypted database."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from facevec.bootstrap import App
from facevec.config import load
from facevec.errors import MasterKeyUnavailable, MasterKeyWrong, RegistryError
from facevec.masterkeys.kept import FileKey
from facevec.masterkeys.ring import RingFile
from facevec.registry import rotation
from facevec.types import PhotoSource
from facevec.usecases.enrol import enrol_worker
from facevec.usecases.rotate import prepare, rotate
from tests.registry.conftest import postgres_database, postgres_url  # noqa: F401  # for those who ask for them
from tests.toy import Someone, picture, toy_networks

Start = Callable[[str], App]


@pytest.fixture
def start(tmp_path: Path, postgres_database: str) -> Iterator[Start]:  # noqa: F811  # the fixture
    apps = []

    def started(machine: str) -> App:
        settings = {
            "FACEVEC_REGISTRY__URL": postgres_database,
            "FACEVEC_KEYS__FOLDER": str(tmp_path / f"{machine}-keys"),
            "FACEVEC_INTEGRITY__KEY_FILE": str(tmp_path / "integrity"),
        }
        apps.append(App(load(tmp_path / machine, environ=settings), networks=toy_networks))
        return apps[-1]

    yield started
    for app in apps:
        app.close()


def enrol(app: App, name: str, who: int) -> int:
    worker = enrol_worker(app.desk, name, [PhotoSource("photo", picture(Someone(who)))]).worker
    assert worker is not None
    return worker.id


def name_of(app: App, who: int) -> str | None:
    (face,) = app.recognize(app.see(picture(Someone(who)))).faces
    return face.worker and face.worker.name


def ring_of(app: App) -> RingFile:
    assert isinstance(app.master_key, FileKey)
    return app.master_key.file


def begin(app: App) -> None:
    ring_of(app).begin(app.clock())


def test_a_rotation_on_one_is_taken_to_the_other_first_and_both_go_on(start: Start, tmp_path: Path) -> None:
    one = start("one")
    enrol(one, "Ada", 1)
    with pytest.raises(MasterKeyUnavailable, match="restore"):
        name_of(start("keyless"), 1)
    shutil.copytree(tmp_path / "one-keys", tmp_path / "other-keys")
    other = start("other")
    assert name_of(other, 1) == "Ada"
    old = one.master_key.name
    assert not prepare(one.master_key, one.wrapped_keys, lambda: begin(one)).finished
    assert {*one.wrapped_keys.names()} == {old}
    copy = ring_of(one).read()
    assert copy is not None
    assert ring_of(other).restore(copy)
    assert rotate(one.master_key, one.wrapped_keys, lambda: pytest.fail("a third key")).finished
    enrol(one, "Bob", 2)
    assert [name_of(other, who) for who in (1, 2)] == ["Ada", "Bob"]
    enrol(other, "Cyd", 3)
    assert [key.name for key in ring_of(one).forget()] == [old]
    # The other has the old one still; it wraps nothing under it again.
    assert other.master_key.name == one.master_key.name
    rotate(other.master_key, other.wrapped_keys, lambda: None)
    assert old not in one.wrapped_keys.names()
    assert [name_of(start("one"), who) for who in (1, 2, 3)] == ["Ada", "Bob", "Cyd"]


def test_a_machine_without_the_new_key_says_so_and_goes_on_once_it_has_it(
    start: Start, tmp_path: Path
) -> None:
    one = start("one")
    ada = enrol(one, "Ada", 1)
    shutil.copytree(tmp_path / "one-keys", tmp_path / "other-keys")
    other = start("other")
    assert name_of(other, 1) == "Ada"
    rotate(one.master_key, one.wrapped_keys, lambda: begin(one))
    with pytest.raises(MasterKeyWrong, match="bring"):
        name_of(other, 1)  # the face is in its memory, the name is not
    with pytest.raises(MasterKeyWrong, match="bring"):
        enrol(other, "Bob", 2)
    other.erasures.remove_worker(other.copies, ada)
    enrol(one, "Bob", 2)
    with pytest.raises(MasterKeyWrong):
        name_of(other, 2)  # not without who came meanwhile
    copy = ring_of(one).read()
    assert copy is not None
    ring_of(other).restore(copy)
    assert [name_of(each, who) for each in (one, other) for who in (1, 2)] == [None, "Bob"] * 2
    ring_of(other).path.unlink()
    with pytest.raises(MasterKeyUnavailable):
        name_of(start("other"), 2)
    assert name_of(other, 2) == "Bob"


def test_services_go_on_while_a_rotation_has_stopped_half_way(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = start("one")
    names = [f"Worker {letter}" for letter in "abcdef"]
    workers = [enrol(one, name, who) for who, name in enumerate(names)]
    shutil.copytree(tmp_path / "one-keys", tmp_path / "other-keys")
    other = start("other")
    assert name_of(other, 5) == "Worker f"
    begin(one)
    copy = ring_of(one).read()
    assert copy is not None
    ring_of(other).restore(copy)
    monkeypatch.setattr(rotation, "AT_ONCE", 3)
    portions = iter([True, False])
    some = rotation.SqlWrappedKeys._some_wrapped_anew

    def stopped(self: rotation.SqlWrappedKeys, newest: int, after: int) -> int | None:
        if not next(portions):
            raise RegistryError("The machine stops.")
        return some(self, newest, after)

    with monkeypatch.context() as patch:
        patch.setattr(rotation.SqlWrappedKeys, "_some_wrapped_anew", stopped)
        with pytest.raises(RegistryError, match="stops"):
            rotate(one.master_key, one.wrapped_keys, lambda: pytest.fail("a third key"))
    assert len(one.wrapped_keys.names()) == 2
    for app in (one, other, start("one")):
        assert [name_of(app, who) for who in range(6)] == names
    enrol(other, "New", 9)
    one.erasures.remove_worker(one.copies, workers[1])
    assert rotate(other.master_key, other.wrapped_keys, lambda: pytest.fail("a third key")).finished
    assert len(one.wrapped_keys.names()) == 1
    for app in (one, other):
        assert [name_of(app, who) for who in (1, 2, 9)] == [None, "Worker c", "New"]
