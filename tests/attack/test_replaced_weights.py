"""Weights and converted networks that somebody replaced are not run."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from facevec.errors import ModelCorrupt
from facevec.vision.engines.openvino_engine import OpenVinoEngine
from facevec.vision.weights.convert import NAME_KEY
from facevec.vision.weights.store import ModelStore
from tests.integrity import KEY
from tests.vision.test_engines import batch, spec


def save_altered(models: Path, path: Path) -> None:
    """casia-webface with one tensor that is another."""
    state = load_file(ModelStore(models).path("casia-webface"))
    state["last_bn.bias"] = state["last_bn.bias"] + 0.1
    save_file(state, path, metadata={NAME_KEY: "casia-webface"})


def test_altered_weights_of_a_known_model_are_not_imported(models_dir: Path, tmp_path: Path) -> None:
    altered = tmp_path / "casia-webface.safetensors"
    save_altered(models_dir, altered)
    with pytest.raises(ModelCorrupt, match=r"other weights .* vision\.any_weights"):
        ModelStore(tmp_path / "models").import_file(altered)
    assert not (tmp_path / "models" / "casia-webface.safetensors").exists()
    own = ModelStore(tmp_path / "models", any_weights=True)
    assert own.import_file(altered) == "casia-webface"
    with pytest.raises(ModelCorrupt, match="other weights"):
        ModelStore(tmp_path / "models").path("casia-webface")
    unaltered = tmp_path / "same.safetensors"
    shutil.copy(models_dir / "casia-webface.safetensors", unaltered)
    ModelStore(tmp_path / "others").import_file(unaltered)
    (entry,) = (one for one in ModelStore(tmp_path / "others").status() if one.path and one.manifest)
    assert entry.manifest is not None
    assert entry.manifest.trust == "pinned"


def test_weights_and_hash_that_were_replaced_together_are_not_run(models_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    file = folder / "casia-webface.safetensors"
    save_altered(models_dir, file)
    document = json.loads((models_dir / "casia-webface.json").read_text())
    document["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "casia-webface.json").write_text(json.dumps(document))
    with pytest.raises(ModelCorrupt, match="other weights"):
        ModelStore(folder).weights("casia-webface")


def test_a_converted_network_that_somebody_replaced_is_converted_anew(tmp_path: Path) -> None:
    engine = OpenVinoEngine(cache=tmp_path, key=KEY, threads=1)
    pixels = batch(1, 3, 20, 20)
    (before,) = engine.load(spec()).run(pixels)
    (constants,) = tmp_path.glob("*/graph.bin")
    content = bytearray(constants.read_bytes())
    content[: len(content) // 2] = bytes(len(content) // 2)
    constants.write_bytes(content)
    sums = constants.with_name("sha256.json")
    document = json.loads(sums.read_text())
    document["graph.bin"] = hashlib.sha256(content).hexdigest()
    sums.write_text(json.dumps(document))
    (after,) = OpenVinoEngine(cache=tmp_path, key=KEY, threads=1).load(spec()).run(pixels)
    np.testing.assert_array_equal(after, before)
