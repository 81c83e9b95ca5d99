"""A network that somebody brings, tried before it is kept: held to its description, run on drawn faces."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facevec.errors import EngineUnavailable, ModelRefused
from facevec.files import size_in_words
from facevec.vision.added import ir, onnx
from facevec.vision.added.child import OUTPUTS, REFUSAL, Task, write_task
from facevec.vision.added.description import Description
from facevec.vision.added.entry import recipe_of
from facevec.vision.added.portraits import portraits
from facevec.vision.added.verdict import Findings, Outputs, judge
from facevec.vision.networks.architecture import Weights

_COMMAND = (sys.executable, "-m", "facevec.vision.added.child")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a network may take while it is tried. memory: bytes of address space."""

    seconds: int = 120
    memory: int = 6 << 30


BOUNDS = Bounds()


def tried(graph: Path, description: Description, bounds: Bounds = BOUNDS) -> Findings:
    """What was found of the network whose files lie in a folder of their own.

    graph: the file that was named; the folder is worked in.
    Raises ModelCorrupt, ModelRefused, EngineUnavailable.
    """
    recipe = recipe_of(description, Weights("the network", "", lambda: graph))
    task = Task(
        graph=graph.name,
        size=description.size,
        output=description.output,
        length=description.length,
        memory=bounds.memory,
        seconds=bounds.seconds,
    )
    _inspect(graph)
    write_task(task, portraits(recipe), graph.parent)
    _run_child(graph.parent, bounds)
    return judge(_outputs(graph.parent, bounds))


def _inspect(graph: Path) -> None:
    """Hold the file to what may stand in it, before anything but facevec reads it."""
    if graph.suffix == ".onnx":
        onnx.check(graph.read_bytes())
    else:
        ir.check(graph.read_bytes(), graph.with_suffix(".bin").stat().st_size)


def _run_child(folder: Path, bounds: Bounds) -> None:
    try:
        subprocess.run(  # noqa: S603 - a fixed command
            _COMMAND,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=bounds.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ModelRefused(
            f"The network is not read and run on a few faces within {bounds.seconds} s; it is too slow for "
            "anything, or does not end."
        ) from None


def _outputs(folder: Path, bounds: Bounds) -> Outputs:
    refusal = folder / REFUSAL
    if refusal.is_file():
        content = json.loads(refusal.read_text(encoding="utf-8"))
        raise (EngineUnavailable if content["code"] == EngineUnavailable.code else ModelRefused)(
            content["message"]
        )
    if not (folder / OUTPUTS).is_file():
        raise ModelRefused(
            "OpenVINO breaks off on the network: it is damaged, or takes more memory than "
            f"{size_in_words(bounds.memory)} or more time than {bounds.seconds} s."
        )
    with np.load(folder / OUTPUTS) as saved:
        return Outputs(saved["alone"], saved["again"], saved["together"])
