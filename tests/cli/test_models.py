from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner
from safetensors.numpy import load_file, save_file

from facevec.bootstrap import App
from facevec.cli.main import cli
from facevec.config import load
from facevec.vision.weights import catalogue
from facevec.vision.weights.convert import NAME_KEY
from facevec.vision.weights.store import ModelStore
from tests.vision.weights.tiny import FOUR_WEIGHTS


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEVEC_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("FACEVEC_HOME", str(tmp_path))
    return lambda *words: CliRunner().invoke(cli, ["models", *map(str, words)])


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A small file of facevec's own that passes for casia-webface."""
    import numpy as np

    entry = replace(catalogue.KNOWN["casia-webface"], architecture=FOUR_WEIGHTS, stored_sha256=None)
    monkeypatch.setitem(catalogue.KNOWN, "casia-webface", entry)
    path = tmp_path / "carried.safetensors"
    save_file({"weight": np.ones(4, np.float32)}, path, metadata={NAME_KEY: "casia-webface"})
    return path


def test_list_shows_every_model_and_what_is_here(run, weights):
    run("import", weights)
    listed = json.loads(run("list", "--json").stdout)
    here = {model["name"]: model["path"] is not None for model in listed["models"]}
    assert here.keys() == catalogue.KNOWN.keys()
    assert here["casia-webface"]
    assert not here["vggface2"]
    table = run("list").stdout
    assert all(name in table for name in catalogue.KNOWN)


@pytest.fixture
def both(tmp_path, run, weights, monkeypatch):
    """Small files that pass for casia-webface and retail-0095, both taken."""
    known = catalogue.KNOWN["casia-webface"]
    second = replace(catalogue.KNOWN["retail-0095"], architecture=known.architecture, stored_sha256=None)
    monkeypatch.setitem(catalogue.KNOWN, "retail-0095", second)
    path = tmp_path / "second.safetensors"
    save_file(load_file(weights), path, metadata={NAME_KEY: "retail-0095"})
    alone = run("import", weights).stderr
    assert OFFER not in alone
    assert "`facevec models fetch retail-0095` gets it" in alone
    return run("import", path)


OFFER = 'retail-0095 is here too: with vision.second_model = "retail-0095" it looks at every face beside'


def test_a_second_network_that_is_here_is_offered_before_the_first_enrolment(run, both, tmp_path):
    assert OFFER in both.stderr
    assert OFFER in run("list").stderr
    assert OFFER in run("fetch", "retail-0095").stderr
    with App(load(home=tmp_path)) as facevec:
        facevec.registry.claim_model("casia-webface", "contract")
    assert OFFER not in run("list").stderr


def test_a_second_network_that_is_set_is_not_offered(run, both, monkeypatch):
    monkeypatch.setenv("FACEVEC_VISION__SECOND_MODEL", "retail-0095")
    assert OFFER not in run("list").stderr


def test_import_tells_what_it_took(run, weights):
    result = run("import", weights, "--json")
    assert result.exit_code == 0
    taken = json.loads(result.stdout)
    assert taken["name"] == "casia-webface"
    assert taken["trust"] == "recorded at import"
    assert taken["sha256"] == json.loads(run("verify", "--json").stdout)["verified"]["casia-webface"]


def test_fetch_leaves_what_is_here(run, weights, tmp_path):
    run("import", weights)
    result = run("fetch", "casia-webface", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["path"] == str(tmp_path / "models" / "casia-webface.safetensors")


def test_verify_finds_a_damaged_model(run, weights, tmp_path):
    run("import", weights)
    path = ModelStore(tmp_path / "models").path("casia-webface")
    path.write_bytes(path.read_bytes()[:-1])
    result = run("verify")
    assert result.exit_code == 53
    assert "facevec models fetch casia-webface" in result.stderr
    assert result.stdout == ""


def test_verify_with_nothing_here_says_what_to_do(run):
    result = run("verify", "vggface2")
    assert result.exit_code == 52
    assert "facevec models fetch vggface2" in result.stderr


def test_an_unknown_model_and_a_missing_file_have_their_own_exit_codes(run, tmp_path):
    assert run("fetch", "nobody").exit_code == 51
    assert run("import", tmp_path / "missing").exit_code == 11
    assert run("import", tmp_path).exit_code == 12


def test_list_loads_no_torch():
    code = (
        "import sys; from facevec.cli.main import cli; from click.testing import CliRunner;"
        "assert CliRunner().invoke(cli, ['models', 'list']).exit_code == 0;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
