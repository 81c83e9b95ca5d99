"""`/healthz`, `/readyz` and `/metrics`: for machines that watch the service."""

from __future__ import annotations

from flask import Blueprint, Response, request
from prometheus_client import CONTENT_TYPE_LATEST

from facevec.presentation.answers.system import Health, Readiness
from facevec.web.metrics import Metrics
from facevec.web.problems import try_later
from facevec.web.routes import answer
from facevec.web.service import Service


def blueprint(service: Service, metrics: Metrics) -> Blueprint:
    """The three routes."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> Response:
        return answer(Health(status="ok"))

    @health.get("/readyz")
    def readyz() -> Response:
        service.readiness.require()
        if service.leaving.is_set():
            raise try_later("stopping", "The service is about to stop; ask another instance.")
        return answer(Readiness(status="ready", index_revision=service.app.check()))

    @health.get("/metrics")
    def show_metrics() -> Response:
        service.readiness.require()
        service.access.authorize(request, "recognize")
        return Response(metrics.text(), content_type=CONTENT_TYPE_LATEST)

    return health
