"""Every setting, by section. What stands in these models is all there is: `template` prints it."""

from __future__ import annotations

from facevec.config.audit import AuditSettings
from facevec.config.consent import ConsentSettings, PrivacySettings, VisitSettings
from facevec.config.kinds import Section
from facevec.config.master import KeysSettings
from facevec.config.people import ApprovalsSettings, ReviewSettings
from facevec.config.recognition import (
    EmotionSettings,
    EnrolmentSettings,
    MatchSettings,
    ProbeSettings,
    VisionSettings,
)
from facevec.config.service import (
    GallerySettings,
    IndexSettings,
    IntegritySettings,
    LoggingSettings,
    RegistrySettings,
    ServerSettings,
)
from facevec.decision.resolve import EnrolmentOverrides, MatchOverrides
from facevec.types import Deed


class Settings(Section):
    """Every setting, by section."""

    vision: VisionSettings = VisionSettings()
    match: MatchSettings = MatchSettings()
    probe: ProbeSettings = ProbeSettings()
    enrolment: EnrolmentSettings = EnrolmentSettings()
    emotion: EmotionSettings = EmotionSettings()
    consent: ConsentSettings = ConsentSettings()
    visits: VisitSettings = VisitSettings()
    privacy: PrivacySettings = PrivacySettings()
    approvals: ApprovalsSettings = ApprovalsSettings()
    review: ReviewSettings = ReviewSettings()
    registry: RegistrySettings = RegistrySettings()
    gallery: GallerySettings = GallerySettings()
    index: IndexSettings = IndexSettings()
    integrity: IntegritySettings = IntegritySettings()
    keys: KeysSettings = KeysSettings()
    audit: AuditSettings = AuditSettings()
    server: ServerSettings = ServerSettings()
    logging: LoggingSettings = LoggingSettings()

    @property
    def emotion_consented_only(self) -> bool:
        """Whether expressions are read of nobody but those who agreed to it."""
        return self.emotion.consented_only or self.consent.required

    @property
    def deeds_of_two(self) -> frozenset[Deed]:
        """What takes two people; where anything does, making a key too, or one person makes the second's."""
        changing: tuple[Deed, ...] = ("remove", "rename", "reseed", "empty", "withdraw")
        named = (*self.approvals.required, *(changing if self.enrolment.second_approver else ()))
        return frozenset((*named, "key") if named else ())

    def match_overrides(self) -> MatchOverrides:
        """What the operator set of what decides a recognition or a verification."""
        return self.match.overrides(self.probe.gate())

    def enrolment_overrides(self) -> EnrolmentOverrides:
        """What the operator set of what decides an enrolment."""
        return self.enrolment.overrides()


def sections() -> dict[str, type[Section]]:
    """Every section by its name, in the order of the file."""
    return {name: type(section) for name, section in Settings()}


def keys() -> tuple[str, ...]:
    """Every setting as `section.key`, in the order of the file."""
    return tuple(f"{name}.{key}" for name, section in sections().items() for key in section.model_fields)


def value(settings: Settings, key: str) -> object:
    """The value of a dotted key."""
    section, name = key.split(".")
    setting: object = getattr(getattr(settings, section), name)
    return setting
