"""What the service works with: index and models."""

from __future__ import annotations

from flask import Response

from facevec.presentation.answers.models import ModelAnswer, ModelsAnswer
from facevec.presentation.answers.night import LastNight, NightAnswer
from facevec.presentation.answers.system import ConsentRule, IndexAnswer
from facevec.presentation.answers.thresholds import ThresholdsAnswer
from facevec.usecases.model import networks_of
from facevec.usecases.night.reading import with_workers
from facevec.web.routes import Table, answer
from facevec.web.schemas import NoQuery
from facevec.web.service import Service

table = Table("Service")


@table.add("GET", "/index", scope="recognize", answers={200: IndexAnswer})
def show_index(service: Service, _parameters: NoQuery) -> Response:
    """The registry, the view of it that is searched, and the index on disk."""
    live_revision = service.app.check()
    set_aside = service.app.live.upkeep().set_aside
    status = service.app.gallery.status(set_aside)
    thresholds = ThresholdsAnswer.of_standing(service.app.standing())
    counts = service.app.kept.consent_counts()
    consent = ConsentRule(required=service.app.settings.consent.required, without=counts.without)
    return answer(IndexAnswer.of(status, live_revision=live_revision, thresholds=thresholds, consent=consent))


@table.add("GET", "/night", scope="admin", answers={200: LastNight})
def show_night(service: Service, _parameters: NoQuery) -> Response:
    """What the last nightly job came to, and whom it is about."""
    kept = service.app.night_reports.latest()
    night = None if kept is None else NightAnswer.of_night(*with_workers(kept, service.app.registry))
    return answer(LastNight(night=night))


@table.add("GET", "/models", scope="recognize", answers={200: ModelsAnswer})
def show_models(service: Service, _parameters: NoQuery) -> Response:
    """The catalogue of models: what is here, and what is in use."""
    vision = service.app.vision
    in_use = {*networks_of(vision.embedder.model), *([vision.emotion.model] if vision.emotion else [])}
    models = tuple(
        ModelAnswer.of_entry(entry, in_use=entry.model.name in in_use)
        for entry in service.app.models.status()
    )
    return answer(ModelsAnswer(models=models, contract=vision.embedder.contract))
