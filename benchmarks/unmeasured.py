"""What a model that nobody measured does: `python -m benchmarks.unmeasured DIR [--cache FOLDER]`.

DIR holds one folder a person (LFW). `casia-webface` stands for `vggface2`: the same network, other weights,
its vectors without a projection. Workers are drawn; strangers are searched for, and the workers by photos
that are not enrolled, with
- the distances that others published for `vggface2`;
- distances from the templates of those very workers, as after an import (`usecases.own_workers`), in their
  own gallery and in one of twice as many.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from benchmarks import protocol
from benchmarks.crowd import Rates, at, crowd, error_rates
from facevec.decision.duplicates import ENROLLED
from facevec.decision.scales.crowd import Crowd, Indices
from facevec.decision.scales.scale import measured
from facevec.types import Evidence, ModelScale, Templates, no_vectors
from facevec.usecases.own_workers import crowd_of, no_wider
from facevec.vision.models.facenet import VGGFACE2
from training.identification.alternatives import as_they_are

DRAWS = 12
WORKERS = (50, 100, 200, 300)


def of_own_workers(everybody: Crowd, places: Indices) -> ModelScale:
    """What the templates of those enrolled say."""
    rows = np.concatenate([everybody.people[place][:ENROLLED] for place in places])
    owners = np.concatenate([[place] * len(everybody.people[place][:ENROLLED]) for place in places])
    workers = crowd_of(Templates(owners.astype(np.int64), everybody.looks.templates[rows]))
    return no_wider(measured(workers, VGGFACE2.scale, Evidence.OWN_WORKERS).scale, VGGFACE2.scale)


def main() -> None:
    """The command line."""
    options = protocol.arguments(__doc__).parse_args()
    everybody = crowd(options, as_they_are(no_vectors(), np.empty(0, np.int64)))
    print(
        "| workers | distances | threshold | FPIR, mean | upper quartile | FNIR |\n|---|---|---|---|---|---|"
    )
    for size in WORKERS:
        rows: defaultdict[str, list[tuple[float, Rates]]] = defaultdict(list)
        for draw in range(DRAWS):
            more = everybody.drawn(2 * size, draw)
            places, own = more[:size], of_own_workers(everybody, more[:size])
            ways = {"published": (VGGFACE2.scale, places), "own workers": (own, places)}
            ways |= {"own workers, gallery twice as large": (own, more)}
            for name, (scale, gallery) in ways.items():
                point = at(scale, len(gallery))
                rows[name].append((point.match_threshold.value, error_rates(point, everybody, gallery)))
        for name, outcomes in rows.items():
            thresholds, fpirs, fnirs = np.array([(threshold, *each) for threshold, each in outcomes]).T
            print(
                f"| {size} | {name} | {thresholds.mean():.3f} | {fpirs.mean():.4f} | "
                f"{np.quantile(fpirs, 0.75):.4f} | {fnirs.mean():.4f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
