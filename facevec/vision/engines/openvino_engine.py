"""The CPU engine: OpenVINO in float32, with graphs converted once and kept on disk."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from facevec.errors import EngineUnavailable, ModelRefused
from facevec.files import sha256_of
from facevec.integrity import IntegrityKey
from facevec.machine import multiplies_bytes, multiplies_bytes_in_pairs, processors
from facevec.types import IN_BYTES, Precision
from facevec.vision.engines import graphs
from facevec.vision.engines.base import Bytes, Examples, GraphSpec, Network, NetworkSpec, Spec, Tensor
from facevec.vision.engines.calibrated import SCHEME, calibrated
from facevec.vision.engines.compiled import Compiled, CompiledNetworks
from facevec.vision.engines.inference import inferred
from facevec.vision.engines.ir_cache import IrCache
from facevec.vision.engines.own_graph import RowsOfVectors, fit, last_words, read_graph, takes_one
from facevec.vision.engines.prepared import PreparedGraphs
from facevec.vision.engines.side_by_side import SideBySide

if TYPE_CHECKING:
    import openvino

_HINTS: Mapping[Precision, str] = {"fp32": "f32", "bf16": "bf16", "int8": "f32", "int8-avx2": "f32"}
"""Always said: without it OpenVINO computes in bfloat16 on CPUs that can, and faces are found elsewhere.
In int8 it is said of what stays as it is."""


class _Plan(NamedTuple):
    """How a network is run. settings: of OpenVINO. copies: so many of it, each for one call at a time."""

    settings: Mapping[str, Any]
    copies: int = 1


class OpenVinoEngine:
    """Runs networks on the CPU.

    cache: folder of the converted graphs; with a graph there, torch is not imported at all. key: marks them;
    one that somebody else wrote is converted anew. prepared: folder of those that were converted elsewhere,
    which are taken first; see `PreparedGraphs`. compiled: folder of what was compiled of graphs, None to keep
    nothing of it; see `CompiledNetworks`.
    threads: of one inference; 0 leaves OpenVINO's own choice. at_once: so many inferences of a network run
    side by side, each on as many threads, instead of one after the other on all. What is called side by side
    (`Engine.load`) shares out the threads of all; where one is left for each, it runs on the one that calls.
    """

    def __init__(
        self,
        *,
        cache: Path,
        key: IntegrityKey,
        threads: int,
        at_once: int = 1,
        prepared: Path | None = None,
        compiled: Path | None = None,
    ) -> None:
        package = import_openvino()
        self._package = package
        self._core = package.Core()
        # A mapped file of weights stays in memory beside what is made of it.
        self._core.set_property({"ENABLE_MMAP": False})
        self._cache = IrCache(cache, package, key)
        self._prepared = None if prepared is None else PreparedGraphs(prepared, package)
        self._kept = None if compiled is None else CompiledNetworks(compiled, package, self._core, key)
        self._threads, self._at_once = threads * at_once, at_once
        self._networks: list[_OpenVinoNetwork] = []

    def load(
        self,
        spec: Spec,
        precision: Precision = "fp32",
        *,
        examples: Examples | None = None,
        side_by_side: int = 0,
    ) -> Network:
        plan = self._plan(precision, side_by_side)
        examples = _needed(examples) if precision in IN_BYTES else None
        if isinstance(spec, GraphSpec):
            return self._own(spec, plan, examples)
        prepared = self._prepared.find(spec) if self._prepared else None

        def compiled(copies: int) -> list[Compiled]:
            graph = self._core.read_model(prepared or self._cache.path(spec))
            return self._compiled(graph, plan.settings, examples, copies)

        if self._kept is None:
            return self._network(compiled(plan.copies))
        graph = [graphs.folder_name(spec, self._package)]
        if prepared:
            graph.append(sha256_of(prepared.with_name(graphs.CHECKSUMS)))
        if examples:
            graph.append(f"{SCHEME}-{precision}")
        kept = self._kept.find(graph, *plan)
        if kept is None:
            (made,) = compiled(1)
            self._kept.keep(graph, plan.settings, made.network)
            kept = self._kept.find(graph, *plan) or [made, *compiled(plan.copies - 1)]
        return self._network(kept)

    def computes(self, precision: Precision) -> bool:
        if precision == "int8":  # OpenVINO lists it wherever it runs
            return multiplies_bytes()
        if precision == "int8-avx2":
            return multiplies_bytes_in_pairs()
        return precision == "fp32" or precision.upper() in self._core.get_property(
            "CPU", "OPTIMIZATION_CAPABILITIES"
        )

    @property
    def processor(self) -> str:
        """What it is called."""
        return str(self._core.get_property("CPU", "FULL_DEVICE_NAME"))

    def _own(self, spec: GraphSpec, plan: _Plan, examples: Examples | None) -> Network:
        graph = fit(read_graph(self._core, spec.file()), spec, self._package)
        try:
            compiled = self._compiled(graph, plan.settings, examples, plan.copies)
        except RuntimeError as error:
            raise ModelRefused(f"OpenVINO cannot run the network: {last_words(error)}.") from None
        return RowsOfVectors(self._network(compiled), spec, one_by_one=takes_one(graph))

    def _compiled(
        self, model: openvino.Model, settings: Mapping[str, Any], examples: Examples | None, copies: int
    ) -> list[Compiled]:
        """examples: for 8-bit numbers, None for others."""
        if examples:
            model = calibrated(model, examples(), self._core, self._package, settings)
        return [Compiled(self._core.compile_model(model, "CPU", dict(settings))) for _ in range(copies)]

    def rest(self) -> None:
        for network in self._networks:
            network.rest()

    def _network(self, compiled: Sequence[Compiled]) -> Network:
        networks = [_OpenVinoNetwork(each, self._package) for each in compiled]
        self._networks += networks
        return networks[0] if len(networks) == 1 else SideBySide(networks)

    def _plan(self, precision: Precision, side_by_side: int) -> _Plan:
        # Else each network ties its threads to cores of its own choice: two that run side by side may share
        # one while the other has nothing to do.
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": _HINTS[precision],
            "ENABLE_CPU_PINNING": False,
        }
        streams = max(self._at_once, side_by_side, 1)
        if self._threads:
            settings["INFERENCE_NUM_THREADS"] = self._threads
        if side_by_side and (self._threads or processors()) <= streams:
            # Without streams a network runs on the thread that calls it, which has just written what goes in
            # and need not be woken. One such network runs one call at a time.
            return _Plan({**settings, "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 0}, copies=streams)
        if streams > 1:  # OpenVINO deals the threads out among them
            return _Plan({**settings, "PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": streams})
        return _Plan({**settings, "PERFORMANCE_HINT": "LATENCY"})


def _needed(examples: Examples | None) -> Examples:
    if examples is None:
        raise ValueError("Without examples nobody knows between what a network's numbers lie.")
    return examples


class PreparingEngine:
    """Runs networks on the CPU once they are among the graphs prepared in `folder`, converted if need be.

    A graph is the same in all precisions: in which it is computed is decided where it is brought.
    """

    def __init__(self, folder: Path) -> None:
        self._graphs = PreparedGraphs(folder, import_openvino())
        self._engine = OpenVinoEngine(cache=folder, key=IntegrityKey.passing(), threads=0, prepared=folder)

    def load(
        self,
        spec: Spec,
        precision: Precision = "fp32",  # noqa: ARG002  # it is of fp32
        *,
        examples: Examples | None = None,  # noqa: ARG002  # for int8
        side_by_side: int = 0,  # noqa: ARG002  # nobody runs it here
    ) -> Network:
        if isinstance(spec, NetworkSpec):
            self._graphs.add(spec)
        return self._engine.load(spec)

    def computes(self, precision: Precision) -> bool:  # noqa: ARG002  # where it is brought
        return True

    def rest(self) -> None:
        self._engine.rest()


class _OpenVinoNetwork:
    """One infer request belongs to one call at a time; those not in use wait for the next.

    One that failed is not used again.
    """

    def __init__(self, compiled: Compiled, package: ModuleType) -> None:
        self._compiled = compiled
        self._package = package
        self._idle: deque[openvino.InferRequest] = deque()

    def run(self, batch: Tensor | Bytes) -> tuple[Tensor, ...]:
        file = self._compiled.file
        if file:
            file.require_same()
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._compiled.network.create_infer_request()
        outputs = inferred(request, batch, self._package)
        self._idle.append(request)
        return outputs

    def rest(self) -> None:
        """Let go of what the last inputs took; weights that lie in a file are read from there again."""
        self._idle.clear()
        with suppress(RuntimeError):  # it is busy, and will rest another time
            self._compiled.network.release_memory()
        if self._compiled.file:
            self._compiled.file.forget()


def import_openvino() -> ModuleType:
    """The openvino package, imported so that it reports nothing to anyone.

    Its first import sends an event to a web analytics service through `openvino_telemetry`
    unless that package is missing, and every conversion would send more. Hiding it for the
    length of the import makes openvino take its own stub for good.
    Raises EngineUnavailable when it is not installed or does not load.
    """
    name = "openvino_telemetry"
    hidden = {key: sys.modules.pop(key) for key in list(sys.modules) if key.split(".")[0] == name}
    sys.modules[name] = None  # type: ignore[assignment]  # documented: None makes the import fail
    try:
        import openvino
    except ImportError as error:
        raise EngineUnavailable(
            'OpenVINO cannot be loaded here; install it or set the engine to "torch".'
        ) from error
    finally:
        del sys.modules[name]
        sys.modules.update(hidden)
    module: ModuleType = openvino
    return module
