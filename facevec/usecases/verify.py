"""Whether two faces are one person (1:1)."""

from __future__ import annotations

from facevec import policy
from facevec.errors import LowQuality, WorkerNotFound
from facevec.ports import Registry
from facevec.types import Looks, Thresholds, Vectors, Verification
from facevec.usecases.analyse import Vision


def verify_pictures(vision: Vision, thresholds: Thresholds, first: bytes, second: bytes) -> Verification:
    """Whether the subjects of two pictures are one person.

    Raises what `ImageDecoder.decode` raises, NoFace, SeveralFaces and LowQuality.
    """
    left, right = (_probe(vision, thresholds, data) for data in (first, second))
    return _verification(vision, thresholds, left, right)


def verify_worker(
    vision: Vision, registry: Registry, thresholds: Thresholds, data: bytes, worker_id: int
) -> Verification:
    """Whether the subject of a picture is the worker.

    Raises what `verify_pictures` raises, and WorkerNotFound also for a worker who may not be
    recognised: inactive, or whose consent has expired.
    """
    registry.worker(worker_id)
    _, templates = registry.templates(vision.embedder.contract, [worker_id])
    _, reference = policy.fuse(templates)
    if not len(reference):
        raise WorkerNotFound(
            f"Worker {worker_id} has no photo that may be compared; add one, or renew their consent."
        )
    return _verification(vision, thresholds, _probe(vision, thresholds, data), reference)


def _probe(vision: Vision, thresholds: Thresholds, data: bytes) -> Vectors:
    """(1, dimension): the picture's subject."""
    image = vision.decoder.decode(data)
    faces = vision.detector.detect(image)
    face = faces[policy.subject(faces, image.width, image.height)]
    faults = policy.quality_faults(face.quality, thresholds.probe_gate)
    if faults:
        raise LowQuality(f"The face is {policy.in_words(faults)}; use a better photo.")
    return vision.embedder.embed(image, [face], Looks.AGAIN)


def _verification(vision: Vision, thresholds: Thresholds, left: Vectors, right: Vectors) -> Verification:
    distance = float(policy.pairwise_distances(left, right)[0, 0])
    return Verification(
        distance=distance,
        threshold=thresholds.verify_threshold,
        same=distance <= thresholds.verify_threshold,
        model=vision.embedder.model,
    )
