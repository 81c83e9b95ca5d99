"""The process in which OpenVINO reads and runs a network that nobody knows yet, bounded in all it takes.

`python -m facevec.vision.added.child` works in its own folder: it takes `TASK` and `FACES`, and leaves
`OUTPUTS` or, where the network is not taken, `REFUSAL`.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from facevec.errors import FacevecError, ModelRefused
from facevec.files import size_in_words
from facevec.integrity import IntegrityKey
from facevec.vision.engines.base import GraphSpec, Network, Tensor

TASK, FACES, OUTPUTS, REFUSAL = "task.json", "faces.npy", "outputs.npz", "refusal.json"
THREADS = 2
TOGETHER = 4
"""Faces of one batch."""


@dataclass(frozen=True, slots=True)
class Task:
    """What the child is to do.

    graph: name of the file in its folder. memory: bytes that it may have; seconds: of computing.
    The others are as in `GraphSpec`.
    """

    graph: str
    size: int
    output: str | None
    length: int
    memory: int
    seconds: int

    def spec(self, folder: Path) -> GraphSpec:
        """What the engine is asked for."""
        shape = (-1, 3, self.size, self.size)
        return GraphSpec("the network", "", shape, self.output, self.length, lambda: folder / self.graph)


def main() -> int:
    """Do the task in this folder."""
    folder = Path.cwd()
    task = Task(**json.loads((folder / TASK).read_text(encoding="utf-8")))
    _bound(task)
    try:
        _run(_load(task.spec(folder)), np.load(folder / FACES), folder)
    except MemoryError:
        _refuse(folder, ModelRefused(f"The network takes more memory than {size_in_words(task.memory)}."))
    except FacevecError as error:
        _refuse(folder, error)
    except RuntimeError:  # OpenVINO's own
        _refuse(folder, ModelRefused("OpenVINO reads the network and cannot run it."))
    return 0


def _bound(task: Task) -> None:
    """What the system holds this process to; Windows knows no such bounds, and the parent ends it in time."""
    try:
        import resource
    except ImportError:  # pragma: no cover
        return
    for kind, limit in (
        (resource.RLIMIT_AS, task.memory),
        (resource.RLIMIT_CPU, THREADS * task.seconds),
        (resource.RLIMIT_FSIZE, 1 << 26),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS does not bound memory so
            resource.setrlimit(kind, (limit, limit))


def _load(spec: GraphSpec) -> Network:
    from facevec.vision.engines.openvino_engine import OpenVinoEngine

    engine = OpenVinoEngine(cache=Path.cwd(), key=IntegrityKey.passing(), threads=THREADS)
    return engine.load(spec)  # a graph is not converted, so nothing is kept and marked


def _run(network: Network, faces: Tensor, folder: Path) -> None:
    """faces: (people, shots, 3, side, side)."""
    people, shots = faces.shape[:2]
    alone = np.concatenate([network.run(face[np.newaxis])[0] for face in faces.reshape(-1, *faces.shape[2:])])
    first = faces[:, 0]
    again = np.concatenate([network.run(face[np.newaxis])[0] for face in first])
    parts = [network.run(first[at : at + TOGETHER])[0] for at in range(0, people, TOGETHER)]
    np.savez(
        folder / OUTPUTS, alone=alone.reshape(people, shots, -1), again=again, together=np.concatenate(parts)
    )


def _refuse(folder: Path, error: FacevecError) -> None:
    refusal = {"code": error.code, "message": str(error)}
    (folder / REFUSAL).write_text(json.dumps(refusal), encoding="utf-8")


def write_task(task: Task, faces: Tensor, folder: Path) -> None:
    """What `main` finds in its folder."""
    np.save(folder / FACES, faces)
    (folder / TASK).write_text(json.dumps(asdict(task)), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
