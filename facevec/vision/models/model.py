"""What facevec knows of a model: where it comes from, how a file of it is known, and what reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from facevec.types import ModelScale, Pixels, Point, Precision, Purpose
from facevec.vision.engines.base import NetworkSpec, Spec, Tensor
from facevec.vision.networks.architecture import Architecture, State, Weights

Task = Literal["embedding", "emotion"]

Prepare = Callable[[Pixels], Tensor]
"""(n, size, size) uint8 grey faces to a network's NCHW input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """The files in which others give a model away; facevec's own safetensors need none of this.

    words: what a message calls them.
    in_checkpoint: whether the tensors of a torch checkpoint are this model's.
    from_checkpoint: the network's tensors among a checkpoint's.
    from_file: the network's tensors in a file of any other format, given its SHA-256 too; None when the
    file is not such a one. Raises ModelCorrupt where it is one, but another than facevec knows.
    pinned: SHA-256 of files known beforehand, beside that of the model's download.
    """

    words: str = ""
    in_checkpoint: Callable[[State], bool] = lambda _: False
    from_checkpoint: Callable[[State], State] = lambda state: state
    from_file: Callable[[Path, str], State | None] = lambda _path, _sha256: None
    pinned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Figures:
    """How good a network was on lfw-dev, 253 workers of three photos (docs/accuracy.md), and what it costs.

    named: the share of workers named rightly (TPIR) by the share of strangers who are given a name (FPIR).
    operations: of one look at a face, floating-point.
    """

    named: Mapping[float, float]
    operations: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One entry of the catalogue.

    source: an https URL, `pip:REQUIREMENT`, or `package` for weights that ship with facevec.
    size: bytes of the download; exact where `sha256` is known, else about (within a factor of two).
    sha256: of the download; None where none is published. stored_sha256: of the safetensors that facevec
    makes of it, and the only one that is taken or run; None where none is known.
    dimension: length of the output, an embedding or a row of class scores. architecture: its layers; None of
    one that was added here as a graph of its own. figures: of a network that recognises faces; None where
    nobody measured it.
    """

    task: ClassVar[Task]
    name: str
    description: str
    source: str
    licence: str
    size: int
    sha256: str | None
    dimension: int
    architecture: Architecture | None
    foreign: Foreign = Foreign()
    stored_sha256: str | None = None
    figures: Figures | None = None

    @property
    def ships_with_package(self) -> bool:
        """Whether there is nothing to fetch."""
        return self.source == "package" and not self.is_added

    @property
    def is_added(self) -> bool:
        """Whether somebody brought it as a graph, which is all that there is of it."""
        return self.architecture is None

    @property
    def network(self) -> str:
        """What its layers are called."""
        return "a graph of its own" if self.architecture is None else self.architecture.name

    @property
    def size_limit(self) -> int:
        """Most bytes a download of this model may have."""
        return self.size if self.sha256 else 2 * self.size


@dataclass(frozen=True, slots=True)
class View:
    """One look at a face: so many pixels wider on the finished crop than its frame, and whether mirrored.

    margin: pixels of the crop that lie outside the frame, half of them on each side; below 0 what lies
    within it. The frame is the detector's box, or where landmarks have their places.
    """

    margin: int
    mirrored: bool = False


Views = tuple[View, ...]
"""The looks whose mean an embedding is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingRecipe:
    """A network that gives (n, dimension), and how it wants to see a face.

    size: side of the crop in pixels. landmarks: where the five belong in the crop, as shares of its side, for
    a network that was taught on aligned faces; None where it takes the box, stretched to a square.
    channels: their order. mean, scale: (pixel - mean) / scale is what the network gets; one number, or
    one for each channel in that order.
    views: for each purpose.
    """

    spec: Spec
    dimension: int
    size: int
    landmarks: tuple[Point, ...] | None
    channels: Literal["RGB", "BGR"]
    mean: float | tuple[float, ...]
    scale: float | tuple[float, ...]
    views: Mapping[Purpose, Views]

    @property
    def margin(self) -> int:
        """Of the face as it is."""
        return self.views[Purpose.PROBE][0].margin


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingModel(Model):
    """A model for recognising faces.

    scale: see docs/accuracy.md. recipe: how its weights are used. Raises ModelMissing and ModelCorrupt.
    """

    task: ClassVar[Task] = "embedding"
    scale: ModelScale
    recipe: Callable[[Weights], EmbeddingRecipe]


@dataclass(frozen=True, slots=True)
class EmotionRecipe:
    """A network that gives logits in the order of `EMOTIONS`, and how it wants to see a face.

    size: side of the crop in pixels; margin: as in `crop.square_crops`;
    temperature: what logits are divided by, above 0, so that probabilities come true as often as they say.
    """

    spec: NetworkSpec
    size: int
    margin: float
    temperature: float
    prepare: Prepare


@dataclass(frozen=True, slots=True, kw_only=True)
class EmotionModel(Model):
    """A model for reading expressions.

    recipe: how its weights are used. Raises ModelMissing and ModelCorrupt. precisions: those beside fp32 in
    which its figures were shown to be the same, the fastest first.
    """

    task: ClassVar[Task] = "emotion"
    recipe: Callable[[Weights], EmotionRecipe]
    precisions: tuple[Precision, ...] = ()
