"""Where the networks that only save time were not converted, and cannot be, the same faces are found."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from structlog.testing import capture_logs

from facevec.errors import EngineUnavailable, ModelCorrupt, ModelError
from facevec.integrity import IntegrityKey
from facevec.types import Image
from facevec.vision.detect import MtcnnDetector
from facevec.vision.engines import graphs, openvino_engine
from facevec.vision.engines.base import Network, NotConverted, NotKept
from facevec.vision.engines.openvino_engine import OpenVinoEngine, PreparingEngine
from facevec.vision.networks.mtcnn import Stage, cells_spec, few_bits_spec, mtcnn_spec
from facevec.vision.weights.store import ModelStore
from tests import parts
from tests.integrity import KEY
from tests.vision.added.networks import description, toy

STAGES: tuple[Stage, ...] = ("pnet", "rnet", "onet")
FEW_BITS, CELLS = few_bits_spec(), cells_spec()


def prepared_engine(folder: Path) -> OpenVinoEngine:
    nothing = folder.parent / "nothing"
    return OpenVinoEngine(cache=nothing, key=IntegrityKey.passing(), threads=1, prepared=folder)


def warmed_engine(folder: Path) -> OpenVinoEngine:
    return OpenVinoEngine(cache=folder, key=KEY, threads=1)


ENGINES = {"prepared": (PreparingEngine, prepared_engine), "warmed": (warmed_engine, warmed_engine)}


@pytest.fixture(autouse=True)
def _bytes_are_multiplied_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on processors with VNNI; elsewhere OpenVINO runs the same networks, and cuts sums."""
    monkeypatch.setattr(openvino_engine, "multiplies_bytes", lambda: True)


@pytest.fixture(params=ENGINES)
def before(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> OpenVinoEngine:
    """One whose folder was made by a version that knew three networks, in a place without PyTorch."""
    folder = tmp_path / "graphs"
    maker, runner = ENGINES[request.param]
    for stage in STAGES:
        maker(folder).load(mtcnn_spec(stage))
    without_torch(monkeypatch)
    return runner(folder)


def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)


def damage(folder: Path) -> None:
    """P-Net in few bits."""
    (graph,) = folder.glob(f"{FEW_BITS.name}-*/graph.bin")
    graph.write_bytes(bytes(9))


def test_the_same_faces_are_found_and_one_line_says_what_lacks_and_what_mends_it(
    before: OpenVinoEngine, pair: Image
) -> None:
    with capture_logs() as logs:
        detector = parts.detector(before)
    assert detector.detect(pair) == found_in_full(before, pair)
    (line,) = logs
    assert (line["event"], line["log_level"], line["code"]) == (
        "detector_slower", "warning", "engine_unavailable"
    )  # fmt: skip
    assert line["reason"] == detector.lack
    for part in ("a little slower", FEW_BITS.name, "takes torch", "Run `facevec models convert FOLDER`"):
        assert part in line["reason"]


def test_so_they_are_where_they_could_be_converted_but_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pair: Image
) -> None:
    for stage in STAGES:
        warmed_engine(tmp_path).load(mtcnn_spec(stage))
    monkeypatch.setattr(graphs, "making", read_only)
    detector = parts.detector(warmed_engine(tmp_path))
    assert detector.detect(pair) == found_in_full(warmed_engine(tmp_path), pair)
    assert "make the models folder writable" in (detector.lack or "")


def read_only(folder: Path) -> NoReturn:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


def found_in_full(engine: OpenVinoEngine, image: Image) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openvino_engine, "multiplies_bytes", lambda: False)
        faces = parts.detector(engine).detect(image)
    assert len(faces) == 2
    return faces


def test_what_sees_says_what_it_lacks(
    before: OpenVinoEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toy.onnx").write_bytes(toy())
    ModelStore(tmp_path / "models").add(tmp_path / "toy.onnx", "toy-128", description())
    networks = parts.networks(tmp_path / "models", parts.WITHOUT_EMOTIONS)
    monkeypatch.setattr(type(networks), "_engine", lambda _self: before)
    assert FEW_BITS.name in (networks.vision("toy-128").lack or "")


def test_where_both_networks_are_there_nothing_lacks(tmp_path: Path) -> None:
    with capture_logs() as logs:
        detector = parts.detector(warmed_engine(tmp_path))
    assert (detector.lack, logs) == (None, [])


def test_where_one_of_the_two_lacks_the_other_is_not_used(tmp_path: Path, monkeypatch) -> None:
    for spec in (*map(mtcnn_spec, STAGES), FEW_BITS):
        warmed_engine(tmp_path).load(spec)
    without_torch(monkeypatch)
    lack = parts.detector(warmed_engine(tmp_path)).lack
    assert lack is not None
    assert CELLS.name in lack


@pytest.mark.parametrize(("kind", "error"), [("prepared", ModelCorrupt), ("warmed", EngineUnavailable)])
def test_a_damaged_one_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, error: type[Exception]
) -> None:
    maker, runner = ENGINES[kind]
    parts.detector(maker(tmp_path / "graphs"))
    damage(tmp_path / "graphs")
    without_torch(monkeypatch)
    with pytest.raises(error) as raised:
        parts.detector(runner(tmp_path / "graphs"))
    assert not isinstance(raised.value, NotConverted)


def test_nor_is_one_where_another_cannot_be_kept_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.detector(warmed_engine(tmp_path))
    damage(tmp_path)
    monkeypatch.setattr(graphs, "making", read_only)
    with pytest.raises(ModelError, match="make the models folder writable") as raised:
        parts.detector(warmed_engine(tmp_path))
    assert not isinstance(raised.value, NotKept)


def test_what_else_keeps_an_engine_from_running_is_not_passed_over(
    before: OpenVinoEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = before.load

    def broken(spec, *rest, **more) -> Network:
        if spec.name == FEW_BITS.name:
            raise EngineUnavailable("the device is gone")
        return load(spec, *rest, **more)

    monkeypatch.setattr(before, "load", broken)
    with pytest.raises(EngineUnavailable, match="the device is gone"):
        parts.detector(before)


def test_preparing_does_not_do_without_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for all networks would believe that they have them."""
    for stage in STAGES:
        PreparingEngine(tmp_path).load(mtcnn_spec(stage))
    without_torch(monkeypatch)
    with pytest.raises(EngineUnavailable, match=FEW_BITS.name):
        parts.detector(PreparingEngine(tmp_path))


def test_a_folder_prepared_before_lacks_nothing_once_it_is_prepared_again(tmp_path: Path) -> None:
    for stage in STAGES:
        PreparingEngine(tmp_path).load(mtcnn_spec(stage))
    prepared: MtcnnDetector = parts.detector(PreparingEngine(tmp_path))
    assert prepared.lack is None
    assert parts.detector(prepared_engine(tmp_path)).lack is None
