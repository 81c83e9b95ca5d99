"""What clients send that is not quite what the documents show: taken where it can only mean one thing."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.portraits import draw, encoded, person
from tests.web.pictures import portrait

Send = Callable[..., TestResponse]


@pytest.fixture
def send(client, admin) -> Send:
    """Posts a body as it is."""

    def post(path: str, body: bytes, kind: str) -> TestResponse:
        return client.post(f"/api/v1{path}", headers=admin, data=body, content_type=kind)

    return post


def as_uri(data: bytes) -> str:
    return "data:image/png;base64," + base64.encodebytes(data).decode()


def part(head: str, data: bytes) -> bytes:
    return f"--x\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + data + b"\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/recognize", {"file": as_uri(portrait(0))}, 200),
        ("/recognize/batch", {"files": [as_uri(portrait(0))] * 2}, 200),
        ("/verify", {"file": as_uri(portrait(0)), "other": as_uri(portrait(1))}, 200),
        ("/workers", {"name": "Ann", "files": [as_uri(portrait(0))]}, 201),
    ],
)
def test_a_data_uri_is_a_picture_in_every_field(send: Send, path: str, body: dict[str, Any], status: int):
    answer = send(path, json.dumps(body).encode(), "application/json")
    assert answer.status_code == status, answer.text
    assert answer.json.get("images", [{}])[0].get("error") is None


def test_line_breaks_of_the_shell_may_stand_in_json_as_they_are(send: Send):
    body = b'{"file": "' + base64.encodebytes(portrait(0)) + b'",\n "max_faces": 1}\n'
    answer = send("/recognize", body, "application/json")
    assert len(answer.json["images"][0]["faces"]) == 1


def test_a_line_break_in_a_name_is_none(send: Send):
    body = b'{"name": "Ann\nB", "files": ["' + base64.b64encode(portrait(0)) + b'"]}'
    assert send("/workers", body, "application/json").json["worker"]["name"] == "Ann B"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "null came"),
        (1, "a number came"),
        ([255, 216], "a list came"),
        ({"type": "Buffer", "data": [255, 216]}, "an object came"),
        ("https://example.org/a.jpg", "none is ever fetched"),
    ],
)
def test_what_is_no_base64_is_named(send: Send, value: object, said: str):
    answer = send("/recognize", json.dumps({"file": value}).encode(), "application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "input_invalid")
    assert answer.json["detail"].startswith("file: ")
    assert said in answer.json["detail"]


LARGE = encoded(draw(person(0), seed=0).resize((700, 700)).effect_spread(3), "PNG")


def test_a_large_picture_without_a_filename_is_taken_by_its_type(send: Send):
    assert len(LARGE) > 100_000
    body = part('name="file"\r\nContent-Type: image/png', LARGE)
    answer = send("/recognize", body, "multipart/form-data; boundary=x")
    assert answer.status_code == 200, answer.text
    assert answer.json["images"][0]["path"] is None


@pytest.mark.parametrize("data", [portrait(0)[:5000], LARGE], ids=["small", "large"])
def test_a_missing_filename_is_named_where_nothing_says_that_a_part_is_a_picture(send: Send, data: bytes):
    for path, field in (("/recognize", "file"), ("/recognize/batch", "files"), ("/verify", "other")):
        answer = send(path, part(f'name="{field}"', data), "multipart/form-data; boundary=x")
        assert (answer.status_code, answer.json["code"]) == (400, "input_invalid")
        assert any("without a filename" in reason["reason"] for reason in answer.json["reasons"]), answer.text


def test_a_canvas_of_a_page_may_send_its_data_uri_as_text(send: Send):
    body = part('name="file"', as_uri(LARGE).encode())
    assert send("/recognize", body, "multipart/form-data; boundary=x").status_code == 200


@pytest.mark.parametrize(
    "kind", ["image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded", ""]
)
def test_a_picture_that_is_the_whole_body_is_told_where_to_go(send: Send, kind: str):
    answer = send("/recognize", portrait(0), kind)
    assert answer.status_code == 415
    assert "curl -F 'file=@picture.jpg'" in answer.json["detail"]
    assert ("A picture alone" in answer.json["detail"]) == (
        kind in ("image/jpeg", "application/octet-stream")
    )


def test_a_form_whose_client_forgot_the_boundary_is_told_so(send: Send):
    answer = send("/recognize", part('name="file"', b""), "multipart/form-data")
    assert (answer.status_code, answer.json["code"]) == (400, "form_invalid")
    assert "boundary" in answer.json["detail"]


def test_a_picture_in_a_wrong_field_names_both_fields(post) -> None:
    answer = post("/recognize", image=portrait(0))
    assert answer.status_code == 400
    assert answer.json["detail"] == "file: This is missing. image: There is no such parameter here."


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip"])
def test_a_compressed_body_is_told_so(client, admin, encoding: str) -> None:
    headers = {**admin, "Content-Encoding": encoding, "Content-Type": "application/json"}
    answer = client.post("/api/v1/recognize", headers=headers, data=gzip.compress(b"{}"))
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")
    assert "compressed" in answer.json["detail"]
