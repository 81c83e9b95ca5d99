from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save

from facevec.errors import DownloadFailed, ModelMissing, ModelUnknown
from facevec.vision.weights import catalogue
from facevec.vision.weights.convert import NAME_KEY
from facevec.vision.weights.resolve import resolve
from facevec.vision.weights.store import ModelStore
from tests.vision.weights.server import Site, serving
from tests.vision.weights.tiny import FOUR_WEIGHTS


def content(name):
    return save({"weight": np.ones(4, np.float32)}, metadata={NAME_KEY: name})


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path)


@pytest.fixture
def sites(monkeypatch):
    """Loopback servers from which the two embedding models come."""
    with serving(Site(content("vggface2"))) as first, serving(Site(content("casia-webface"))) as second:
        sites = {"vggface2": first, "casia-webface": second}
        for name, site in sites.items():
            unknown = {"sha256": None, "stored_sha256": None}
            entry = replace(catalogue.KNOWN[name], source=site.url(), architecture=FOUR_WEIGHTS, **unknown)
            monkeypatch.setitem(catalogue.KNOWN, name, entry)
        yield sites


def close(site):
    site.statuses = [404] * 9


def test_auto_takes_the_better_model_where_it_can(store, sites):
    name, why = resolve(store, "auto")
    assert name == "vggface2"
    assert why.startswith("vggface2 was taken")
    assert store.verify("vggface2")


def test_auto_takes_what_is_here_without_asking(store, sites):
    store.fetch("vggface2")
    close(sites["vggface2"])
    assert resolve(store, "auto").name == "vggface2"


def test_auto_falls_back_and_says_why(store, sites):
    close(sites["vggface2"])
    name, why = resolve(store, "auto")
    assert name == "casia-webface"
    assert why.startswith("casia-webface was taken because vggface2 cannot be had:")
    assert "404" in why


def test_with_nothing_to_be_had_the_commands_that_help_are_named(store, sites):
    for site in sites.values():
        close(site)
    with pytest.raises(ModelMissing) as caught:
        resolve(store, "auto")
    assert "`facevec models fetch casia-webface`" in str(caught.value)
    assert "`facevec models import PATH`" in str(caught.value)


def test_a_named_model_is_taken_and_no_other(store, sites):
    assert resolve(store, "casia-webface").name == "casia-webface"
    assert not sites["vggface2"].ranges


def test_a_named_model_that_cannot_be_had_says_how_to_bring_it(store, sites):
    close(sites["casia-webface"])
    with pytest.raises(DownloadFailed, match=r"Without a network get .* `facevec models import PATH`"):
        resolve(store, "casia-webface")


@pytest.mark.parametrize("name", ["nobody", "fer-resnet34"])
def test_what_is_no_embedding_model_is_refused(store, name):
    with pytest.raises(ModelUnknown):
        resolve(store, name)
