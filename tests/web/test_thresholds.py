"""`/index` says which thresholds are in force and what they come from."""

from __future__ import annotations

from dataclasses import replace

from tests.registry.test_calibrations import MADE
from tests.web.pictures import FLAGS


def test_the_index_says_which_thresholds_are_in_force(client, service, key):
    app = service.app
    contract, model = app.vision.embedder.contract, app.vision.embedder.model
    app.registry.claim_model(model, contract)
    headers = key("recognize")
    app.calibrations.add(replace(MADE, model=model, contract=contract, match_threshold=0.5, workers=253))
    thresholds = client.get("/api/v1/index", headers=headers).json["thresholds"]
    assert thresholds["calibration"]["match_threshold"] == 0.5
    assert thresholds["calibration"]["people_needed"] == 300
    assert thresholds["outdated"] is None
    assert thresholds["match_threshold"] == float(FLAGS["match.threshold"])
    assert thresholds["threshold_from"] == "settings"
