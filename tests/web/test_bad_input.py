"""What nobody should send: each gets one clear sentence, and none is the server's fault."""

from __future__ import annotations

import base64
import codecs
import io
import struct
import zlib

import pytest
from PIL import Image

from tests.portraits import encoded
from tests.web.pictures import portrait

PROBLEM_KEYS = {"type", "title", "status", "detail", "code", "request_id"}


def refused(answer, status: int, code: str) -> None:
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert answer.content_type == "application/problem+json"
    assert set(answer.json) - {"reasons"} == PROBLEM_KEYS
    assert answer.json["status"] == status
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert "Traceback" not in answer.text


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is huge and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


PICTURES = {
    "empty": (b"", 400, "file_empty"),
    "text": (b"hello", 415, "not_an_image"),
    "truncated": (portrait(0)[:5000], 400, "image_truncated"),
    "bomb": (bomb(60_000, 60_000), 413, "image_too_large"),
    "12000 x 12000": (bomb(12_000, 12_000), 413, "image_too_large"),
    "1 x 1": (encoded(Image.new("RGB", (1, 1))), 400, "image_too_small"),
    "gif": (encoded(Image.new("RGB", (64, 64)), "GIF"), 415, "not_an_image"),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("path", ["/recognize", "/recognize/annotated"])
def test_pictures(post, name: str, path: str) -> None:
    data, status, code = PICTURES[name]
    refused(post(path, file=data), status, code)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "input_invalid"),
        ({"picture": portrait(0)}, "input_invalid"),
        ({"file": "text instead of a file"}, "input_invalid"),
        ({"file": [portrait(0), portrait(1)]}, "input_invalid"),
        ({"file": portrait(0), "extra": "1"}, "input_invalid"),
        ({"file": portrait(0), "emotion": "False"}, "input_invalid"),
        ({"file": portrait(0), "emotion": "1"}, "input_invalid"),
        ({"file": portrait(0), "emotion": ""}, "input_invalid"),
        ({"file": portrait(0), "max_faces": "0"}, "input_invalid"),
        ({"file": portrait(0), "max_faces": "1.5"}, "input_invalid"),
        ({"file": portrait(0), "max_faces": "9" * 5000}, "input_invalid"),
        ({"file": portrait(0), "candidates": "99"}, "input_invalid"),
        ({"file": portrait(0), "candidates": ["1", "2"]}, "input_invalid"),
    ],
)
def test_forms(client, admin, fields: dict, code: str) -> None:
    data = {
        name: [(io.BytesIO(v), "a.png") if isinstance(v, bytes) else v for v in values]
        for name, values in ((n, v if isinstance(v, list) else [v]) for n, v in fields.items())
    }
    answer = client.post(
        "/api/v1/recognize", headers=admin, data=data, content_type="multipart/form-data; boundary=frontier"
    )
    refused(answer, 400, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "input_invalid"),
        (b"{", "json_invalid"),
        (b"[]", "json_invalid"),
        (b"null", "json_invalid"),
        (b"\xff\xfe", "json_invalid"),
        (b'{"file": "\\ud800"}', "json_invalid"),
        (b"[" * 50_000, "json_invalid"),
        (b'{"file": NaN}', "json_invalid"),
        (b"{}", "input_invalid"),
        (codecs.BOM_UTF8 + b"{}", "input_invalid"),
        (b'{"file": 1}', "input_invalid"),
        (b'{"file": "not base64!"}', "input_invalid"),
        (b'{"file": "\xc3\xa9"}', "input_invalid"),
        (b'{"file": "AAAA", "emotion": "false"}', "input_invalid"),
        (b'{"file": "AAAA", "max_faces": "1"}', "input_invalid"),
        (b'{"file": "AAAA", "max_faces": 1e400}', "input_invalid"),
        (b'{"file": "AAAA", "url": "http://127.0.0.1/x.png"}', "input_invalid"),
        (b'{"file": "file:///etc/passwd"}', "input_invalid"),
    ],
)
def test_json(client, admin, body: bytes, code: str) -> None:
    answer = client.post("/api/v1/recognize", headers=admin, data=body, content_type="application/json")
    refused(answer, 400, code)


def test_base64_of_nothing_and_of_no_picture(client, admin) -> None:
    for data, status, code in ((b"", 400, "file_empty"), (b"hello", 415, "not_an_image")):
        body = {"file": base64.b64encode(data).decode()}
        refused(client.post("/api/v1/recognize", headers=admin, json=body), status, code)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "image/jpeg", "", "nonsense"]
)
def test_content_types(client, admin, kind: str) -> None:
    answer = client.post("/api/v1/recognize", headers=admin, data=portrait(0), content_type=kind or None)
    refused(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("boundary", "body"),
    [
        ("", b"--x\r\n\r\n--x--"),
        ("; boundary=x", b""),
        ("; boundary=x", b"no boundary in here"),
        ("; boundary=x", b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\ncut off"),
        ("; boundary=x", b"--x\r\nnot a header\r\n\r\n--x--"),
        ("; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--x--"),
        ("; boundary=" + "x" * 500, b"--x--"),
    ],
)
def test_malformed_multipart(client, admin, boundary: str, body: bytes) -> None:
    answer = client.post(
        "/api/v1/recognize", headers=admin, data=body, content_type=f"multipart/form-data{boundary}"
    )
    assert answer.status_code == 400, answer.text
    assert answer.json["code"] in {"form_invalid", "input_invalid"}


def test_a_thousand_parts(client, admin) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    answer = client.post(
        "/api/v1/recognize",
        headers=admin,
        data=part * 1000 + b"--x--",
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "name",
    ["", " ", "a\nb", "a\x00b", "\x1b[31mred", "a\u202eb", "x" * 201, "\u2028", "\x85"],
)
def test_names_of_workers(post, client, admin, name: str) -> None:
    refused(post("/workers", name=name, files=[portrait(0)]), 400, "input_invalid")
    encoded_photo = base64.b64encode(portrait(0)).decode()
    body = {"name": name, "files": [encoded_photo]}
    refused(client.post("/api/v1/workers", headers=admin, json=body), 400, "input_invalid")


def test_names_are_normalized_and_trimmed(post) -> None:
    answer = post("/workers", name="  Jose\u0301 \u738b ", files=[portrait(0)])
    assert answer.json["worker"]["name"] == "Jos\u00e9 \u738b"


def test_file_names_are_shown_and_never_opened(client, admin) -> None:
    data = {"file": (io.BytesIO(portrait(0)), "../../etc/pass\x1bwd")}
    answer = client.post("/api/v1/recognize", headers=admin, data=data)
    assert answer.json["images"][0]["path"] == "../../etc/pass\ufffdwd"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/workers/999999", 404, "worker_not_found"),
        ("GET", "/api/v1/workers/99999999999999999999999999", 404, "worker_not_found"),
        ("GET", "/api/v1/workers/-1", 404, "not_found"),
        ("GET", "/api/v1/workers/me", 404, "not_found"),
        ("DELETE", "/api/v1/workers/999999", 404, "worker_not_found"),
        ("DELETE", "/api/v1/workers/1/photos/99999999999999999999999999", 404, "worker_not_found"),
        ("GET", "/api/v1/erasures/4711", 404, "receipt_not_found"),
        pytest.param("GET", f"/api/v1/erasures/{'9' * 300}", 404, "receipt_not_found", id="300 digits"),
        pytest.param("GET", f"/api/v1/erasures/{'9' * 5000}", 404, "not_found", id="5000 digits"),
        ("GET", "/api/v1/workers?limit=0", 400, "input_invalid"),
        ("GET", "/api/v1/workers?limit=x", 400, "input_invalid"),
        ("GET", "/api/v1/workers?limit=1&limit=2", 400, "input_invalid"),
        ("GET", "/api/v1/workers?cursor=%00", 400, "input_invalid"),
        ("GET", "/api/v1/workers?cursor=abc", 400, "input_invalid"),
        ("GET", "/api/v1/workers?page=2", 400, "input_invalid"),
        ("GET", "/api/v1/recognize", 405, "method_not_allowed"),
        ("PUT", "/api/v1/workers/1", 405, "method_not_allowed"),
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v1/../../etc/passwd", 404, "not_found"),
        ("GET", "/static/../../setup.cfg", 404, "not_found"),
    ],
)
def test_paths_and_queries(client, admin, method: str, path: str, status: int, code: str) -> None:
    answer = client.open(path, method=method, headers=admin)
    refused(answer, status, code)
    if status == 405:
        assert "Allow" in answer.headers


def test_a_body_that_is_too_large_by_its_own_word(client, admin, service) -> None:
    answer = client.post(
        "/api/v1/recognize",
        headers=admin,
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(service.server.max_body_bytes + 1)},
    )
    refused(answer, 413, "body_too_large")


def test_a_fault_of_ours_says_nothing_of_itself(client, admin, service, monkeypatch) -> None:
    def broken(_data: bytes) -> None:
        raise RuntimeError("secret /path")

    monkeypatch.setattr(service.app.vision.decoder, "decode", broken)
    answer = client.post(
        "/api/v1/recognize", headers=admin, data={"file": (io.BytesIO(portrait(0)), "a.png")}
    )
    refused(answer, 500, "internal")
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", ["/recognize", "/recognize/batch", "/verify", "/workers"])
@pytest.mark.parametrize("error", [MemoryError("secret"), RuntimeError("core.cpp:117:\nstd::bad_alloc")])
def test_memory_that_runs_out_is_no_fault_of_the_pictures(post, service, monkeypatch, path, error) -> None:
    def starved(_image: object, _sure: float) -> None:
        raise error

    monkeypatch.setattr(service.app.vision.detector._inner, "detect_or_turn", starved)
    several = path in ("/recognize/batch", "/workers")
    fields = {"files": [portrait(0)]} if several else {"file": portrait(0)}
    fields |= {"/verify": {"other": portrait(1)}, "/workers": {"name": "Ann"}}.get(path, {})
    answer = post(path, **fields)
    if path == "/recognize/batch":
        assert answer.json["images"][0]["error"]["code"] == "memory_exhausted"
    else:
        refused(answer, 503, "memory_exhausted")
        assert int(answer.headers["Retry-After"]) > 0
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "moment",
    [
        "", "now", "2026-02-30", "2026-1-31", "2026-01-31T09:00:00", "2026-13-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00", 5, None, True, "2020-01-01T00:00:00Z\n",
    ],
)  # fmt: skip
def test_moments(client, admin, moment: object) -> None:
    photo = base64.b64encode(portrait(0)).decode()
    consent = {"text_version": "1", "given_at": "2026-01-01T00:00:00Z", "expires_at": moment}
    body = {"name": "Ann", "files": [photo], "consent": consent}
    answer = client.post("/api/v1/workers", headers=admin, json=body)
    if moment is None:
        assert answer.status_code == 201
    else:
        refused(answer, 400, "input_invalid")


def test_a_consent_that_ends_before_it_begins(client, admin) -> None:
    photo = base64.b64encode(portrait(0)).decode()
    consent = {"text_version": "1", "given_at": "2026-01-01T00:00:00Z", "expires_at": "2025-01-01T00:00:00Z"}
    answer = client.post(
        "/api/v1/workers", headers=admin, json={"name": "A", "files": [photo], "consent": consent}
    )
    refused(answer, 400, "worker_invalid")
