from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from facevec.errors import (
    DownloadFailed,
    ModelCorrupt,
    ModelError,
    ModelMissing,
    ModelUnknown,
    OutputUnwritable,
)
from facevec.vision.weights import catalogue
from facevec.vision.weights.convert import NAME_KEY
from facevec.vision.weights.store import ModelStore
from tests.conftest import ROOT
from tests.vision.weights.server import Site, serving
from tests.vision.weights.tiny import tiny
from tests.waiting import wait_for

STATE = {"weight": np.arange(50_000, dtype=np.float32).reshape(100, 500)}
CONTENT = save(STATE, metadata={NAME_KEY: "tiny"})


@pytest.fixture
def site():
    with serving(Site(CONTENT)) as site:
        yield site


@pytest.fixture
def offer(site, monkeypatch):
    """Puts a small model into the catalogue, at the loopback server or where a test says."""

    def put(source=None, sha256=None):
        monkeypatch.setitem(catalogue.KNOWN, "tiny", tiny(source or site.url(), len(CONTENT), sha256))

    put()
    return put


@pytest.fixture
def store(tmp_path, offer):
    return ModelStore(tmp_path / "models")


def visible(store):
    return sorted(path.name for path in store.folder.iterdir() if not path.name.startswith("."))


def test_a_fetched_model_is_whole_and_verified(store):
    path = store.fetch("tiny")
    assert path == store.path("tiny")
    np.testing.assert_array_equal(load_file(path)["weight"], STATE["weight"])
    assert store.sha256("tiny") == hashlib.sha256(path.read_bytes()).hexdigest()
    assert visible(store) == ["tiny.json", "tiny.safetensors"]


def test_what_is_here_is_not_fetched_again(store, site):
    store.fetch("tiny")
    store.fetch("tiny")
    assert len(site.ranges) == 1


def test_the_manifest_tells_the_pedigree(store, site):
    store.fetch("tiny")
    entry = next(entry for entry in store.status() if entry.model.name == "tiny")
    assert entry.path == store.path("tiny")
    assert entry.manifest.source == site.url()
    assert entry.manifest.source_sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert entry.manifest.size == entry.path.stat().st_size
    assert entry.manifest.trust == "recorded at first fetch"


def test_a_known_hash_is_called_pinned(store, offer):
    offer(sha256=hashlib.sha256(CONTENT).hexdigest())
    store.fetch("tiny")
    assert next(e.manifest for e in store.status() if e.model.name == "tiny").trust == "pinned"


def test_a_missing_model_names_the_commands_that_help(store):
    assert not store.has("tiny")
    with pytest.raises(ModelMissing, match=r"`facevec models fetch tiny`.*`facevec models import PATH`"):
        store.path("tiny")


@pytest.mark.parametrize("hidden", [".", "tiny.json", "tiny.safetensors"])
def test_what_is_there_and_does_not_show_what_it_holds_is_an_error(offer, open_folder, nobody, hidden):
    store = ModelStore(open_folder / "models")
    store.fetch("tiny")
    (store.folder / hidden).chmod(0)
    nobody()
    with pytest.raises(ModelError, match=r"models, cannot be read \(Permission denied\); check"):
        store.path("tiny")


def test_an_unknown_model_is_told_what_there_is(store):
    for ask in (store.has, store.path, store.fetch, store.verify):
        with pytest.raises(ModelUnknown, match="casia-webface"):
            ask("nobody")


def test_one_flipped_bit_is_found_before_loading_and_mended_by_fetching(store):
    path = store.fetch("tiny")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelCorrupt, match="facevec models fetch tiny"):
        store.path("tiny")
    store.fetch("tiny")
    assert store.verify("tiny")


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", "\xff", '{"name": "tiny"}'])
def test_a_damaged_manifest_is_no_model_and_is_mended(store, content):
    path = store.fetch("tiny")
    path.with_suffix(".json").write_text(content, encoding="latin-1")
    with pytest.raises(ModelCorrupt, match="manifest"):
        store.path("tiny")
    assert len(store.status()) == len(catalogue.KNOWN)
    store.fetch("tiny")
    assert store.verify("tiny")


def test_a_source_that_changes_after_its_first_fetch_is_refused(store, site):
    path = store.fetch("tiny")
    path.unlink()
    site.content = save({"weight": STATE["weight"] + 1}, metadata={NAME_KEY: "tiny"})
    with pytest.raises(DownloadFailed, match=r"no longer gives the file .* delete .*tiny\.json"):
        store.fetch("tiny")
    path.with_suffix(".json").unlink()
    store.fetch("tiny")
    np.testing.assert_array_equal(load_file(path)["weight"], STATE["weight"] + 1)


def test_a_download_that_is_no_model_leaves_nothing(store, site):
    site.content = b"<html>Please log in</html>"
    with pytest.raises(ModelCorrupt):
        store.fetch("tiny")
    assert visible(store) == []


def test_a_wrong_hash_leaves_nothing(store, offer):
    offer(sha256="0" * 64)
    with pytest.raises(DownloadFailed):
        store.fetch("tiny")
    assert visible(store) == []


def test_an_imported_file_is_as_good_as_a_fetched_one(store, tmp_path):
    file = tmp_path / "from-elsewhere.safetensors"
    file.write_bytes(CONTENT)
    assert store.import_file(file) == "tiny"
    assert store.verify("tiny")
    recorded = next(e.manifest for e in store.status() if e.model.name == "tiny")
    assert (recorded.source, recorded.trust) == ("import:from-elsewhere.safetensors", "recorded at import")


def test_a_refused_import_leaves_the_folder_alone(store, tmp_path):
    file = tmp_path / "text.bin"
    file.write_text("text")
    with pytest.raises(ModelCorrupt):
        store.import_file(file)
    assert not store.folder.exists()


def test_threads_that_fetch_at_once_download_once(store, site):
    with ThreadPoolExecutor(4) as pool:
        paths = set(pool.map(lambda _: store.fetch("tiny"), range(4)))
    assert len(paths) == 1
    assert len(site.ranges) == 1
    assert store.verify("tiny")


FETCH = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from facevec.vision.weights import catalogue
    from facevec.vision.weights.store import ModelStore
    from tests.vision.weights.tiny import tiny
    url, folder, size = sys.argv[1:]
    catalogue.KNOWN["tiny"] = tiny(url, int(size))
    ModelStore(Path(folder)).fetch("tiny")
    """
)


def start_fetching(site, store):
    words = [sys.executable, "-c", FETCH, site.url(), str(store.folder), str(len(CONTENT))]
    return subprocess.Popen(words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})


@pytest.mark.slow
def test_processes_that_fetch_at_once_download_once(store, site):
    site.pause = threading.Event()
    processes = [start_fetching(site, store) for _ in range(2)]
    wait_for(lambda: site.ranges)
    site.pause.set()
    assert [process.wait(120) for process in processes] == [0, 0]
    assert len(site.ranges) == 1
    assert store.verify("tiny")


def test_a_killed_fetch_leaves_nothing_that_looks_whole(store, site):
    site.pause = threading.Event()
    process = start_fetching(site, store)
    wait_for(lambda: site.ranges)
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.wait(60)
    assert not store.has("tiny")
    site.pause.set()
    store.fetch("tiny")
    assert visible(store) == ["tiny.json", "tiny.safetensors"]
    assert {path.name for path in store.folder.glob(".*")} == {".tiny.lock"}


def test_weights_without_their_manifest_do_not_count(store):
    path = store.fetch("tiny")
    path.with_suffix(".json").unlink()
    assert not store.has("tiny")


def test_a_folder_that_cannot_be_made_is_named(tmp_path, offer):
    (tmp_path / "file").touch()
    with pytest.raises(OutputUnwritable, match="FACEVEC_MODELS"):
        ModelStore(tmp_path / "file" / "models").fetch("tiny")


@pytest.mark.parametrize(("umask", "mode"), [(0, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_stored_files_are_written_by_their_owner_only(store, umask, mode):
    before = os.umask(umask)
    try:
        path = store.fetch("tiny")
    finally:
        os.umask(before)
    assert [stat.S_IMODE(file.stat().st_mode) for file in (path, path.with_suffix(".json"))] == [mode] * 2
    assert stat.S_IMODE(store.folder.stat().st_mode) & 0o022 == 0


def test_the_manifest_holds_no_path_of_this_machine(store, tmp_path):
    file = tmp_path / "given.safetensors"
    file.write_bytes(CONTENT)
    store.import_file(file)
    recorded = json.loads((store.folder / "tiny.json").read_text())
    assert str(tmp_path) not in json.dumps(recorded)


def test_the_real_model_is_whole(models_dir):
    assert len(ModelStore(models_dir).verify("casia-webface")) == 64
