"""Whether two faces are one person (1:1)."""

from __future__ import annotations

from dataclasses import replace

from facevec.decision import quality
from facevec.decision.point import OperatingPoint
from facevec.decision.vectors import fuse, pairwise_distances
from facevec.errors import WorkerNotFound
from facevec.ports import LiveGallery, Vision, WorkerTemplates
from facevec.types import Purpose, Vectors, Verification
from facevec.usecases.see import see


def verify_pictures(vision: Vision, point: OperatingPoint, first: bytes, second: bytes) -> Verification:
    """Whether the subjects of two pictures are one person.

    Raises what `ImageDecoder.decode` raises, NoFace, SeveralFaces and LowQuality.
    """
    left, right = (_probe(vision, point, data) for data in (first, second))
    nobody = right[:0]
    return _verification(vision, point, left, right, nobody)


def verify_worker(
    vision: Vision,
    registry: WorkerTemplates,
    live: LiveGallery,
    point: OperatingPoint,
    data: bytes,
    worker_id: int,
) -> Verification:
    """Whether the subject of a picture is the worker: near enough, and nearer than to any other worker.

    Where it may be as well somebody who was decided to be another person than the worker, because their faces
    are alike, it is not: the answer is ambiguous.

    Raises what `verify_pictures` raises, and WorkerNotFound also for a worker who may not be
    recognised: inactive, or whose consent has expired.
    """
    worker = registry.worker(worker_id)
    look_alikes = [other.worker_id for other in worker.distinct_from]
    _, templates = registry.templates(vision.embedder.contract, [worker_id, *look_alikes])
    worker_ids, references = fuse(templates)
    if worker_id not in worker_ids:
        raise WorkerNotFound(
            f"Worker {worker_id} has no photo that may be compared; add one, or renew their consent."
        )
    is_worker = worker_ids == worker_id
    probe = _probe(vision, point, data)
    verification = _verification(vision, point, probe, references[is_worker], references[~is_worker])
    if not verification.same:
        return verification
    _, (candidates,) = live.search(probe, 1)
    return replace(verification, same=[one.worker_id for one in candidates] == [worker_id])


def _probe(vision: Vision, point: OperatingPoint, data: bytes) -> Vectors:
    """(1, dimension): the picture's subject."""
    scene = see(vision, data)
    face = scene.subject()
    quality.require(face.quality, point.probe_gate, "probe")
    return vision.embedder.embed(scene.image, [face], Purpose.RECHECK)


def _verification(
    vision: Vision, point: OperatingPoint, probe: Vectors, reference: Vectors, look_alikes: Vectors
) -> Verification:
    """probe, reference: (1, dimension); look_alikes: (n, dimension)."""
    distance = float(pairwise_distances(probe, reference)[0, 0])
    others = map(float, pairwise_distances(probe, look_alikes)[0])
    threshold = point.verify_threshold
    near = distance <= threshold.value
    ambiguous = near and any(point.may_be_either(distance, other, threshold) for other in others)
    same = near and not ambiguous
    return Verification(distance, threshold.value, same, vision.embedder.model, ambiguous)
