"""How much the networks have to compute for a picture, and how fast this processor could."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from facevec import config
from facevec.networks import installed_networks
from facevec.types import Precision
from facevec.usecases.see import look
from facevec.vision.engines.base import Bytes, Engine, Examples, Network, NetworkSpec, Spec, Tensor

GIGA = 1e9


class Counting:
    """Runs what `inner` runs, and adds up the floating point operations of each network by its name."""

    def __init__(self, inner: Engine) -> None:
        self._inner = inner
        self.flops: defaultdict[str, float] = defaultdict(float)

    def load(
        self,
        spec: Spec,
        precision: Precision = "fp32",
        *,
        examples: Examples | None = None,
        side_by_side: int = 0,
    ) -> Network:
        network = self._inner.load(spec, precision, examples=examples, side_by_side=side_by_side)
        return _Counted(network, spec, self.flops)

    def computes(self, precision: Precision) -> bool:
        """What is computed in full counts."""
        return precision == "fp32"

    def rest(self) -> None:
        self._inner.rest()


class _Counted:
    def __init__(self, inner: Network, spec: Spec, flops: defaultdict[str, float]) -> None:
        assert isinstance(spec, NetworkSpec)
        self._inner, self._name, self._flops = inner, spec.name, flops
        self._module = spec.build().to("meta")

    def run(self, batch: Tensor | Bytes) -> tuple[Tensor, ...]:
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        with FlopCounterMode(display=False) as counter, torch.no_grad():
            self._module(torch.empty(batch.shape, device="meta"))
        self._flops[self._name] += counter.get_total_flops()
        return self._inner.run(batch)


def arithmetic(home: Path, pictures: Sequence[bytes], model: str) -> list[dict[str, float]]:
    """GFLOP of each network that facevec runs for each picture; a recheck of doubtful faces is not in it."""
    installed = installed_networks(
        config.load(home, flags={"emotion.model": "emotion-small", "vision.threads": 1})
    )
    engine = Counting(installed._engine())
    vision = installed._vision(model, engine)
    table = []
    for data in pictures:
        engine.flops.clear()
        scene = look(vision, vision.decoder.decode(data))
        vision.embedder.embed(scene.image, scene.faces)
        if vision.emotion is not None:
            vision.emotion.read(scene.image, scene.faces)
        table.append({name: flops / GIGA for name, flops in engine.flops.items()})
    return table


def peak() -> float:
    """GFLOP a second of one thread, by the product of two matrices of 1024 by 1024, float32."""
    import torch

    torch.set_num_threads(1)
    left, right = torch.ones(1024, 1024), torch.ones(1024, 1024)
    times = []
    for _ in range(30):
        started = time.process_time()
        left @ right
        times.append(time.process_time() - started)
    return float(2 * 1024**3 / np.min(times) / GIGA)
