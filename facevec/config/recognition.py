"""Settings of recognition: from a picture to a name and an expression."""

from __future__ import annotations

from dataclasses import fields
from typing import Literal

from pydantic import Field

from facevec.config.kinds import (
    MaxBrightness,
    MaxYaw,
    MinBrightness,
    MinContrast,
    MinSharpness,
    MinSize,
    OptionalDistance,
    OptionalText,
    Section,
)
from facevec.decision.resolve import TARGET_FPIR, EnrolmentOverrides, MatchOverrides
from facevec.types import Precision, QualityGate
from facevec.usecases.model import AUTO


class VisionSettings(Section):
    """From bytes to faces and embeddings."""

    engine: Literal["openvino", "torch"] = Field(
        default="openvino",
        description='What runs the networks: "openvino" (fast on CPUs) or "torch" (the reference, and for '
        "GPUs).",
    )
    device: str = Field(default="cpu", description='Where they run: "cpu", or with torch "cuda".')
    threads: int = Field(default=0, ge=0, description="CPU threads of the networks; 0 takes all cores.")
    precision: Literal["auto", Precision] = Field(
        default="fp32",
        description='Numbers in which embeddings are computed: "fp32"; "bf16", on processors with bfloat16 '
        'in half the time, "int8", on those with VNNI in 0.4 of it, or "int8-avx2", on those with AVX2 '
        "alone in 0.6, for a model that was shown to name as many workers so (`facevec models prove`); or "
        '"auto": the fastest for which that was shown, here or by facevec\'s maker, and whose embeddings can '
        "be compared with those in fp32. In 8-bit numbers the model that ships reads expressions, too, with "
        '"auto", "int8" and "int8-avx2". What is a face is decided in fp32.',
    )
    embedding_model: str = Field(
        default=AUTO,
        description='Weights of the face embedding: a name from `facevec models list`, or "auto": the best '
        "there is at first set-up. A registry keeps the weights it began with.",
    )
    second_model: OptionalText = Field(
        default=None,
        examples=["retail-0095"],
        description="A second network that looks at every face too; what is stored and compared is both "
        "vectors in a row. For a new registry: one that has begun keeps to what it began with. Costs a few "
        "milliseconds a face (docs/accuracy.md).",
    )
    graphs: OptionalText = Field(
        default=None,
        examples=["/usr/share/facevec/graphs"],
        description="Folder of networks that `facevec models convert` made, elsewhere perhaps: with all of "
        "them there, recognition takes no PyTorch. They are trusted as the program is, so only whoever "
        "installs it may write there. A relative path begins in FACEVEC_HOME.",
    )
    any_weights: bool = Field(
        default=False,
        description="Whether weights of your own may stand for a model whose weights facevec knows by their "
        "hash. Whoever made them decides whom they take for whom; `facevec doctor --security` warns of it.",
    )
    detection_threshold: float = Field(
        default=0.9, gt=0, lt=1, description="Smallest score of the detector that counts as a face, 0 to 1."
    )
    min_face: float = Field(
        default=20.0,
        ge=20,
        description="Faces with a shorter side are not looked for, pixels. Half of the time of finding goes "
        "into those of less than 30: a camera that sees people near does without.",
    )
    max_side: int = Field(
        default=1600,
        ge=64,
        description="Pictures whose longer side is larger are searched for faces at this size, pixels.",
    )
    turns: bool = Field(
        default=True,
        description="Whether a picture in which no face is found, or none for sure, is searched again in the "
        "other three turns; false spares that time, for cameras that know which way is up.",
    )
    max_file_bytes: int = Field(default=32_000_000, ge=1, description="Larger files are refused, bytes.")
    max_pixels: int = Field(
        default=50_000_000,
        ge=1,
        description="Larger pictures are refused before they are decoded, pixels (width times height).",
    )


class MatchSettings(Section):
    """Who a face is taken for, and which two are one person."""

    target_fpir: float = Field(
        default=TARGET_FPIR,
        gt=0,
        le=0.5,
        description="The share of strangers who may be given a name. The distance that keeps it follows "
        "from what was measured for the embedding model, the newest calibration and the size of the "
        "gallery; `facevec config show` says what cannot be promised. Not set, it is the rate of the "
        "newest calibration, if there is one.",
    )
    threshold: OptionalDistance = Field(
        default=None,
        examples=[0.6],
        description="Largest distance that still names a worker: 0 is the same picture, 2 the opposite. "
        "Lower names fewer strangers and misses more workers. Not set, it follows from target_fpir; a "
        "number wins over that, holds as it is for every gallery, and promises no rate. "
        "docs/accuracy.md says what each threshold costs.",
    )
    min_margin: OptionalDistance = Field(
        default=None,
        examples=[0.03],
        description="Smallest margin in distance to the next different worker; below it a face is "
        '"ambiguous". Not set, it is what was measured for the embedding model.',
    )
    verify_threshold: OptionalDistance = Field(
        default=None,
        examples=[0.7],
        description="Largest distance at which two pictures, or a picture and a worker, are one person for "
        "/verify (1:1). Not set, it is what was measured for the embedding model; docs/accuracy.md says what "
        "each threshold costs.",
    )

    def overrides(self, probe_gate: QualityGate) -> MatchOverrides:
        """What the operator set, as a decision takes it."""
        return MatchOverrides(
            probe_gate=probe_gate,
            target_fpir=self.target_fpir if "target_fpir" in self.model_fields_set else None,
            match_threshold=self.threshold,
            min_margin=self.min_margin,
            verify_threshold=self.verify_threshold,
        )


class ProbeSettings(Section):
    """A face outside these limits is "low_quality" and never named."""

    min_size: MinSize = 20.0
    min_sharpness: MinSharpness = 5.0
    min_brightness: MinBrightness = 12.0
    max_brightness: MaxBrightness = 240.0
    min_contrast: MinContrast = 4.0
    max_yaw: MaxYaw = 1.0

    def gate(self) -> QualityGate:
        """The limits as a decision takes them."""
        return QualityGate(**{limit.name: getattr(self, limit.name) for limit in fields(QualityGate)})


class EnrolmentSettings(ProbeSettings):
    """A photo outside these limits is refused at enrolment; the same units as [probe]."""

    min_size: MinSize = 30.0
    min_sharpness: MinSharpness = 10.0
    min_brightness: MinBrightness = 25.0
    max_brightness: MaxBrightness = 230.0
    min_contrast: MinContrast = 10.0
    max_yaw: MaxYaw = 0.6
    same_person_threshold: OptionalDistance = Field(
        default=None,
        examples=[0.8],
        description="Largest distance to the worker's other photos; a photo further away shows someone else. "
        "Of a newcomer's photos the one that is so near to more than half of them speaks for the others; "
        "without such a one all are refused. Not set, it is what was measured for the embedding model.",
    )
    other_person_threshold: OptionalDistance = Field(
        default=None,
        examples=[0.6],
        description="At or below this distance to another worker, the photos are refused as theirs: that of "
        "all together, or of one that is clearly nearer, normalised by the neighbours of the photos and of "
        "that worker. Not set, it is what was measured for the embedding model.",
    )
    second_approver: bool = Field(
        default=False,
        description="Deprecated; approvals.required says which deeds take two people. true stands for "
        "remove, rename, reseed, empty and withdraw there.",
    )
    keep_photos: bool = Field(
        default=False,
        description="Whether the photos themselves are kept in the registry, beside what is computed from "
        "them; of a worker with a consent only if that covers it (--photos).",
    )

    def overrides(self) -> EnrolmentOverrides:
        """What the operator set, as a decision takes it."""
        return EnrolmentOverrides(
            gate=self.gate(),
            same_person_threshold=self.same_person_threshold,
            other_person_threshold=self.other_person_threshold,
        )


class EmotionSettings(Section):
    """Whether and how expressions are read."""

    enabled: bool = Field(
        default=True,
        description="false takes emotions out: no model is loaded and no answer speaks of them. In the "
        "European Union reading the emotions of workers is forbidden (docs/emotions.md): set it to false "
        "there.",
    )
    consented_only: bool = Field(
        default=False,
        description="true reads only the emotions of identified workers who agreed to it (facevec worker "
        "consent WORKER TEXT_VERSION --emotion); nobody else's is even computed. false reads also people "
        "who are not known, and workers of whom no consent is recorded; never a worker whose consent does "
        "not cover it. consent.required stands for true.",
    )
    model: str = Field(
        default=AUTO,
        description='Weights: a name from `facevec models list`, or "auto": the fer-pytorch network where '
        "its file has been imported, else the model that ships with facevec.",
    )
    confidence_floor: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="Below this probability no emotion is called the top one, 0 to 1.",
    )
