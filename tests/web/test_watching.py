from __future__ import annotations

import io
import json
import re
from datetime import datetime, timedelta, timezone

import pytest

from facevec import logs
from facevec.errors import RegistryError
from facevec.types import NightReport, StepReport
from facevec.web import create_app
from tests.local import local_client
from tests.waiting import wait_for
from tests.web.conftest import load, toy_app
from tests.web.pictures import portrait


def test_a_request_is_one_line_without_names_or_pictures(client, admin, post) -> None:
    post("/workers", name="Unusual Name", files=[portrait(0, 1)])
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    answer = post("/recognize", headers={"X-Request-Id": "abc-1"}, file=portrait(0))
    assert answer.json["images"][0]["faces"][0]["worker"]["name"] == "Unusual Name"
    (line,) = stream.getvalue().splitlines()
    event = json.loads(line)
    assert event["request_id"] == answer.headers["X-Request-Id"] == "abc-1"
    assert (event["method"], event["route"], event["status"]) == ("POST", "/api/v1/recognize", 200)
    assert (event["faces"], event["outcomes"]) == (1, {"identified": 1})
    assert event["index_revision"] == answer.json["index_revision"]
    assert {"decode", "detect", "embed", "emotion", "search"} <= set(event["stages"])
    assert sum(event["stages"].values()) <= event["ms"]
    assert "Unusual" not in line
    assert "picture.png" not in line


def test_ids_of_workers_and_odd_request_ids_are_not_logged(client, admin) -> None:
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    worker = "471147114711471147"  # longer than any number of a line
    client.get(f"/api/v1/workers/{worker}", headers={**admin, "X-Request-Id": "a b"})
    assert worker not in stream.getvalue()
    assert "a b" not in stream.getvalue()


def test_metrics_count_what_happened(client, admin, post) -> None:
    post("/workers", name="Ann", files=[portrait(0, 1)])

    def value(name: str) -> float:
        text = client.get("/metrics", headers=admin).text
        sample = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(sample[1]) if sample else 0.0

    identified = 'facevec_outcomes_total{status="identified"}'
    before = value(identified), value("facevec_faces_total")
    post("/recognize", file=portrait(0))
    assert (value(identified), value("facevec_faces_total")) == (before[0] + 1, before[1] + 1)
    assert value("facevec_index_workers") == 1
    assert value("facevec_index_revision_lag") == 0
    assert value('facevec_stage_seconds_count{stage="embed"}') > 0
    assert value("process_resident_memory_bytes") > 0
    text = client.get("/metrics", headers=admin).text
    assert 'facevec_model_info{contract="toy-1",model="toy"} 1' in text


def test_metrics_need_a_key(client) -> None:
    assert client.get("/metrics").status_code == 401


def test_ready_means_that_a_recognition_would_succeed(client, service, monkeypatch) -> None:
    assert client.get("/readyz").json["status"] == "ready"

    def gone() -> int:
        raise RegistryError("The database /secret/place is not there.")

    monkeypatch.setattr(service.app, "check", gone)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["code"]) == (503, "registry_unavailable")
    assert "/secret" not in answer.text
    assert "Retry-After" in answer.headers
    assert client.get("/healthz").status_code == 200


def test_without_a_model_it_says_so_and_stays_up(tmp_path) -> None:
    app = create_app(load(tmp_path))
    readiness = app.extensions["facevec"].readiness
    client = app.test_client()
    wait_for(lambda: client.get("/readyz").json["code"] != "starting")
    answer = client.get("/readyz")
    readiness.stop()
    assert (answer.status_code, answer.json["code"]) == (503, "model_missing")
    assert "facevec models fetch" in answer.json["detail"]
    assert client.post("/api/v1/recognize").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_the_emotion_switch_takes_emotions_out(tmp_path) -> None:
    app = toy_app(tmp_path, **{"emotion.enabled": "false"})
    assert app.extensions["facevec"].readiness.wait(60)
    client, stream = local_client(app), io.StringIO()
    logs.configure("info", "json", stream)
    for path in ("/recognize", "/recognize/annotated"):
        data = {"file": (io.BytesIO(portrait(0)), "a.png"), "emotion": "true"}
        answer = client.post(f"/api/v1{path}", data=data)
        assert answer.status_code == 200
        assert b"emotion" not in answer.data
    assert "emotion" not in stream.getvalue()
    assert "emotion" not in client.get("/metrics").text
    assert app.extensions["facevec"].app.vision.emotion is None


@pytest.mark.parametrize("module", ["torch", "faiss", "openvino", "flask"])
def test_importing_the_room_is_light(module: str) -> None:
    import subprocess
    import sys

    code = f"import facevec.web, sys; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_metrics_say_what_the_last_night_saw(client, admin, service) -> None:
    began = datetime(2026, 1, 1, tzinfo=timezone.utc)
    steps = (StepReport("misfits", 1.0, count=3), StepReport("index", 1.0, code="index_invalid"))
    service.app.night_reports.keep(NightReport("here", began, began + timedelta(seconds=90), steps))
    text = client.get("/metrics", headers=admin).text
    assert 'facevec_night_findings{step="misfits"} 3.0' in text
    assert 'facevec_night_failed{step="index"} 1.0' in text
    assert 'facevec_night_failed{step="misfits"} 0.0' in text
    assert "facevec_night_seconds 90.0" in text
    assert "facevec_night_timestamp_seconds 1.76722569e+09" in text
