"""What each error means outside the process: its HTTP status and its exit code."""

from __future__ import annotations

from typing import NamedTuple

from facevec.errors import (
    ApiKeyNotFound,
    BackupLocked,
    BackupUnusable,
    ClaimsExhausted,
    ContractMismatch,
    DiskFull,
    DownloadFailed,
    EngineUnavailable,
    EnrolledAsAnother,
    EnrolmentRefused,
    ExtraMissing,
    FacevecError,
    FileEmpty,
    FileMissing,
    FileTooLarge,
    FolderUnreadable,
    GalleryError,
    GalleryUnavailable,
    IdentitySealed,
    ImageTooLarge,
    ImageTooSmall,
    ImageTruncated,
    InputError,
    IntegrityKeyUnusable,
    IsAFolder,
    JobRunning,
    LowQuality,
    MemoryExhausted,
    ModelCorrupt,
    ModelError,
    ModelMissing,
    ModelRefused,
    ModelUnknown,
    NoFace,
    NotAnImage,
    NotAuthentic,
    NotTheSamePerson,
    OutputUnwritable,
    PhotoAlreadyEnrolled,
    RebuildRunning,
    RegistryBusy,
    RegistryError,
    RegistryReplaced,
    RestoreRefused,
    SchemaMismatch,
    ServiceBusy,
    ServiceDenied,
    ServiceError,
    ServiceUnreachable,
    SettingsError,
    SeveralFaces,
    WorkerAmbiguous,
    WorkerError,
    WorkerExists,
    WorkerNotFound,
)


class Outcome(NamedTuple):
    """How an error looks to an HTTP client and to a shell."""

    http_status: int
    exit_code: int


OUTCOMES: dict[str, Outcome] = {
    FacevecError.code: Outcome(500, 1),
    InputError.code: Outcome(400, 10),
    FileMissing.code: Outcome(404, 11),
    IsAFolder.code: Outcome(400, 12),
    FileEmpty.code: Outcome(400, 13),
    FileTooLarge.code: Outcome(413, 14),
    NotAnImage.code: Outcome(415, 15),
    ImageTruncated.code: Outcome(400, 16),
    ImageTooLarge.code: Outcome(413, 17),
    ImageTooSmall.code: Outcome(400, 18),
    OutputUnwritable.code: Outcome(500, 19),
    EnrolmentRefused.code: Outcome(422, 20),
    NoFace.code: Outcome(422, 21),
    SeveralFaces.code: Outcome(422, 22),
    LowQuality.code: Outcome(422, 23),
    NotTheSamePerson.code: Outcome(422, 24),
    EnrolledAsAnother.code: Outcome(422, 25),
    PhotoAlreadyEnrolled.code: Outcome(409, 26),
    IdentitySealed.code: Outcome(403, 27),
    WorkerError.code: Outcome(400, 30),
    WorkerNotFound.code: Outcome(404, 31),
    WorkerExists.code: Outcome(409, 32),
    WorkerAmbiguous.code: Outcome(409, 33),
    ClaimsExhausted.code: Outcome(429, 34),
    RegistryError.code: Outcome(503, 40),
    RegistryBusy.code: Outcome(503, 41),
    SchemaMismatch.code: Outcome(503, 42),
    ContractMismatch.code: Outcome(503, 43),
    GalleryError.code: Outcome(503, 44),
    RebuildRunning.code: Outcome(409, 45),
    NotAuthentic.code: Outcome(503, 46),
    IntegrityKeyUnusable.code: Outcome(503, 47),
    RegistryReplaced.code: Outcome(503, 48),
    DiskFull.code: Outcome(503, 49),
    ModelError.code: Outcome(503, 50),
    ModelUnknown.code: Outcome(404, 51),
    ModelMissing.code: Outcome(503, 52),
    ModelCorrupt.code: Outcome(503, 53),
    DownloadFailed.code: Outcome(503, 54),
    EngineUnavailable.code: Outcome(503, 55),
    ModelRefused.code: Outcome(422, 56),
    SettingsError.code: Outcome(500, 60),
    ExtraMissing.code: Outcome(501, 61),
    ApiKeyNotFound.code: Outcome(404, 70),
    FolderUnreadable.code: Outcome(500, 80),
    GalleryUnavailable.code: Outcome(503, 81),
    MemoryExhausted.code: Outcome(503, 90),
    BackupUnusable.code: Outcome(422, 91),
    BackupLocked.code: Outcome(422, 92),
    RestoreRefused.code: Outcome(409, 93),
    ServiceError.code: Outcome(502, 100),
    ServiceUnreachable.code: Outcome(504, 101),
    ServiceDenied.code: Outcome(502, 102),
    ServiceBusy.code: Outcome(503, 103),
    JobRunning.code: Outcome(409, 110),
}

PARTIAL_EXIT_CODE = 3
"""Exit code of a command that did part of its work and reported the rest."""


def outcome(error: FacevecError) -> Outcome:
    """The HTTP status and exit code of `error`."""
    return OUTCOMES[error.code]
