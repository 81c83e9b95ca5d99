"""Figures of each way, as a table and as a plot."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.pipeline.pictures import Picture
from benchmarks.pipeline.turns import Look, Turn

Figures = Mapping[str, Any]
Times = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Result:
    """Of one way. Times are of the fastest look at each picture.

    seconds, cpu: of each picture. faces: of all pictures. right: people named who are on a picture, of
    `people`; wrong: names of people who are not. start_seconds, memory_mib: of its process.
    joules: of all looks, a picture; None where the machine does not tell.
    """

    name: str
    seconds: tuple[float, ...]
    cpu: tuple[float, ...]
    faces: tuple[int, ...]
    people: int
    right: int
    wrong: int
    start_seconds: float
    memory_mib: float
    joules: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def result(name: str, turn: Turn, looks: Sequence[Sequence[Look]], probes: Sequence[Picture]) -> Result:
    """What the looks at each of `probes` amount to."""
    people = right = wrong = 0
    for picture, (first, *_) in zip(probes, looks, strict=True):
        if picture.people is not None:
            named = {sight.name for sight in first.sights if sight.name}
            people += len(picture.people)
            right += len(named & picture.people)
            wrong += len(named - picture.people)
    energies = [look.joules for each in looks for look in each]
    return Result(
        name=name,
        seconds=tuple(min(look.seconds for look in each) for each in looks),
        cpu=tuple(min(look.cpu for look in each) for each in looks),
        faces=tuple(len(each[0].sights) for each in looks),
        people=people,
        right=right,
        wrong=wrong,
        start_seconds=turn.start_seconds,
        memory_mib=turn.memory(),
        joules=None if None in energies else float(np.mean(energies)),  # type: ignore[arg-type]  # none is None
    )


def machine(threads: int) -> str:
    """The processor, and what of it was used."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    facts = dict(line.split(":", 1) for line in text.split("\n\n")[0].splitlines() if ":" in line)
    named = {key.strip(): value.strip() for key, value in facts.items()}
    flags = [
        flag
        for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile")
        if flag in named["flags"].split()
    ]
    return (
        f"{named['model name']} (family {named['cpu family']}, model {named['model']}; {', '.join(flags)}), "
        f"{os.cpu_count()} cores, {threads} threads, Python {platform.python_version()}"
    )


Column = tuple[str, Callable[[Mapping[str, Any], Times, Times], str]]
"""Its heading, and what it says of a result, its times, and the times of the first result."""

RATE: Column = ("pictures a second", lambda _, times, __: f"{len(times) / times.sum():.2f}")
MEDIAN: Column = ("median", lambda _, times, __: f"{1000 * np.median(times):.0f} ms")
FASTER: Column = ("facevec is faster", lambda _, times, first: f"{times.sum() / first.sum():.1f} times")
NAMED: Column = ("named rightly", lambda one, _, __: f"{one['right']} of {one['people']}")
NAME: Column = ("a right name", lambda one, times, _: f"{1000 * times.sum() / max(one['right'], 1):.0f} ms")
MEMORY: Column = ("memory", lambda one, _, __: f"{one['memory_mib']:.0f} MiB")

BRIEF: Sequence[Column] = (RATE, MEDIAN, FASTER, NAMED, NAME, MEMORY)
EVERYTHING: Sequence[Column] = (
    RATE,
    MEDIAN,
    ("99 of 100", lambda _, times, __: f"{1000 * np.percentile(times, 99):.0f} ms"),
    FASTER,
    ("least, of any picture", lambda _, times, first: f"{(times / first).min():.1f} times"),
    ("faces", lambda one, _, __: f"{sum(one['faces'])}"),
    NAMED,
    ("wrongly", lambda one, _, __: f"{one['wrong']}"),
    NAME,
    ("start", lambda one, _, __: f"{one['start_seconds']:.1f} s"),
    MEMORY,
    ("joules a picture", lambda one, _, __: "not told" if one["joules"] is None else f"{one['joules']:.2f}"),
)


def as_table(figures: Figures, columns: Sequence[Column]) -> str:
    """Markdown. "facevec is faster" compares the first row with each."""
    by = figures["by"]
    first = np.array(figures["results"][0][by])
    rows = [
        [one["name"], *(cell(one, np.array(one[by]), first) for _, cell in columns)]
        for one in figures["results"]
    ]
    table = [["", *(heading for heading, _ in columns)], ["---"] * (len(columns) + 1), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in table)


def explained(figures: Figures) -> str:
    """What the arithmetic of the networks comes to, and what share of facevec's time it is."""
    flops = np.array([sum(each.values()) for each in figures["gigaflops"]])
    names = sorted({name for each in figures["gigaflops"] for name in each})
    parts = ", ".join(
        f"{name} {sum(each.get(name, 0) for each in figures['gigaflops']):.0f}" for name in names
    )
    seconds = flops.sum() / figures["peak"]
    spent = sum(figures["results"][0]["cpu"])
    return (
        f"The networks take {flops.sum():.0f} GFLOP for these pictures ({parts}). At {figures['peak']:.0f} "
        f"GFLOP a second, which a core does in a product of large matrices, that is {seconds:.1f} s of the "
        f"{spent:.1f} s of processor time that facevec takes in fp32: {100 * seconds / spent:.0f} %."
    )


def as_plot(figures: Figures, path: Path) -> None:
    """Milliseconds of each picture by each way, on a logarithmic scale."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "facevec"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    order = np.argsort(figures["results"][0][figures["by"]])
    for one in figures["results"]:
        axes.plot(1000 * np.array(one[figures["by"]])[order], label=one["name"])
    axes.set(xlabel="pictures, in the order of facevec's time", ylabel="ms", yscale="log")
    axes.legend(frameon=False)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
