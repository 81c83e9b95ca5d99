"""Forms as clients send them, part by part."""

from __future__ import annotations

import io
import random

import pytest

from facevec.types import PhotoSource
from facevec.web import multipart
from facevec.web.problems import Problem

PICTURE = random.Random(1).randbytes(300_000)
PICTURES = frozenset({"file", "files"})


def part(head: str, data: bytes, *headers: str, encoding: str = "utf-8") -> bytes:
    lines = [f"Content-Disposition: form-data; {head}", *headers]
    return b"--x\r\n" + "\r\n".join(lines).encode(encoding) + b"\r\n\r\n" + data + b"\r\n"


def read(*parts: bytes, boundary: str = "x") -> list[tuple[str, str | PhotoSource]]:
    return list(multipart.parts(io.BytesIO(b"".join(parts) + b"--x--\r\n"), boundary, PICTURES))


def refused(*parts: bytes, boundary: str = "x") -> Problem:
    with pytest.raises(Problem) as refusal:
        read(*parts, boundary=boundary)
    return refusal.value


def test_a_file_keeps_its_bytes_and_a_name_that_can_be_shown():
    name = 'name="file"; filename="..\\\\\x1b' + "a" * 300 + '.jpg"'
    ((field, photo),) = read(part(name, PICTURE, "Content-Type: image/jpeg"))
    assert (field, photo.data) == ("file", PICTURE)
    assert photo.name.startswith("..\\\ufffdaaa")
    assert len(photo.name) == multipart.MAX_FILE_NAME


@pytest.mark.parametrize("kind", ["image/jpeg", "IMAGE/PNG", "image/jpeg; x=y"])
def test_a_picture_without_a_filename_is_a_file_where_its_type_says_so(kind):
    assert read(part('name="file"', PICTURE, f"Content-Type: {kind}")) == [("file", PhotoSource("", PICTURE))]


@pytest.mark.parametrize(
    "headers", [(), ("Content-Type: text/plain",), ("Content-Type: application/octet-stream",)]
)
def test_a_picture_without_a_filename_is_text_where_its_type_is_no_pictures(headers):
    ((field, text),) = read(part('name="file"', PICTURE, *headers))
    assert field == "file"
    assert isinstance(text, str)


def test_an_image_in_a_field_of_text_is_text():
    assert read(part('name="name"', b"Ann", "Content-Type: image/jpeg")) == [("name", "Ann")]


def test_parts_come_in_their_order():
    parts = [part('name="files"; filename="a"', b"1"), part('name="name"', b"Ann")]
    parts.append(part('name="files"; filename=""', b"2"))
    assert read(*parts) == [
        ("files", PhotoSource("a", b"1")),
        ("name", "Ann"),
        ("files", PhotoSource("", b"2")),
    ]


def test_text_is_utf_8_unless_its_type_says_otherwise():
    assert read(part('name="name"', "José".encode())) == [("name", "José")]
    latin = part('name="name"', "José".encode("latin-1"), "Content-Type: text/plain; charset=ISO-8859-1")
    assert read(latin) == [("name", "José")]
    problem = refused(part('name="name"', "José".encode("latin-1")))
    assert (problem.status, problem.detail) == (400, "name: This text is not UTF-8; send it so.")


def test_a_text_that_is_too_long_names_its_field_and_where_pictures_go():
    problem = refused(part('name="image"', PICTURE))
    assert problem.status == 413
    assert problem.detail.startswith("image: This text has more than 100 kB")
    assert "send a picture in the field file or files, as curl -F 'file=@picture.jpg' does" in problem.detail


def test_a_small_picture_in_a_wrong_field_is_told_where_pictures_go():
    problem = refused(part('name="image"', b"\xff\xd8\xff\xe0\0\x10JFIF\0"))
    assert (problem.status, problem.code) == (400, "input_invalid")
    assert problem.detail.startswith("image: These bytes are no text; send a picture in the field file or")


@pytest.mark.parametrize(
    ("body", "boundary", "said"),
    [
        (part('name="a"', b""), "", "names no boundary"),
        (part('name="a"', b""), "é", "malformed"),
        (part('name="a"', b""), "another", "malformed"),
        (part('name="file"; filename="a.jpg"', PICTURE), "another", "do not begin with the boundary"),
        (b"--x\r\nContent-Type: image/jpeg\r\n\r\n\r\n", "x", "malformed"),
        (part("", b""), "x", "no name"),
        (part('name="file"; filename="José.jpg"', b"", encoding="latin-1"), "x", "UTF-8"),
    ],
)
def test_a_malformed_form_says_what_is_wrong(body, boundary, said):
    problem = refused(body, boundary=boundary)
    assert (problem.status, problem.code) == (400, "form_invalid")
    assert said in problem.detail


def test_parts_and_headers_without_end_are_refused():
    assert refused(part('name="a"', b"") * 400).status == 413
    assert refused(b"--x\r\nA: " + b"b" * 1_000_000).status == 413
