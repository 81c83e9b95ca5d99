"""The values that travel through facevec. All are frozen; arrays in them are read-only by agreement."""

from facevec.types.arrays import EMBEDDING_DIMENSION, Pixels, Probabilities, Vectors
from facevec.types.decisions import (
    Calibration,
    Decision,
    Distances,
    EnrolmentRules,
    Match,
    RecognisedImage,
    Recognition,
    Status,
    Thresholds,
    Verification,
)
from facevec.types.galleries import Candidate, Generation, RegistryState, Snapshot, Templates
from facevec.types.keys import ApiKey, Scope
from facevec.types.people import (
    Consent,
    Enrolment,
    NewPhoto,
    Photo,
    PhotoSource,
    Refusal,
    Worker,
    WorkerStatus,
)
from facevec.types.pictures import (
    EMOTIONS,
    AnalysedFace,
    AnalysedImage,
    Box,
    Emotion,
    Face,
    Image,
    Landmarks,
    Looks,
    Point,
    Quality,
    QualityGate,
)
