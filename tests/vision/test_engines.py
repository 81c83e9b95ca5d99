from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np
import pytest

from facevec.errors import EngineUnavailable, ModelCorrupt, ModelError
from facevec.vision.engines.base import DYNAMIC, NetworkSpec, run_in_chunks
from facevec.vision.engines.compiled import MOST
from facevec.vision.engines.openvino_engine import OpenVinoEngine
from facevec.vision.engines.torch_engine import TorchEngine
from tests.integrity import KEY

if TYPE_CHECKING:
    import openvino


def small_network():
    import torch
    from torch import nn

    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.PReLU(8), nn.MaxPool2d(2, 2, ceil_mode=True), nn.Conv2d(8, 2, 1)
    )


def spec(**changes: object) -> NetworkSpec:
    fields = {
        "name": "small",
        "version": 1,
        "weights_sha256": "0" * 64,
        "input_shape": (DYNAMIC, 3, DYNAMIC, DYNAMIC),
        "build": small_network,
    }
    return NetworkSpec(**{**fields, **changes})


def never():
    raise AssertionError("the graph is on disk: nothing is to be built")


def batch(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 3, 12, 12), (1, 3, 57, 90), (5, 3, 31, 24)])
def test_engines_agree_at_every_shape(openvino, torch_engine, shape):
    (ours,) = openvino.load(spec()).run(batch(*shape))
    (reference,) = torch_engine.load(spec()).run(batch(*shape))
    assert ours.dtype == reference.dtype == np.float32
    assert np.allclose(ours, reference, atol=1e-5)


def test_chunks_give_the_same_answer(torch_engine):
    network = torch_engine.load(spec())
    whole, parts = network.run(batch(7, 3, 20, 20)), run_in_chunks(network, batch(7, 3, 20, 20), 3)
    assert np.allclose(whole[0], parts[0], atol=1e-6)


def test_a_second_start_builds_nothing(tmp_path):
    OpenVinoEngine(cache=tmp_path, key=KEY, threads=1).load(spec())
    OpenVinoEngine(cache=tmp_path, key=KEY, threads=1).load(spec(build=never))


@pytest.mark.parametrize("change", [{"version": 2}, {"weights_sha256": "1" * 64}, {"name": "other"}])
def test_another_network_is_not_taken_for_this_one(tmp_path, change):
    OpenVinoEngine(cache=tmp_path, key=KEY, threads=1).load(spec())
    with pytest.raises(AssertionError, match="nothing is to be built"):
        OpenVinoEngine(cache=tmp_path, key=KEY, threads=1).load(spec(build=never, **change))


@pytest.mark.parametrize("damaged", ["graph.bin", "graph.xml", "sha256.json", "sha256.mark"])
def test_a_damaged_graph_is_made_again_and_never_opened(tmp_path, damaged):
    engine = OpenVinoEngine(cache=tmp_path, key=KEY, threads=1)
    (before,) = engine.load(spec()).run(batch(1, 3, 20, 20))
    (file,) = tmp_path.glob(f"*/{damaged}")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(AssertionError, match="nothing is to be built"):
        engine.load(spec(build=never))
    (after,) = engine.load(spec()).run(batch(1, 3, 20, 20))
    assert np.array_equal(before, after)
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.parent.name]


def kept(tmp_path: Path, threads: int = 1) -> OpenVinoEngine:
    return OpenVinoEngine(cache=tmp_path / "graphs", key=KEY, threads=threads, compiled=tmp_path / "compiled")


def test_what_was_compiled_is_run_at_the_next_start_and_no_graph_is_read(tmp_path):
    reference = OpenVinoEngine(cache=tmp_path / "graphs", key=KEY, threads=1).load(spec())
    kept(tmp_path).load(spec())
    shutil.rmtree(tmp_path / "graphs")
    network = kept(tmp_path).load(spec(build=never))
    for shape in [(1, 3, 12, 12), (5, 3, 31, 24), (1, 3, 12, 12)]:
        assert np.array_equal(network.run(batch(*shape))[0], reference.run(batch(*shape))[0])
    with pytest.raises(AssertionError, match="nothing is to be built"):
        kept(tmp_path, threads=2).load(spec(build=never))


@pytest.mark.parametrize("damaged", ["network.blob", "sha256.mark"])
def test_what_was_compiled_and_is_damaged_is_compiled_again_and_never_opened(tmp_path, damaged):
    (before,) = kept(tmp_path).load(spec()).run(batch(1, 3, 20, 20))
    (file,) = tmp_path.glob(f"compiled/*/{damaged}")
    content = file.read_bytes()
    file.write_bytes(content[:-9] + bytes(9))
    (after,) = kept(tmp_path).load(spec(build=never)).run(batch(1, 3, 20, 20))
    assert np.array_equal(before, after)
    assert file.read_bytes()[-9:] != bytes(9)


def test_what_somebody_writes_to_while_it_is_in_use_is_run_no_more(tmp_path):
    network = kept(tmp_path).load(spec())
    network.run(batch(1, 3, 20, 20))
    (file,) = tmp_path.glob("compiled/*/network.blob")
    with file.open("r+b") as opened:
        opened.truncate(9)
    with pytest.raises(ModelCorrupt, match="start facevec again"):
        network.run(batch(1, 3, 20, 20))


def test_of_what_was_compiled_the_newest_few_stay(tmp_path):
    for threads in range(1, MOST + 3):
        kept(tmp_path, threads).load(spec())
    assert len(list((tmp_path / "compiled").iterdir())) == MOST


def test_where_nothing_can_be_kept_networks_are_compiled(tmp_path):
    (tmp_path / "compiled").write_text("in the way")
    (before,) = kept(tmp_path).load(spec()).run(batch(1, 3, 20, 20))
    assert before.any()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(ModelError, match="cannot be kept"):
        OpenVinoEngine(cache=blocked / "graphs", key=KEY, threads=1).load(spec())


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_no_network_ties_its_threads_to_cores(tmp_path, threads):
    engine = OpenVinoEngine(cache=tmp_path, key=KEY, threads=threads)
    engine.load(spec())
    engine.load(spec(), side_by_side=2)
    assert {network.get_property("ENABLE_CPU_PINNING") for network in compiled_by(engine)} == {False}


def compiled_by(engine: OpenVinoEngine) -> list[openvino.CompiledModel]:
    return [network._compiled.network for network in engine._networks]


@pytest.mark.parametrize(
    ("threads", "at_once", "side_by_side", "copies", "is_inline"),
    [
        (1, 1, 1, 1, True),
        (2, 1, 2, 2, True),
        (1, 3, 1, 3, True),
        (1, 2, 3, 3, True),
        (1, 3, 0, 1, False),
        (2, 1, 0, 1, False),
        (4, 1, 2, 1, False),
        (2, 2, 1, 1, False),
    ],
)
def test_a_network_that_is_called_often_runs_on_the_thread_that_calls_it_and_is_there_for_each_that_does(
    tmp_path, threads, at_once, side_by_side, copies, is_inline
):
    engine = OpenVinoEngine(cache=tmp_path, key=KEY, threads=threads, at_once=at_once)
    engine.load(spec(), side_by_side=side_by_side)
    streams = [network.get_property("NUM_STREAMS") for network in compiled_by(engine)]
    assert len(streams) == copies
    assert all((number == 0) is is_inline for number in streams)


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize("copies", [1, 2, 3])
def test_copies_answer_many_threads_as_one_network_does(tmp_path, copies, is_kept):
    reference = OpenVinoEngine(cache=tmp_path / "graphs", key=KEY, threads=1).load(spec())
    folder = tmp_path / "compiled" if is_kept else None
    engine = OpenVinoEngine(cache=tmp_path / "graphs", key=KEY, threads=copies, compiled=folder)
    network = engine.load(spec(), side_by_side=copies)
    assert len(engine._networks) == copies
    inputs = [batch(1, 3, 20 + index, 30) for index in range(12)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(network.run, inputs * 20))
    for index, (answer,) in enumerate(answers):
        assert np.array_equal(answer, reference.run(inputs[index % len(inputs)])[0])


def test_copies_that_failed_are_there_for_the_next_calls(tmp_path):
    engine = OpenVinoEngine(cache=tmp_path, key=KEY, threads=2)
    network = engine.load(spec(), side_by_side=2)
    answers = []

    def fail_and_run() -> None:
        for _ in range(3):
            with pytest.raises(RuntimeError):
                network.run(batch(1, 7, 20, 20))
        answers.extend(network.run(batch(1, 3, 20, 20)))

    threads = [Thread(target=fail_and_run, daemon=True) for _ in range(2)]  # one without a copy would wait
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [answer.any() for answer in answers] == [True, True]


@pytest.mark.parametrize(("cores", "streams"), [(1, [0, 0]), (2, [0, 0]), (4, [2])])
def test_where_openvino_chooses_it_is_for_the_cores_that_there_are(tmp_path, monkeypatch, cores, streams):
    monkeypatch.setattr("facevec.vision.engines.openvino_engine.processors", lambda: cores)
    engine = OpenVinoEngine(cache=tmp_path, key=KEY, threads=0)
    engine.load(spec(), side_by_side=2)
    assert [network.get_property("NUM_STREAMS") for network in compiled_by(engine)] == streams


def test_threads_may_share_a_network(openvino):
    network = openvino.load(spec())
    inputs = [batch(1, 3, 20 + index, 30) for index in range(12)]
    expected = [network.run(one)[0] for one in inputs]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: network.run(one)[0], inputs * 4))
    assert all(np.array_equal(one, answers[index]) for index, one in enumerate(expected * 4))


@pytest.mark.parametrize("plan", [{}, {"side_by_side": 2}])
def test_an_engine_rests_while_its_networks_run_and_answers_as_before(tmp_path, plan):
    engine = kept(tmp_path, threads=2)
    network = engine.load(spec(), **plan)
    expected = network.run(batch(2, 3, 24, 24))[0]
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(network.run, batch(2, 3, 24, 24)) for _ in range(40)]
        while not all(answer.done() for answer in answers):
            engine.rest()
    for answer in answers:
        assert np.array_equal(answer.result()[0], expected)


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(EngineUnavailable, match="vulkan"):
        TorchEngine(device="vulkan", threads=1)


def run_python(code: str, home: Path) -> str:
    environment = {**os.environ, "HOME": str(home)}
    environment.pop("CI", None)
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_openvino_reports_to_nobody(tmp_path):
    code = """
import socket
def refuse(*arguments, **options): raise AssertionError("the network was used")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import sys
from facevec.vision.engines.openvino_engine import import_openvino
openvino = import_openvino()
from openvino.tools.ovc import telemetry
print(type(telemetry).__module__, "openvino_telemetry" in sys.modules)
"""
    assert run_python(code, tmp_path) == "openvino.tools.ovc.telemetry_stub False\n"
    assert list(tmp_path.iterdir()) == []


def test_a_warm_start_imports_no_torch(graphs, detector, tmp_path):
    code = f"""
import sys
from pathlib import Path
from tests.parts import detector
from tests.integrity import KEY
from facevec.vision.engines.compiled import MOST
from facevec.vision.engines.openvino_engine import OpenVinoEngine
detector(OpenVinoEngine(cache=Path({str(graphs)!r}), key=KEY, threads=1))
print([name for name in ("torch", "torchvision", "facenet_pytorch") if name in sys.modules])
"""
    assert run_python(code, tmp_path) == "[]\n"
