"""From bytes to analysed faces: the half that enrolment and identification share."""

from __future__ import annotations

from dataclasses import dataclass

from facevec.ports import EmotionReader, FaceDetector, FaceEmbedder, ImageDecoder
from facevec.types import AnalysedFace, AnalysedImage, Looks


@dataclass(frozen=True, slots=True)
class Vision:
    """What sees.

    emotion: None when emotions are switched off. emotion_consent_only: read only the emotions of
    identified workers who agreed to that.
    """

    decoder: ImageDecoder
    detector: FaceDetector
    embedder: FaceEmbedder
    emotion: EmotionReader | None
    emotion_consent_only: bool = False


def analyse(
    vision: Vision,
    data: bytes,
    *,
    emotion: bool = True,
    max_faces: int | None = None,
    looks: Looks = Looks.ONCE,
) -> AnalysedImage:
    """Every face in the picture `data`, largest first, with embedding and emotion.

    max_faces: keep only the largest so many. looks: as in `FaceEmbedder.embed`.
    Raises what `ImageDecoder.decode` raises.
    """
    image = vision.decoder.decode(data)
    faces = vision.detector.detect(image)[:max_faces]
    if not faces:
        return AnalysedImage(image, ())
    embeddings = vision.embedder.embed(image, faces, looks)
    reader = vision.emotion if emotion else None
    emotions = reader.read(image, faces) if reader else (None,) * len(faces)
    return AnalysedImage(
        image,
        tuple(
            AnalysedFace(face, embedding, feeling)
            for face, embedding, feeling in zip(faces, embeddings, emotions, strict=True)
        ),
    )
