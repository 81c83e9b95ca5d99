from __future__ import annotations

import threading
import time
import weakref
from dataclasses import replace

import pytest

from facevec.errors import FileMissing, MemoryExhausted, NotAnImage
from facevec.ports import Vision
from facevec.types import Image, Purpose
from facevec.usecases.ahead import as_probe, as_templates, looking_ahead
from facevec.usecases.see import see
from tests.toy import Someone, picture, toy_vision

ALBUM = {f"{who}.jpg": picture(Someone(who)) for who in range(12)} | {"bad.jpg": b"no picture"}


def read(name: str) -> bytes:
    if name not in ALBUM:
        raise FileMissing(f"There is no file {name}.")
    return ALBUM[name]


@pytest.fixture
def vision() -> Vision:
    return replace(toy_vision(), at_once=3)


def test_what_is_looked_at_ahead_is_what_is_seen_one_by_one_whatever_is_left_out_or_asked_again(
    vision: Vision,
) -> None:
    names = sorted(ALBUM.keys() - {"bad.jpg"})
    with looking_ahead(vision, read, [(name, as_templates) for name in names]) as (ahead, read_ahead):
        for name in [*names[:3], *names[6:9], names[0], names[-1]]:
            scene = see(ahead, read_ahead(name))
            alone = see(vision, read(name))
            assert scene.faces == alone.faces
            assert scene.turn is alone.turn
            for purpose in Purpose:
                vectors = ahead.embedder.embed(scene.image, scene.faces, purpose)
                assert (vectors == vision.embedder.embed(alone.image, alone.faces, purpose)).all()


def test_what_is_wrong_with_a_picture_is_told_when_its_turn_comes(vision: Vision) -> None:
    names = ["1.jpg", "bad.jpg", "gone.jpg", "2.jpg"]
    with looking_ahead(vision, read, [(name, as_probe) for name in names]) as (ahead, read_ahead):
        assert see(ahead, read_ahead("1.jpg")).faces
        bad = read_ahead("bad.jpg")
        with pytest.raises(NotAnImage):
            see(ahead, bad)
        with pytest.raises(FileMissing):
            read_ahead("gone.jpg")
        assert see(ahead, read_ahead("2.jpg")).faces


def test_a_picture_for_which_there_was_no_room_beside_others_is_looked_at_alone(vision: Vision) -> None:
    looking, lock = 0, threading.Lock()
    detector = vision.detector

    class Small:
        """Has room for one picture."""

        threshold = detector.threshold

        def detect_or_turn(self, *arguments: object) -> object:
            nonlocal looking
            with lock:
                looking += 1
            try:
                time.sleep(0.02)
                if looking > 1:
                    raise MemoryExhausted("There is no room.")
                return detector.detect_or_turn(*arguments)
            finally:
                with lock:
                    looking -= 1

    small = replace(vision, detector=Small())
    names = sorted(ALBUM.keys() - {"bad.jpg"})
    with looking_ahead(small, read, [(name, as_templates) for name in names]) as (ahead, read_ahead):
        for name in names:
            assert see(ahead, read_ahead(name)).faces


def test_of_a_picture_that_could_not_be_looked_at_only_the_reason_is_kept(vision: Vision) -> None:
    decoded: list[weakref.ref[Image]] = []

    class Full:
        """Has room for no picture."""

        threshold = vision.detector.threshold

        def detect_or_turn(self, image: Image, _sure: float) -> None:
            decoded.append(weakref.ref(image))
            raise MemoryExhausted("There is no room.")

    full = replace(vision, detector=Full(), at_once=1)
    names = ["1.jpg", "2.jpg", "3.jpg"]
    with looking_ahead(full, read, [(name, as_templates) for name in names]) as (ahead, read_ahead):
        for name in names:
            data = read_ahead(name)
        assert decoded
        assert not any(image() for image in decoded)
        with pytest.raises(MemoryExhausted, match="no room"):
            see(ahead, data)


def test_pictures_are_looked_at_side_by_side_and_not_without_end(vision: Vision) -> None:
    together, begun = threading.Barrier(3, timeout=20), []

    def waiting(name: str) -> bytes:
        begun.append(name)
        if len(begun) <= 3:
            together.wait()  # passes only if three are read at the same time
        return read(name)

    names = sorted(ALBUM.keys() - {"bad.jpg"})
    with looking_ahead(vision, waiting, [(name, as_templates) for name in names]) as (_, read_ahead):
        read_ahead(names[0])
    assert len(begun) <= 1 + 3 * 2 < len(names)


class Watching:
    """A decoder that knows which pictures were looked at."""

    def __init__(self, vision: Vision) -> None:
        self._inner = vision.decoder
        self.pictures: list[bytes] = []

    def decode(self, data: bytes) -> Image:
        self.pictures.append(data)
        return self._inner.decode(data)


def test_what_is_not_worth_a_look_is_read_alone(vision: Vision) -> None:
    watching = Watching(vision)
    watched = replace(vision, decoder=watching)
    names = ["1.jpg", "2.jpg"]
    pictures = [(name, as_templates) for name in names]
    known = ALBUM["1.jpg"]
    with looking_ahead(watched, read, pictures, worth=lambda data: data != known) as (_, read_ahead):
        assert [read_ahead(name) for name in names] == [known, ALBUM["2.jpg"]]
    assert watching.pictures == [ALBUM["2.jpg"]]


@pytest.mark.parametrize("at_once", [1, 3])
def test_what_is_gone_back_to_is_looked_at_once(vision: Vision, at_once: int) -> None:
    watching = Watching(vision)
    watched = replace(vision, decoder=watching, at_once=at_once)
    names = ["1.jpg", "2.jpg", "3.jpg"]
    with looking_ahead(watched, read, [(name, as_templates) for name in names]) as (ahead, read_ahead):
        for name in [*names[:2], *names]:
            assert see(ahead, read_ahead(name)).faces
    assert sorted(watching.pictures) == sorted(ALBUM[name] for name in names)
