"""Every error facevec raises on purpose.

A message is one sentence that says what is wrong and what to do about it. It never
holds a picture, a vector or a traceback.
"""

from __future__ import annotations

import math
from typing import ClassVar


class FacevecError(Exception):
    """Root of the tree. `code` is stable: clients may match on it."""

    code: ClassVar[str] = "internal"


class InputError(FacevecError):
    """What the caller handed over cannot be used."""

    code = "input_invalid"


class FileMissing(InputError):
    code = "file_not_found"


class IsAFolder(InputError):
    code = "is_a_folder"


class FolderUnreadable(InputError):
    code = "folder_unreadable"


class FileEmpty(InputError):
    code = "file_empty"


class FileTooLarge(InputError):
    code = "file_too_large"


class NotAnImage(InputError):
    code = "not_an_image"


class ImageTruncated(InputError):
    code = "image_truncated"


class ImageTooLarge(InputError):
    code = "image_too_large"


class ImageTooSmall(InputError):
    code = "image_too_small"


class OutputUnwritable(InputError):
    code = "output_unwritable"


class EnrolmentRefused(FacevecError):
    """A photo that cannot become a template of this worker."""

    code = "enrolment_refused"


class NoFace(EnrolmentRefused):
    code = "no_face"


class SeveralFaces(EnrolmentRefused):
    code = "several_faces"


class LowQuality(EnrolmentRefused):
    code = "low_quality"


class NotTheSamePerson(EnrolmentRefused):
    code = "not_the_same_person"


class EnrolledAsAnother(EnrolmentRefused):
    """The face is that of worker `worker_id`, at this normalised distance."""

    code = "enrolled_as_another"

    def __init__(self, message: str, *, worker_id: int, distance: float) -> None:
        super().__init__(message)
        self.worker_id = worker_id
        self.distance = distance


class IdentitySealed(EnrolmentRefused):
    """Photos that would make a worker somebody else than who was enrolled first."""

    code = "identity_sealed"


class PhotoAlreadyEnrolled(EnrolmentRefused):
    """owner_id: the worker whose photo it is, where the sentence names one."""

    code = "photo_already_enrolled"

    def __init__(
        self,
        message: str = "This file is already enrolled for this worker; nothing to do.",
        *,
        owner_id: int | None = None,
    ) -> None:
        super().__init__(message)
        self.owner_id = owner_id


class WorkerError(FacevecError):
    """A worker that cannot be found, added or named so."""

    code = "worker_invalid"


class WorkerNotFound(WorkerError):
    code = "worker_not_found"


class WorkerExists(WorkerError):
    code = "worker_exists"


class WorkerAmbiguous(WorkerError):
    code = "worker_ambiguous"


class ConsentMissing(WorkerError):
    """Somebody who agreed to nothing, where nobody is enrolled so."""

    code = "consent_missing"


class ConsentRefused(WorkerError):
    """A consent that cannot be recorded: by its moment, its text, or what was recorded before."""

    code = "consent_refused"


class ConsentTextNotFound(WorkerError):
    code = "consent_text_not_found"


class ClaimsExhausted(FacevecError):
    """Too many pictures were claimed to show worker `worker_id`; the next is looked at in `seconds`."""

    code = "claims_exhausted"

    def __init__(self, worker_id: int, seconds: float) -> None:
        super().__init__(
            f"Too many pictures were said to be of worker {worker_id}, or by this key of anybody, and were "
            f"not; the next is looked at in {math.ceil(seconds)} s."
        )
        self.worker_id = worker_id
        self.seconds = seconds


class RegistryError(FacevecError):
    """The registry cannot be read or written."""

    code = "registry_unavailable"


class DiskFull(RegistryError):
    """The registry cannot grow."""

    code = "disk_full"


class RegistryBusy(RegistryError):
    code = "registry_busy"


class SchemaMismatch(RegistryError):
    code = "schema_mismatch"


class ContractMismatch(RegistryError):
    """Embeddings of two contracts met; they are never compared."""

    code = "contract_mismatch"


class RegistryReplaced(RegistryError):
    """The registry is another one, or one that went back, since something was read from it."""

    code = "registry_replaced"

    def __init__(self, message: str = "The registry was replaced; what it holds now is being read.") -> None:
        super().__init__(message)


class NotAuthentic(RegistryError):
    """What decides was written by somebody without the integrity key, or under another one."""

    code = "not_authentic"


class IntegrityKeyUnusable(RegistryError):
    """The key that vouches for what decides cannot be read or made."""

    code = "integrity_key_unusable"


class MasterKeyUnavailable(RegistryError):
    """The key under which keys of data are wrapped cannot be had."""

    code = "master_key_unavailable"


class MasterKeyWrong(RegistryError):
    """What is wrapped was wrapped under another master key, for something else, or was changed."""

    code = "master_key_wrong"


class JobRunning(RegistryError):
    """What only one may do at a time is done by somebody else."""

    code = "job_running"


class GalleryError(FacevecError):
    """A gallery on disk that must not be opened."""

    code = "index_invalid"


class GalleryUnavailable(GalleryError):
    """An engine that searches, and is not there or not as it has to be."""

    code = "gallery_unavailable"


class RebuildRunning(GalleryError):
    code = "rebuild_running"


class ModelError(FacevecError):
    """A model that cannot be used."""

    code = "model_invalid"


class ModelUnknown(ModelError):
    code = "model_unknown"


class ModelMissing(ModelError):
    code = "model_missing"


class ModelCorrupt(ModelError):
    code = "model_corrupt"


class ModelRefused(ModelError):
    """A network that somebody brings and that facevec does not take, or cannot let go."""

    code = "model_refused"


class DownloadFailed(ModelError):
    code = "download_failed"


class EngineUnavailable(ModelError):
    code = "engine_unavailable"


class MemoryExhausted(FacevecError):
    """Memory ran out: of the process, its machine or its container."""

    code = "memory_exhausted"


class BackupUnusable(FacevecError):
    """A file that is no backup or archive, or is not what was written."""

    code = "backup_unusable"


class BackupLocked(BackupUnusable):
    """A file that is encrypted, or is not, and the key does not fit that."""

    code = "backup_locked"


class RestoreRefused(FacevecError):
    """A place where a backup must not go, or a backup that must not go there."""

    code = "restore_refused"


class ReceiptUnusable(FacevecError):
    """A receipt of an erasure that is none, or was changed."""

    code = "receipt_unusable"


class ReceiptNotFound(FacevecError):
    """A receipt of an erasure that is not on this machine."""

    code = "receipt_not_found"


class ApiKeyNotFound(FacevecError):
    """A key of the service that was never issued."""

    code = "key_not_found"


class ApprovalNeeded(FacevecError):
    """What takes two people, and one asked for."""

    code = "approval_needed"


class ApprovalRefused(ApprovalNeeded):
    """What somebody else said no to."""

    code = "approval_refused"


class ApprovalNotFound(FacevecError):
    code = "approval_not_found"


class ApprovalInvalid(FacevecError):
    """An approval that cannot be given or withdrawn so, by whom it is."""

    code = "approval_invalid"


class ReviewNotFound(FacevecError):
    code = "review_not_found"


def no_review(review_id: int) -> ReviewNotFound:
    """The same of one that is somebody else's: ids tell nobody who was recognised elsewhere, or is gone."""
    return ReviewNotFound(
        f"There is no review {review_id} for you; it may have ended, or gone with the worker."
    )


class ReviewInvalid(FacevecError):
    """An identification that cannot be confirmed or rejected so, by whom it is."""

    code = "review_invalid"


class AuditUnavailable(FacevecError):
    """What is done cannot be recorded."""

    code = "audit_unavailable"


class ServiceError(FacevecError):
    """What a service that was called could not do, where its own code is none of this tree."""

    code = "service_error"


class ServiceUnreachable(ServiceError):
    code = "service_unreachable"


class ServiceDenied(ServiceError):
    code = "service_denied"


class ServiceBusy(ServiceError):
    code = "service_busy"


class SettingsError(FacevecError):
    """A setting that is unknown or out of range."""

    code = "settings_invalid"


class ExtraMissing(FacevecError):
    """An optional package that this command needs is not installed."""

    code = "extra_missing"
