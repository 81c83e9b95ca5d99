"""What the use cases need from the outside, and nothing of how it is done."""

from facevec.ports.audit import AuditTrail
from facevec.ports.clock import Clock, utc_now
from facevec.ports.erasure import BelongingsSource, Receipts
from facevec.ports.gallery import (
    Copies,
    Draft,
    Gallery,
    GenerationStore,
    KeptReferences,
    LiveGallery,
    RowSink,
    Searched,
)
from facevec.ports.master_key import KeyWrap, MasterKey, WrappedKeys
from facevec.ports.model_changes import ModelChanges
from facevec.ports.night import ContractCensus, Leases, Moments, NightReports
from facevec.ports.registry import (
    ActiveWorkers,
    ChangeSource,
    Compared,
    ConsentGuard,
    Consents,
    Enrolments,
    Guard,
    Registry,
    Revisioned,
    TemplateSource,
    WorkerDirectory,
    WorkerRecords,
    WorkerTemplates,
)
from facevec.ports.stores import (
    ApiKeys,
    Approvals,
    Calibrations,
    ConsentRecords,
    FailedClaims,
    Kept,
    LocalKey,
    OwnScales,
    Records,
    Reviews,
    Visits,
)
from facevec.ports.vision import (
    EmotionClassifier,
    EmotionReader,
    FaceDetector,
    FaceEmbedder,
    ImageDecoder,
    Networks,
    Vision,
)
