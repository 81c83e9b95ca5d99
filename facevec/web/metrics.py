"""Numbers for Prometheus: no label holds anything that a client chose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from prometheus_client import (
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from facevec.errors import FacevecError
from facevec.ports import NightReports, Reviews
from facevec.web.call import Call
from facevec.web.service import Service

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one process, or of all its siblings where prometheus-client shares a folder."""

    def __init__(self, service: Service, folder: Path | None = None) -> None:
        own = CollectorRegistry(auto_describe=True)
        self._requests = Counter(
            "facevec_requests", "Requests answered.", ["method", "route", "status"], registry=own
        )
        self._latency = Histogram(
            "facevec_request_seconds", "Time to answer.", ["route"], buckets=SECONDS, registry=own
        )
        self._stages = Histogram(
            "facevec_stage_seconds", "Time in a stage.", ["stage"], buckets=SECONDS, registry=own
        )
        self._faces = Counter("facevec_faces", "Faces found.", registry=own)
        self._outcomes = Counter("facevec_outcomes", "What became of faces.", ["status"], registry=own)
        self._wrong_keys = Counter("facevec_wrong_keys", "Requests with a wrong key.", registry=own)
        self._lockouts = Counter("facevec_lockouts", "Addresses locked out.", registry=own)
        self._shown = own if folder is None else CollectorRegistry()
        if folder is not None:
            self._shown.register(Siblings(folder))
        self._shown.register(State(service))
        for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
            self._shown.register(collector)

    def observe(self, method: str, route: str, status: int, notes: Call) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, status).inc()
        self._latency.labels(route).observe(notes.seconds)
        for stage, seconds in notes.stages.items():
            self._stages.labels(stage).observe(seconds)
        self._faces.inc(notes.faces or 0)
        self._wrong_keys.inc(notes.wrong_key)
        self._lockouts.inc(notes.locked_out)
        for outcome, count in notes.outcomes.items():
            self._outcomes.labels(outcome).inc(count)

    def text(self) -> bytes:
        """All of it, in Prometheus's text format."""
        return generate_latest(self._shown)


class Siblings(Collector):
    """What the processes of this service counted together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """As the package's own collector, to which a bracket in the folder's name is a pattern."""
        files = [str(path) for path in self._folder.glob("*.db")]
        merged: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]  # no types
        return merged


class State(Collector):
    """What stands in the registry and the live view when the metrics are read."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """A gauge each; only `facevec_ready` until the application is there."""
        ready = self._service.readiness.wait(0)
        yield GaugeMetricFamily("facevec_ready", "Whether the models are loaded.", value=ready)
        if not ready:
            return
        app = self._service.app
        yield InfoMetricFamily(
            "facevec_model",
            "The embedding in use.",
            value={"model": app.vision.embedder.model, "contract": app.vision.embedder.contract},
        )
        view_revision, view_size = app.live.extent()
        yield GaugeMetricFamily("facevec_index_workers", "Workers in the live view.", value=view_size)
        yield GaugeMetricFamily("facevec_index_revision", "Revision of the live view.", value=view_revision)
        upkeep = app.live.upkeep()
        yield CounterMetricFamily(
            "facevec_registry_replaced",
            "Times the registry was another one than before.",
            value=upkeep.replaced,
        )
        yield CounterMetricFamily(
            "facevec_clock_steps_back", "Times the clock went back.", value=upkeep.clock_steps_back
        )
        yield GaugeMetricFamily(
            "facevec_templates_set_aside",
            "Templates that are not as facevec wrote them, and are searched by nobody.",
            value=len(upkeep.set_aside),
        )
        try:
            lag = app.registry.state().revision - view_revision
        except FacevecError:
            yield GaugeMetricFamily("facevec_registry_up", "Whether the registry answers.", value=0)
            return
        yield GaugeMetricFamily("facevec_registry_up", "Whether the registry answers.", value=1)
        yield GaugeMetricFamily(
            "facevec_index_revision_lag",
            "Revisions the live view has yet to apply before it searches.",
            value=lag,
        )
        yield from _pending(app.reviews)
        yield from _night(app.night_reports)


def _pending(reviews: Reviews) -> Iterator[Metric]:
    with suppress(FacevecError):
        waiting = reviews.count()
        yield GaugeMetricFamily(
            "facevec_reviews_pending", "Identifications that wait for people.", value=waiting
        )


def _night(reports: NightReports) -> Iterator[Metric]:
    """What the last night came to; nothing before the first."""
    try:
        report = reports.latest(findings=False)
    except FacevecError:
        return
    if report is None:
        return
    ended = report.ended_at.timestamp()
    yield GaugeMetricFamily("facevec_night_timestamp_seconds", "When the last night ended.", value=ended)
    yield GaugeMetricFamily("facevec_night_seconds", "How long the last night took.", value=report.seconds)
    seen = GaugeMetricFamily("facevec_night_findings", "What the last night saw.", labels=["step"])
    failed = GaugeMetricFamily("facevec_night_failed", "Whether a step of it failed.", labels=["step"])
    for step in report.steps:
        seen.add_metric([step.name], step.count)
        failed.add_metric([step.name], step.code is not None)
    yield seen
    yield failed
