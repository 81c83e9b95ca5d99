"""The annotated picture: any size, any faces, nothing lost and nothing altered."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from facevec.presentation import annotate as annotating
from facevec.presentation.annotate import READABLE_SIDE, annotate
from facevec.presentation.encode import FORMATS, encode
from facevec.presentation.style import COLOURS
from facevec.types import Box, Emotion, Pixels, Status
from facevec.usecases.recognize import RecognizedImage
from tests.presentation.faces import EVEN, image, recognition

NAMES = ("Bo", "María de los Ángeles Fernández-Villaverde y Montemayor", "x" * 200, "张伟", "a\u202eb\tc")


def blank(width: int, height: int, grey: int = 128) -> Pixels:
    return np.full((height, width, 3), grey, np.uint8)


@st.composite
def pictures(draw: st.DrawFn) -> RecognizedImage:
    width, height = draw(st.integers(1, 1200)), draw(st.integers(1, 1200))
    recognitions = []
    for _ in range(draw(st.integers(0, 30))):
        left, right = sorted(draw(st.tuples(st.floats(0, width), st.floats(0, width))))
        top, bottom = sorted(draw(st.tuples(st.floats(0, height), st.floats(0, height))))
        status = draw(st.sampled_from(list(Status)))
        recognitions.append(recognition(Box(left, top, right, bottom), status, draw(st.sampled_from(NAMES))))
    return image(width, height, *recognitions)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every patch and text that is drawn must lie on its canvas."""
    watch(monkeypatch)


def watch(monkeypatch: pytest.MonkeyPatch) -> None:
    text, paste = ImageDraw.ImageDraw.text, Image.Image.paste

    def watched_text(
        pen: ImageDraw.ImageDraw, at: tuple[float, float], words: str, **options: object
    ) -> None:
        left, top, right, bottom = pen.textbbox(at, words, font=options["font"], anchor=options.get("anchor"))
        assert left >= -1, words
        assert top >= -1, words
        assert right <= pen.im.size[0] + 1, words
        assert bottom <= pen.im.size[1] + 1, words
        text(pen, at, words, **options)

    def watched_paste(
        canvas: Image.Image, what: object, at: tuple[int, int], mask: Image.Image | None = None
    ) -> None:
        size = mask.size if mask is not None else what.size
        assert at[0] >= 0
        assert at[1] >= 0
        assert at[0] + size[0] <= canvas.width
        assert at[1] + size[1] <= canvas.height
        paste(canvas, what, at, mask)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", watched_text)
    monkeypatch.setattr(Image.Image, "paste", watched_paste)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(pictures())
@example(image(1, 6, *[recognition(Box(0, 0, 0, 0), Status.IDENTIFIED, "Bo")] * 15))
def test_nothing_leaves_the_canvas_and_the_picture_is_left_alone(recognized: RecognizedImage) -> None:
    pixels = blank(recognized.width, recognized.height)
    with pytest.MonkeyPatch.context() as patch:
        watch(patch)
        result = annotate(pixels, recognized)
    assert (pixels == 128).all()
    assert result.dtype == np.uint8
    assert result.ndim == 3
    assert result.shape[0] >= pixels.shape[0]
    assert result.shape[1] >= pixels.shape[1]
    longest = max(*pixels.shape, READABLE_SIDE)
    assert max(result.shape) <= 4 * longest


@pytest.mark.parametrize("size", [(200, 150), (6000, 4000), (150, 3000), (3000, 150), (1, 1)])
def test_every_size_of_picture_is_drawn(size: tuple[int, int], drawn: None) -> None:
    width, height = size
    box = Box(width * 0.4, height * 0.4, width * 0.6, height * 0.6)
    result = annotate(blank(*size), image(width, height, recognition(box)))
    assert result.shape[0] >= height
    assert result.shape[1] >= width


@pytest.mark.parametrize("status", list(Status))
def test_each_status_has_its_colour_around_the_face(status: Status) -> None:
    box = Box(400, 300, 600, 550)
    result = annotate(blank(1000, 900), image(1000, 900, recognition(box, status)))
    beside = result[425, 380:401].reshape(-1, 3)
    assert (beside == COLOURS[status]).all(axis=1).any()
    assert (result[320:530, 420:580] == 128).all(), "the face itself stays clear"


def test_a_crowd_gets_numbers_and_a_panel() -> None:
    boxes = [Box(x, y, x + 90, y + 110) for y in range(0, 700, 120) for x in range(0, 900, 100)]
    crowd = image(1000, 800, *(recognition(box) for box in boxes))
    result = annotate(blank(1000, 800), crowd)
    assert result.shape[0] > 1000


def test_a_face_that_fills_the_picture_is_named_beside_it() -> None:
    result = annotate(blank(800, 900), image(800, 900, recognition(Box(0, 0, 800, 900))))
    assert result.shape[1] > 800
    assert (result[100:800, 100:700] == 128).all()


def test_the_words_on_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    text = ImageDraw.ImageDraw.text

    def listen(pen: ImageDraw.ImageDraw, at: tuple[float, float], words: str, **options: object) -> None:
        said.append(words)
        text(pen, at, words, **options)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", listen)
    ada, stranger = Box(100, 100, 200, 220), Box(600, 100, 700, 220)
    unsure = Emotion(EVEN, None)
    faces = (recognition(ada), recognition(stranger, Status.UNKNOWN, emotion=unsure))
    annotate(blank(900, 500), image(900, 500, *faces))
    words = " | ".join(said)
    for expected in (
        "Ada Lovelace",
        "distance 0.65 · happiness 70%",
        "Unknown",
        "1 identified",
        "1 unknown",
        "0.95",
        "0.90",
    ):
        assert expected in words
    assert words.count("happiness") == 1


def test_a_name_that_no_font_here_writes_becomes_the_worker_s_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facevec.presentation.fonts.SYSTEM_FONTS", ())
    label = annotating.labeller(20, width=300, name_lines=2)
    written = label(recognition(Box(0, 0, 10, 10), name="张伟"))
    assert written.lines[0].text == "Worker 7"
    for name in ("Łukasz Ćwiękała", "Αλέξανδρος", "Володимир"):
        assert label(recognition(Box(0, 0, 10, 10), name=name)).lines[0].text == name


def test_long_names_end_in_an_ellipsis_within_their_width() -> None:
    label = annotating.labeller(20, width=260, name_lines=2)
    written = label(recognition(Box(0, 0, 10, 10), name=NAMES[1]))
    assert written.lines[1].text.endswith("…")
    assert all(line.width <= 260 for line in written.lines)


@pytest.mark.parametrize("suffix", FORMATS)
def test_pictures_are_encoded_as_their_suffix_says(suffix: str) -> None:
    import io

    with Image.open(io.BytesIO(encode(blank(30, 20), suffix))) as picture:
        assert picture.format == FORMATS[suffix]
        assert picture.size == (30, 20)
