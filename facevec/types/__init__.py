"""The values that travel through facevec. All are frozen; arrays in them are read-only by agreement."""

from facevec.types.api_keys import SCOPES, ApiKey, Claim, Scope
from facevec.types.approvals import Approval, ApprovalState, Asking, Deed
from facevec.types.arrays import Ids, Pixels, Probabilities, Vector, Vectors, no_vectors, places_in
from facevec.types.audit import AuditEvent, AuditFinding, AuditHead, AuditRecord, AuditUpkeep
from facevec.types.decisions import (
    Bands,
    Calibration,
    Decision,
    Estimate,
    Match,
    Status,
    Verification,
)
from facevec.types.erasure import (
    RECEIPT_IDS,
    Belongings,
    Erased,
    PlaceChecked,
    PlaceState,
    Receipt,
    is_receipt_id,
)
from facevec.types.galleries import (
    NEVER,
    Candidate,
    Generation,
    Neighbourhood,
    Page,
    Position,
    ReferencesKept,
    RegistryState,
    SetAside,
    Snapshot,
    Step,
    TemplateKey,
    Templates,
    Terms,
    Upkeep,
    microseconds,
    moment,
)
from facevec.types.model_change import Coverage, Model, ModelChange, WaitingPhoto
from facevec.types.night import Figure, Finding, Lease, NightReport, StepReport
from facevec.types.people import (
    LONGEST_TEXT,
    SYSTEM,
    Consent,
    ConsentCounts,
    ConsentEnd,
    ConsentText,
    DistinctFrom,
    Distinction,
    Enrolment,
    LedgerEntry,
    LedgerKind,
    Newcomer,
    NewPhoto,
    Photo,
    PhotoSource,
    Refusal,
    RefusedAs,
    RefusedFor,
    Seal,
    TurnedPhoto,
    Worker,
    WorkerStatus,
)
from facevec.types.pictures import (
    EMOTIONS,
    Box,
    Emotion,
    Face,
    Image,
    Landmarks,
    Point,
    Purpose,
    Quality,
    QualityGate,
)
from facevec.types.precision import FASTER, IN_BYTES, PROOF_FPIR, SAME_DISTANCES, Precision, PrecisionProof
from facevec.types.records import PhotoRecord, WorkerRecord
from facevec.types.reviews import Review, ReviewState, Unconfirmed
from facevec.types.scale import Cohort, Evidence, MeasuredScale, ModelScale, RateTable
from facevec.types.turns import TURNS, Turn
from facevec.types.visits import Identification, Sighting, Visit, VisitsKept
