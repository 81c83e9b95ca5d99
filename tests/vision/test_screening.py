"""P-Net in few bits first finds what it finds in full, and no margin smaller than needed would show it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from facevec.types import Image
from facevec.vision import screening
from facevec.vision.areas import AreaTable
from facevec.vision.engines.openvino_engine import OpenVinoEngine
from facevec.vision.hands import Hands
from facevec.vision.mtcnn import MIN_FACE, Cascade, pyramid
from facevec.vision.networks.mtcnn import CELLS_AT_ONCE, cells_spec, few_bits_spec, mtcnn_spec
from facevec.vision.screening import FullLook, ScreenedLook
from tests import parts
from tests.drawn import group
from tests.portraits import DISTINCT

ODDS = float(np.log(0.6 / 0.4))
WORST = 0.8
"""By so much odds of a cell that counts are too low at most in these pictures: less than the margin."""


@pytest.fixture(scope="module")
def full(openvino):
    return FullLook(openvino.load(mtcnn_spec("pnet")))


@pytest.fixture(scope="module")
def screened(openvino):
    networks = (openvino.load(spec) for spec in (few_bits_spec(), cells_spec(), mtcnn_spec("pnet")))
    return ScreenedLook(*networks)


def levels(image: Image) -> list[np.ndarray]:
    """Of its pyramid, those that are screened."""
    table = AreaTable(image.pixels)
    sizes = [
        (int(image.height * scale + 1), int(image.width * scale + 1))
        for scale in pyramid(image.height, image.width)
    ]
    return [table.whole(size) for size in sizes if size[0] * size[1] >= screening._SMALLEST]


def drawn(seed: int) -> Image:
    """Faces of many sizes on noise, coarser each time."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(600, 900, 2)
    noise = cv2.GaussianBlur(rng.integers(0, 256, (height, width, 3), np.uint8), (0, 0), 1 + seed % 4)
    canvas = np.asarray(cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX))
    people = cv2.imdecode(np.frombuffer(group(*rng.permutation(DISTINCT)[:2].tolist()), np.uint8), 1)
    for _ in range(8):
        share = rng.uniform(40, 300) / max(people.shape)
        small = cv2.resize(people, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        top, left = (int(rng.integers(0, side - part)) for side, part in zip((height, width), small.shape))  # noqa: B905  # the picture's third side is its colours
        canvas[top : top + len(small), left : left + small.shape[1]] = small[..., ::-1]
    return Image(canvas)


def assert_same(ours: tuple[np.ndarray, ...], theirs: tuple[np.ndarray, ...]) -> None:
    """The same cells; what P-Net says of them but for rounding."""
    for places, others in zip(ours[:2], theirs[:2], strict=True):
        assert np.array_equal(places, others)
    assert np.abs(ours[2] - theirs[2]).max(initial=0) < 1e-5


def shortfall(screened, full, image: Image) -> float:
    """By how much the odds of a cell that counts are too low in few bits, at most; the cells are the same."""
    worst = 0.0
    for level in levels(image):
        rows, columns, answers = full.cells(level, ODDS)
        assert_same(screened.cells(level, ODDS), (rows, columns, answers))
        about = screened._few_bits.run(screening._as_bytes(level)[np.newaxis])[0][0, 0]
        worst = max(worst, float((ODDS - about[rows, columns]).max(initial=0)))
    return worst


@pytest.mark.usefixtures("vnni")
def test_of_drawn_pictures_the_same_cells_count_and_none_is_near_the_margin(screened, full):
    worst = max(shortfall(screened, full, drawn(seed)) for seed in range(12))
    assert 0.1 < worst < WORST < screening.MARGIN


@pytest.mark.usefixtures("vnni")
def test_of_photos_the_same_cells_count_and_none_is_near_the_margin(screened, full, data_dir: Path):
    """A sample; what was measured of all stands in ADR 39."""
    files = [*sorted((data_dir / "mayors").rglob("*.jpg"))[:4], data_dir / "photos" / "multiface.jpg"]
    images = [parts.decoder().decode(file.read_bytes()) for file in files]
    assert 0.1 < max(shortfall(screened, full, image) for image in images) < WORST


@pytest.mark.usefixtures("vnni")
def test_too_small_a_margin_would_be_noticed(screened, full, monkeypatch):
    monkeypatch.setattr(screening, "MARGIN", -0.2)
    with pytest.raises(AssertionError):
        shortfall(screened, full, drawn(0))


@pytest.mark.usefixtures("vnni")
@pytest.mark.parametrize("hands", [1, 2])
def test_faces_are_the_same_as_without_screening(openvino, screened, full, pair, hands):
    rnet, onet = (openvino.load(mtcnn_spec(stage), side_by_side=hands) for stage in ("rnet", "onet"))
    large = Image(cv2.resize(pair.pixels, (1153, 769), interpolation=cv2.INTER_LINEAR))
    results = []
    for look in (screened, full):
        cascade = Cascade(look, rnet, onet, Hands(hands))
        results.append(cascade.judge(cascade.propose(large.pixels, MIN_FACE)))
    ours, theirs = results
    assert len(ours.scores) == 2
    for name in ("boxes", "scores", "points"):
        assert np.allclose(getattr(ours, name), getattr(theirs, name), rtol=0, atol=1e-3)


@pytest.mark.usefixtures("vnni")
@pytest.mark.parametrize("size", [(240, 241), (241, 240), (241, 241)])
def test_cells_at_a_border_that_cuts_them_are_as_in_a_full_look(screened, full, size, monkeypatch):
    monkeypatch.setattr(screening, "_MOST", 1)
    rng = np.random.default_rng(5)
    level = cv2.resize(rng.integers(0, 256, (40, 40, 4)).astype(np.float32), size[::-1])
    everything = screened.cells(level, -20.0)
    assert len(everything[0]) == 116 * 116 if size == (241, 241) else 116 * 115
    assert_same(everything, full.cells(level, -20.0))


class Fixed:
    """Says the same of each cell; counts what it is asked."""

    def __init__(self, odds: float) -> None:
        self._odds = odds
        self.shapes: list[tuple[int, ...]] = []

    def run(self, batch):
        self.shapes.append(batch.shape)
        _, height, width, _ = batch.shape
        count = (1, CELLS_AT_ONCE) if height == 12 else (-(-(height - 10) // 2), -(-(width - 10) // 2))
        return (np.full((1, 5, *count), self._odds, np.float32),)


@pytest.mark.parametrize(
    ("side", "few_bits_say", "asked"), [(150, 9, (0, 0, 1)), (300, -9, (1, 0, 0)), (300, 9, (1, 0, 1))]
)
def test_small_levels_and_those_on_which_too_many_cells_may_count_are_computed_in_full(
    side, few_bits_say, asked
):
    networks = Fixed(few_bits_say), Fixed(9), Fixed(9)
    ScreenedLook(*networks).cells(np.zeros((side, side, 4), np.float32), ODDS)
    assert tuple(len(network.shapes) for network in networks) == asked


@pytest.mark.parametrize("computed", [{"fp32"}, {"fp32", "int8-avx2"}])
def test_where_8_bit_numbers_take_longer_or_sums_are_cut_nothing_is_screened(
    openvino, astronaut, monkeypatch, computed
):
    names: list[str] = []
    load = OpenVinoEngine.load

    def noted(self, spec, *rest, **more):
        names.append(spec.name)
        return load(self, spec, *rest, **more)

    monkeypatch.setattr(OpenVinoEngine, "computes", lambda self, precision: precision in computed)
    monkeypatch.setattr(OpenVinoEngine, "load", noted)
    assert len(parts.detector(openvino).detect(astronaut)) == 1
    assert names == ["mtcnn-pnet", "mtcnn-rnet", "mtcnn-onet"]


def test_a_level_of_whose_border_many_cells_may_count_is_computed_in_full():
    """They would be run one by one; a picture with stripes along its border took 2.6 times as long."""

    class AtTheBorder(Fixed):
        def run(self, batch):
            (answers,) = super().run(batch)
            answers[..., -1, :] = 9
            return (answers,)

    networks = AtTheBorder(-9), Fixed(9), Fixed(9)
    ScreenedLook(*networks).cells(np.zeros((201, 400, 4), np.float32), ODDS)
    assert networks[2].shapes == [(1, 201, 400, 4)]
    inside = AtTheBorder(-9), Fixed(9), Fixed(9)
    ScreenedLook(*inside).cells(np.zeros((200, 400, 4), np.float32), ODDS)
    assert len(inside[1].shapes) == 2
    assert inside[2].shapes == []
