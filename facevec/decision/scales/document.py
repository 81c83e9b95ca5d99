"""A measured scale as a document that JSON holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from facevec.types import Cohort, Estimate, Evidence, MeasuredScale, ModelScale, RateTable

VERSION = 1


def document(measured: MeasuredScale) -> dict[str, Any]:
    """What `scale_of` reads."""
    written = asdict(measured)
    written["scale"]["match"]["evidence"] = measured.scale.match.evidence.value
    return {"version": VERSION, **written, "measured_at": measured.measured_at.isoformat()}


def scale_of(written: Mapping[str, Any]) -> MeasuredScale:
    """Raises ValueError, KeyError, TypeError for anything but a `document` of this version."""
    if written["version"] != VERSION:
        raise ValueError(f"version {written['version']}")
    values = {name: value for name, value in written.items() if name != "version"}
    scale = dict(values["scale"])
    table, cohort = scale["match"], scale["cohort"]
    pairs = tuple((float(rate), float(distance)) for rate, distance in table["pairs"])
    scale["match"] = RateTable(pairs, table["decline"], Evidence(table["evidence"]))
    scale["cohort"] = None if cohort is None else Cohort(**cohort)
    return MeasuredScale(
        **values
        | {
            "scale": ModelScale(**scale),
            "intervals": {name: Estimate(**values) for name, values in written["intervals"].items()},
            "left": tuple(written["left"]),
            "measured_at": datetime.fromisoformat(written["measured_at"]),
        }
    )
