from __future__ import annotations

import base64
import io

from PIL import Image

from tests.toy import Someone, picture
from tests.web.pictures import FLAGS, group, nobody, portrait


def enrol(post, who: int, name: str) -> int:
    answer = post("/workers", name=name, files=[portrait(who, 1), portrait(who, 2)])
    assert answer.status_code == 201, answer.json
    return answer.json["worker"]["id"]


def test_the_shape_is_the_command_lines(post) -> None:
    answer = post("/recognize", file=portrait(0))
    assert answer.status_code == 200
    assert set(answer.json) == {"images", "model", "match_threshold", "detection_threshold", "index_revision"}
    (image,) = answer.json["images"]
    assert (image["path"], image["width"], image["height"]) == ("picture.png", 320, 320)
    (face,) = image["faces"]
    assert set(face) == {
        "box", "detection_score", "status", "worker", "distance", "margin", "emotion", "candidates",
    }  # fmt: skip
    assert face["status"] == "unknown"
    assert abs(sum(face["emotion"]["scores"].values()) - 1) < 1e-3
    assert "embedding" not in answer.text


def test_an_enrolled_worker_is_named_and_a_stranger_is_not(post) -> None:
    ann, bob = enrol(post, 0, "Ann"), enrol(post, 1, "Bob")
    faces = post("/recognize", file=group(0, 3, 1)).json["images"][0]["faces"]
    by_place = [face["worker"] for face in sorted(faces, key=lambda face: face["box"]["x_min"])]
    assert by_place[0] == {"id": ann, "name": "Ann", "external_id": None}
    assert by_place[1] is None
    assert by_place[2]["id"] == bob


def test_no_face_is_an_empty_list(post) -> None:
    answer = post("/recognize", file=nobody())
    assert (answer.status_code, answer.json["images"][0]["faces"]) == (200, [])


def test_json_in_base64_answers_as_a_form_does(client, admin, post) -> None:
    encoded = base64.b64encode(portrait(0)).decode()
    answer = client.post("/api/v1/recognize", headers=admin, json={"file": encoded, "emotion": False})
    assert answer.status_code == 200
    (image,) = answer.json["images"]
    assert image["path"] is None
    assert image["faces"][0]["emotion"] is None
    assert (
        image["faces"][0]["box"] == post("/recognize", file=portrait(0)).json["images"][0]["faces"][0]["box"]
    )


def test_options_of_a_form_are_obeyed(post) -> None:
    enrol(post, 0, "Ann"), enrol(post, 1, "Bob")
    answer = post("/recognize", file=group(0, 1, 2), max_faces="1", candidates="2", emotion="false")
    (face,) = answer.json["images"][0]["faces"]
    assert face["emotion"] is None
    assert len(face["candidates"]) == 2
    assert face["candidates"][0]["distance"] <= face["candidates"][1]["distance"]


def test_the_annotated_picture_comes_by_its_path_and_by_accept(post) -> None:
    for answer in (
        post("/recognize/annotated", file=portrait(0)),
        post("/recognize", headers={"Accept": "image/jpeg"}, file=portrait(0)),
    ):
        assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(answer.data)).format == "JPEG"


def test_a_batch_names_the_bad_picture_and_answers_the_others(post) -> None:
    answer = post("/recognize/batch", files=[portrait(0), b"not a picture", nobody()])
    first, second, third = answer.json["images"]
    assert answer.status_code == 200
    assert len(first["faces"]) == 1
    assert (second["path"], second["error"]["code"]) == ("shot1.png", "not_an_image")
    assert third["faces"] == []


def test_a_batch_of_bad_pictures_only_still_says_what_it_would_decide_by(post) -> None:
    answer = post("/recognize/batch", files=[b"not a picture"])
    assert answer.status_code == 200
    assert answer.json["model"] == "toy"
    assert answer.json["images"][0]["error"]["code"] == "not_an_image"


def test_more_pictures_than_the_settings_allow_are_refused(post, service) -> None:
    answer = post("/recognize/batch", files=[nobody()] * (service.server.max_files + 1))
    assert (answer.status_code, answer.json["code"]) == (400, "too_many_files")
    assert "(server.max_files)" in answer.json["detail"]


def test_two_pictures_are_one_person_or_not(post) -> None:
    same = post("/verify", file=portrait(0, 1), other=portrait(0, 2)).json
    different = post("/verify", file=portrait(0), other=portrait(1)).json
    assert same["same"] is True
    assert same["distance"] < different["distance"]
    assert different["same"] is False
    assert same["verify_threshold"] == float(FLAGS["match.verify_threshold"])


def test_a_picture_is_a_worker_or_not(post) -> None:
    ann = enrol(post, 0, "Ann")
    assert post("/verify", file=portrait(0, 9), worker_id=str(ann)).json["same"] is True
    assert post("/verify", file=portrait(1), worker_id=str(ann)).json["same"] is False


def test_whoever_may_be_a_look_alike_of_the_worker_is_not_accepted(post) -> None:
    ann = post("/workers", name="Ann", files=[portrait(0, 1)]).json["worker"]["id"]
    twin = [picture(Someone(5, shot, 160, like=0, likeness=0.97)) for shot in (1, 2)]
    assert post("/verify", file=twin[0], worker_id=str(ann)).json["same"] is True
    assert post("/workers", name="Zoe", distinct_from=str(ann), files=[twin[0]]).status_code == 201
    answer = post("/verify", file=twin[1], worker_id=str(ann)).json
    assert (answer["same"], answer["ambiguous"]) == (False, True)
    assert post("/verify", file=portrait(0, 1), worker_id=str(ann)).json["same"] is True


def test_verification_needs_a_face_a_worker_and_one_thing_to_compare_with(post) -> None:
    assert post("/verify", file=nobody(), other=portrait(0)).json["code"] == "no_face"
    assert post("/verify", file=group(0, 1), other=portrait(0)).json["code"] == "several_faces"
    assert post("/verify", file=portrait(0), worker_id="999").status_code == 404
    assert post("/verify", file=portrait(0)).status_code == 400
    assert post("/verify", file=portrait(0), other=portrait(1), worker_id="1").status_code == 400
