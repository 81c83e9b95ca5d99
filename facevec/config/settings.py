"""Every setting, by section. What stands in these models is all there is: `template` prints it."""

from __future__ import annotations

from facevec.config.kinds import Section
from facevec.config.recognition import (
    EmotionSettings,
    EnrolmentSettings,
    MatchSettings,
    ProbeSettings,
    VisionSettings,
)
from facevec.config.service import IndexSettings, LoggingSettings, RegistrySettings, ServerSettings
from facevec.types import Distances, Thresholds


class Settings(Section):
    """Every setting, by section."""

    vision: VisionSettings = VisionSettings()
    match: MatchSettings = MatchSettings()
    probe: ProbeSettings = ProbeSettings()
    enrolment: EnrolmentSettings = EnrolmentSettings()
    emotion: EmotionSettings = EmotionSettings()
    registry: RegistrySettings = RegistrySettings()
    index: IndexSettings = IndexSettings()
    server: ServerSettings = ServerSettings()
    logging: LoggingSettings = LoggingSettings()

    def thresholds(self, own: Distances) -> Thresholds:
        """What decides a recognition or a verification; `own` are the distances of the embedding model.

        A match threshold that is set holds as it is for every gallery.
        """
        match = self.match
        return Thresholds(
            match_threshold=match.threshold if match.threshold is not None else own.match,
            min_margin=match.min_margin if match.min_margin is not None else own.margin,
            verify_threshold=match.verify_threshold if match.verify_threshold is not None else own.verify,
            probe_gate=self.probe.gate(),
            match_decline=own.decline if match.threshold is None else 0.0,
            neighbours=own.neighbours,
            neighbours_decline=own.neighbours_decline,
        )


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
