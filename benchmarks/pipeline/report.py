"""Figures of each way, as a table and as a plot."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.pipeline.pictures import Picture
from benchmarks.pipeline.turns import Look, Turn
from benchmarks.pipeline.ways import PLAIN

Figures = Mapping[str, Any]
Times = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Folder:
    """What a way took for all pictures, asked for them at once."""

    seconds: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Result:
    """Of one way. Times are of the fastest look at each picture.

    seconds, cpu: of each picture. faces: of all pictures. right: people named who are on a picture, of
    `people`; wrong: names of people who are not. start_seconds, memory_mib: of its process.
    joules: of all looks, a picture; None where the machine does not tell. folder: the fastest look at all
    pictures as one folder; None before there was one.
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
    folder: Folder | None = None

    def with_folder(self, look: Look) -> Result:
        """With one more look at all pictures as one folder. Raises ValueError where it sees other faces."""
        if len(look.sights) != sum(self.faces):
            raise ValueError(f"{self.name} sees {len(look.sights)} faces in a folder, not {sum(self.faces)}")
        before = self.folder or Folder(look.seconds, look.cpu)
        return replace(self, folder=Folder(min(before.seconds, look.seconds), min(before.cpu, look.cpu)))

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


@dataclass(frozen=True, slots=True)
class Row:
    """A way's figures, and those of the way that all are held against.

    times, plain: of each picture, seconds. folder, plain_folder: of all pictures at once.
    """

    one: Mapping[str, Any]
    times: Times
    folder: float
    plain: Times
    plain_folder: float


Column = tuple[str, Callable[[Row], str]]
"""Its heading, and what it says of a way."""

RATE: Column = ("pictures a second", lambda row: f"{len(row.times) / row.times.sum():.2f}")
MEDIAN: Column = ("median", lambda row: f"{1000 * np.median(row.times):.0f} ms")
FASTER: Column = (
    "the plain pipeline's speed",
    lambda row: f"{row.plain.sum() / row.times.sum():.1f} times",
)
FOLDER: Column = ("a second from a folder", lambda row: f"{len(row.times) / row.folder:.2f}")
FASTER_FOLDER: Column = (
    "the plain pipeline's speed from a folder",
    lambda row: f"{row.plain_folder / row.folder:.1f} times",
)
NAMED: Column = ("named rightly", lambda row: f"{row.one['right']} of {row.one['people']}")
MEMORY: Column = ("memory", lambda row: f"{row.one['memory_mib']:.0f} MiB")

BRIEF: Sequence[Column] = (RATE, MEDIAN, FASTER, FOLDER, FASTER_FOLDER, NAMED, MEMORY)
EVERYTHING: Sequence[Column] = (
    RATE,
    MEDIAN,
    ("99 of 100", lambda row: f"{1000 * np.percentile(row.times, 99):.0f} ms"),
    FASTER,
    ("least, of any picture", lambda row: f"{(row.plain / row.times).min():.1f} times"),
    FOLDER,
    FASTER_FOLDER,
    ("faces", lambda row: f"{sum(row.one['faces'])}"),
    NAMED,
    ("wrongly", lambda row: f"{row.one['wrong']}"),
    ("a right name", lambda row: f"{1000 * row.times.sum() / max(row.one['right'], 1):.0f} ms"),
    ("a right name from a folder", lambda row: f"{1000 * row.folder / max(row.one['right'], 1):.0f} ms"),
    ("start", lambda row: f"{row.one['start_seconds']:.1f} s"),
    MEMORY,
    ("joules a picture", lambda row: "not told" if row.one["joules"] is None else f"{row.one['joules']:.2f}"),
)


def as_table(figures: Figures, columns: Sequence[Column]) -> str:
    """Markdown. All are held against the plain pipeline, or the last where that was left out."""
    by = figures["by"]
    times = {one["name"]: (np.array(one[by]), one["folder"][by]) for one in figures["results"]}
    plain = times.get(PLAIN) or [*times.values()][-1]
    rows = [
        [one["name"], *(cell(Row(one, *times[one["name"]], *plain)) for _, cell in columns)]
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
