"""Settings that belong together for a place, each with its reason: to be written into the settings file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from facevec.config.loading import Loaded
from facevec.config.settings import value


@dataclass(frozen=True, slots=True)
class Chosen:
    """A setting of a profile: its dotted key, its value, and why."""

    key: str
    value: bool | int | str | tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Profile:
    """about: what it is for, in a sentence. settings: those of a section follow each other."""

    about: str
    settings: tuple[Chosen, ...]

    def differences(self, loaded: Loaded) -> Iterator[Chosen]:
        """The settings that are not in force."""
        return (one for one in self.settings if not _is_so(value(loaded.settings, one.key), one.value))


def _is_so(stands: object, chosen: object) -> bool:
    """Whether a setting is as it was chosen; of a list, whether all that was chosen is in it."""
    if isinstance(stands, tuple) and isinstance(chosen, tuple):
        return {*chosen} <= {*stands}
    return stands == chosen


PROFILES: Mapping[str, Profile] = {
    "eu-workplace": Profile(
        about="Workers in the European Union; see docs/law/ai-act.md and docs/law/gdpr.md.",
        settings=(
            Chosen(
                "emotion.enabled",
                False,
                "Inferring emotions at work is prohibited (AI Act, Article 5(1)(f)); consent does not help.",
            ),
            Chosen(
                "consent.required",
                True,
                "Nobody is recognised without a record of what they agreed to (GDPR, Articles 7 and 9).",
            ),
            Chosen("consent.backdating", 7, "What was agreed is recorded soon after."),
            Chosen("consent.grace_days", 0, "Without a ground nothing is kept (GDPR, Article 17)."),
            Chosen("consent.template_days", 1095, "Nothing is kept for ever (GDPR, Article 5(1)(e))."),
            Chosen("enrolment.keep_photos", False, "Only what is needed is kept (GDPR, Article 5(1)(c))."),
            Chosen(
                "approvals.required",
                ("remove", "rename", "reseed", "empty", "withdraw", "distinct", "export", "threshold"),
                "What changes who somebody is, who is named or who may call takes two people.",
            ),
            Chosen("audit.enabled", True, "Use is recorded (AI Act, Articles 12 and 26(6))."),
            Chosen("audit.when_full", "refuse", "Nobody is identified without a record of it."),
        ),
    ),
}
