from __future__ import annotations

import asyncio
import io
from datetime import date

import httpx
import pytest

from facevec.client import AsyncClient, Client, Consent, NotUnderstood, Problem, Unreachable
from tests.client.conftest import ADDRESS, Scripted
from tests.web.pictures import group, nobody, portrait


def enrol(facevec, *people: tuple[int, str]) -> list[int]:
    enrolments = [facevec.create_worker(name, [("1.png", portrait(who, 1))]) for who, name in people]
    return [enrolment.worker.id for enrolment in enrolments]


def test_who_was_enrolled_is_recognized(facevec) -> None:
    enrol(facevec, (0, "Ann"), (1, "Bob"))
    answer = facevec.recognize(("party.png", group(0, 7)))
    image = answer.images[0]
    assert image.path == "party.png"
    assert {face.worker.name if face.worker else None for face in image.faces} == {"Ann", None}
    assert {face.status for face in image.faces} == {"identified", "unknown"}
    assert answer.document["index_revision"] == answer.index_revision


def test_a_picture_may_be_a_path_bytes_an_open_file_and_either_with_a_name(facevec, tmp_path) -> None:
    path = tmp_path / 'né "one".png'
    path.write_bytes(group(3))
    pictures = [path, str(path), group(3), io.BytesIO(group(3)), ("x.png", io.BytesIO(group(3)))]
    for picture, name in zip(pictures, [path.name] * 2 + [None, None, "x.png"], strict=True):
        image = facevec.recognize(picture).images[0]
        assert (image.path, len(image.faces)) == (name, 1)


def test_several_pictures_are_recognized_at_once_and_a_broken_one_spoils_none(facevec) -> None:
    answer = facevec.recognize_batch([("a.png", group(1)), ("b.png", b"broken")], emotion=False)
    good, bad = answer.images
    assert len(good.faces) == 1
    assert bad.error.code == "not_an_image"


def test_the_annotated_picture_is_a_jpeg(facevec) -> None:
    assert facevec.recognize_annotated(group(1)).startswith(b"\xff\xd8")


def test_options_reach_the_service(facevec) -> None:
    enrol(facevec, (0, "Ann"), (1, "Bob"))
    faces = facevec.recognize(group(0, 1), max_faces=1, candidates=2, emotion=False).images[0].faces
    assert [len(face.candidates) for face in faces] == [2]
    assert faces[0].emotion is None


def test_two_pictures_or_a_worker_are_verified(facevec) -> None:
    (ann,) = enrol(facevec, (0, "Ann"))
    assert facevec.verify(portrait(0), other=portrait(0, 2)).same
    assert not facevec.verify(portrait(0), other=portrait(1)).same
    assert facevec.verify(portrait(0), worker_id=ann).same


def test_labels_are_placed(facevec) -> None:
    box = {"x_min": 10, "y_min": 10, "x_max": 40, "y_max": 40}
    size = {"width": 20, "height": 8}
    answer = facevec.place_labels(200, 200, [box], [[size]], [size])
    assert len(answer.places) == 1


def test_a_worker_is_enrolled_with_consent_changed_and_removed(facevec) -> None:
    consent = Consent("v1", expires_at=date(2040, 1, 31), emotion=True)
    enrolment = facevec.create_worker("Ann", [portrait(0, 1)], external_id="E-1", consent=consent)
    ann = enrolment.worker.id
    assert enrolment.worker.consent.expires_at.date() == date(2040, 1, 31)
    assert facevec.add_worker_photos(ann, [portrait(0, 2)]).accepted == ("files[0]",)
    details = facevec.show_worker(ann)
    facevec.change_worker(ann, "Anna", if_match=details.etag)
    with pytest.raises(Problem) as refused:
        facevec.change_worker(ann, "Annie", if_match=details.etag)
    assert (refused.value.code, refused.value.status) == ("worker_changed", 412)
    assert facevec.delete_photo(ann, details.photos[0].id)
    assert facevec.show_worker(ann).photo_count == 1
    receipt = facevec.delete_worker(ann)
    assert facevec.show_erasure(receipt).what == "worker"
    with pytest.raises(Problem, match="worker") as gone:
        facevec.show_worker(ann)
    assert gone.value.code == "worker_not_found"
    assert gone.value.request_id


def test_all_workers_are_listed_part_by_part(facevec) -> None:
    ids = enrol(facevec, (0, "Ann"), (1, "Bob"), (2, "Cyd"))
    first = facevec.list_workers(limit=2)
    assert [worker.id for worker in first.workers] == ids[:2]
    assert [one.name for one in facevec.list_workers(limit=2, cursor=first.next_cursor).workers] == ["Cyd"]
    assert [worker.id for worker in facevec.workers()] == ids


def test_the_service_tells_its_index_models_and_health(facevec, dial) -> None:
    assert facevec.show_index().workers == 0
    assert facevec.show_models().contract
    assert (dial().healthz().status, dial().readyz().status) == ("ok", "ready")


def test_a_refused_enrolment_says_why_for_each_photo(facevec) -> None:
    with pytest.raises(Problem) as refused:
        facevec.create_worker("Nobody", [("a.png", nobody()), ("b.png", b"broken")])
    assert [(each.source, each.code) for each in refused.value.reasons] == [
        ("a.png", "no_face"),
        ("b.png", "not_an_image"),
    ]


def test_without_a_key_or_its_scope_the_code_says_so(dial) -> None:
    with pytest.raises(Problem) as nobody_knows:
        dial().show_index()
    assert nobody_knows.value.code == "unauthorised"
    with pytest.raises(Problem) as not_allowed:
        dial("recognize").list_workers()
    assert not_allowed.value.code == "forbidden"


def test_what_is_no_facevec_is_told_as_that(dial) -> None:
    with pytest.raises(NotUnderstood, match="is this its address"):
        dial(transport=Scripted(httpx.Response(404, text="<html>no"))).show_index()


def test_nobody_there_is_told_as_that() -> None:
    with Client("http://127.0.0.1:9", retries=0) as facevec, pytest.raises(Unreachable, match="not answer"):
        facevec.healthz()


def test_the_asynchronous_client_does_the_same(in_thread, secret) -> None:
    async def go() -> None:
        async with AsyncClient(ADDRESS, secret("admin"), transport=in_thread) as facevec:
            enrolment = await facevec.create_worker("Ann", [("1.png", io.BytesIO(portrait(0, 1)))])
            pictures = [facevec.recognize(group(0)) for _ in range(3)]
            for answer in await asyncio.gather(*pictures):
                assert answer.images[0].faces[0].worker.id == enrolment.worker.id
            assert [worker.name async for worker in facevec.workers()] == ["Ann"]
            with pytest.raises(Problem):
                await facevec.show_worker(999)

    asyncio.run(go())
