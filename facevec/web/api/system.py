"""What the service works with: index and models."""

from __future__ import annotations

from flask import Response

from facevec.presentation import calibration_words, payload
from facevec.usecases.rebuild import index_status
from facevec.web.answers import IndexAnswer, ModelsAnswer
from facevec.web.routes import Table, answer
from facevec.web.schemas import NoQuery
from facevec.web.service import Service

table = Table("Service")


@table.add("GET", "/index", scope="recognize", answers={200: IndexAnswer})
def show_index(service: Service, _given: NoQuery) -> Response:
    """The registry, the view of it that is searched, and the index on disk."""
    status = index_status(service.app.registry, service.app.generations)
    thresholds = calibration_words.status_json(service.app.threshold_status())
    live_revision = service.app.check()
    return answer({**payload.index_status(status), "live_revision": live_revision, "thresholds": thresholds})


@table.add("GET", "/models", scope="recognize", answers={200: ModelsAnswer})
def show_models(service: Service, _given: NoQuery) -> Response:
    """The catalogue of models: what is here, and what is in use."""
    vision = service.vision
    in_use = {vision.embedder.model, *([vision.emotion.model] if vision.emotion else [])}
    models = [
        {
            "name": entry.model.name,
            "task": entry.model.task,
            "description": entry.model.description,
            "licence": entry.model.licence,
            "source": entry.model.source,
            "dimension": entry.model.dimension,
            "here": entry.path is not None,
            "in_use": entry.model.name in in_use,
            "sha256": entry.manifest.sha256 if entry.manifest else None,
        }
        for entry in service.app.models.status()
    ]
    return answer({"models": models, "contract": vision.embedder.contract})
