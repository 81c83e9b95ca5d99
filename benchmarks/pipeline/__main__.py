"""The command: the figures, the plot, and the table where the page quotes it."""

from __future__ import annotations

import argparse
import os
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.photos import DATA
from benchmarks.pipeline.arithmetic import arithmetic, peak
from benchmarks.pipeline.pages import summary, write
from benchmarks.pipeline.pictures import Pictures, pictures
from benchmarks.pipeline.report import Figures, machine, result
from benchmarks.pipeline.turns import Look, turns
from benchmarks.pipeline.ways import ways


def measured(chosen: Pictures, options: argparse.Namespace) -> Figures:
    """Every way on the same pictures, in turns."""
    gallery = {name: [path.read_bytes() for path in paths] for name, paths in chosen.gallery.items()}
    probes = [picture.path.read_bytes() for picture in chosen.probes]
    with tempfile.TemporaryDirectory() as home:
        gigaflops = arithmetic(Path(home) / "fp32", probes, "casia-webface")
        every = ways(Path(home), options.threads)
        makes = {name: make for name, make in every.items() if not options.only or name in options.only}
        with turns(makes, probes[0], options.threads) as started:
            for turn in started.values():
                turn.enrol(gallery)
            looks: dict[str, list[list[Look]]] = {name: [[] for _ in probes] for name in started}
            for _ in range(options.rounds):
                for place, data in enumerate(probes):
                    for name, turn in started.items():
                        looks[name][place].append(turn.recognize(data))
            results = {name: result(name, turn, looks[name], chosen.probes) for name, turn in started.items()}
            paths = [picture.path for picture in chosen.probes]
            for _ in range(options.rounds):
                for name, turn in started.items():
                    results[name] = results[name].with_folder(turn.recognize_folder(paths))
    return {
        "machine": machine(options.threads),
        "date": datetime.now(timezone.utc).date().isoformat(),
        "by": options.by,
        "pictures": len(probes),
        "peak": peak(),
        "gigaflops": gigaflops,
        "results": [one.as_json() for one in results.values()],
    }


def main() -> None:
    """Measure, and with --write put the figures where the page quotes them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--rounds", type=int, default=5, help="the fastest look at each picture counts")
    parser.add_argument("--people", type=int, default=20, help="of lfw-dev; as many strangers")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--by", choices=["seconds", "cpu"], default="seconds", help="cpu, where others work too"
    )
    parser.add_argument("--only", nargs="*", metavar="WAY", help="these ways")
    parser.add_argument("--write", action="store_true", help="figures, plot, and the tables of the pages")
    options = parser.parse_args()
    figures = measured(pictures(options.data, options.people), options)
    print(summary([figures]))
    if options.write:
        write(figures)


if __name__ == "__main__":
    main()
