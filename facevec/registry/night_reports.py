"""The last night's report in SQL, so that every process may show it. It holds ids and no names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, delete, insert, select

from facevec.registry.engine import reading, writing
from facevec.registry.tables import NightRow
from facevec.types import Finding, NightReport, StepReport

_ONLY = 1
"""The report is one row; this is its key."""


class SqlNightReports:
    """`ports.NightReports` beside the workers, in the same database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, report: NightReport) -> None:
        row = {"id": _ONLY, "summary": _summary(report), "findings": _findings(report)}
        with writing(self._engine) as connection:
            connection.execute(delete(NightRow))
            connection.execute(insert(NightRow).values(row))

    def latest(self, *, findings: bool = True) -> NightReport | None:
        columns = (NightRow.summary, NightRow.findings) if findings else (NightRow.summary,)
        with reading(self._engine) as connection:
            row = connection.execute(select(*columns)).one_or_none()
        if row is None:
            return None
        return _report(row.summary, row.findings if findings else {})


def _summary(report: NightReport) -> dict[str, Any]:
    steps = [{**asdict(step), "findings": None} for step in report.steps]
    moments = {"began_at": report.began_at.isoformat(), "ended_at": report.ended_at.isoformat()}
    return {"holder": report.holder, **moments, "steps": steps}


def _findings(report: NightReport) -> dict[str, Any]:
    return {step.name: [_document(finding) for finding in step.findings] for step in report.steps}


def _document(finding: Finding) -> dict[str, Any]:
    at = finding.at and finding.at.isoformat()
    values = {**asdict(finding), "at": at, "worker_ids": list(finding.worker_ids)}
    return {name: value for name, value in values.items() if value is not None}


def _report(summary: Mapping[str, Any], findings: Mapping[str, Sequence[Mapping[str, Any]]]) -> NightReport:
    return NightReport(
        summary["holder"],
        datetime.fromisoformat(summary["began_at"]),
        datetime.fromisoformat(summary["ended_at"]),
        tuple(
            StepReport(**{**step, "findings": tuple(map(_finding, findings.get(step["name"], ())))})
            for step in summary["steps"]
        ),
    )


def _finding(document: Mapping[str, Any]) -> Finding:
    at = document.get("at")
    return Finding(
        **{
            **document,
            "worker_ids": tuple(document["worker_ids"]),
            "at": at and datetime.fromisoformat(at),
        }
    )
