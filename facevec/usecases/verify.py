"""Whether two faces are one person (1:1)."""

from __future__ import annotations

from facevec.decision import quality
from facevec.decision.point import OperatingPoint
from facevec.decision.vectors import fuse, pairwise_distances
from facevec.errors import WorkerNotFound
from facevec.ports import Vision, WorkerTemplates
from facevec.types import Purpose, Vectors, Verification
from facevec.usecases.see import see


def verify_pictures(vision: Vision, point: OperatingPoint, first: bytes, second: bytes) -> Verification:
    """Whether the subjects of two pictures are one person.

    Raises what `ImageDecoder.decode` raises, NoFace, SeveralFaces and LowQuality.
    """
    left, right = (_probe(vision, point, data) for data in (first, second))
    return _verification(vision, point, left, right)


def verify_worker(
    vision: Vision, registry: WorkerTemplates, point: OperatingPoint, data: bytes, worker_id: int
) -> Verification:
    """Whether the subject of a picture is the worker.

    Raises what `verify_pictures` raises, and WorkerNotFound also for a worker who may not be
    recognised: inactive, or whose consent has expired.
    """
    registry.worker(worker_id)
    _, templates = registry.templates(vision.embedder.contract, [worker_id])
    _, reference = fuse(templates)
    if not len(reference):
        raise WorkerNotFound(
            f"Worker {worker_id} has no photo that may be compared; add one, or renew their consent."
        )
    return _verification(vision, point, _probe(vision, point, data), reference)


def _probe(vision: Vision, point: OperatingPoint, data: bytes) -> Vectors:
    """(1, dimension): the picture's subject."""
    scene = see(vision, data)
    face = scene.subject()
    quality.require(face.quality, point.probe_gate)
    return vision.embedder.embed(scene.image, [face], Purpose.RECHECK)


def _verification(vision: Vision, point: OperatingPoint, left: Vectors, right: Vectors) -> Verification:
    distance = float(pairwise_distances(left, right)[0, 0])
    threshold = point.verify_threshold.value
    return Verification(distance, threshold, same=distance <= threshold, model=vision.embedder.model)
