"""Settings of what people agree to."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from facevec.config.kinds import AbsentIfEmpty, Section
from facevec.decision.consent import ConsentPolicy, Retention


class ConsentSettings(Section):
    """What people have to agree to, and how long what they agreed to may be kept (docs/privacy.md).

    The nightly job destroys what may not be kept any more.
    """

    required: bool = Field(
        default=False,
        description="true enrols and recognises nobody of whom no consent in force is recorded, and reads no "
        "expressions but of those who agreed to that. false leaves it to you on which ground people are "
        "recognised who agreed to nothing: `facevec doctor` and the status page count them.",
    )
    backdating: int = Field(
        default=30,
        ge=0,
        le=36_500,
        description="How many days ago a consent that is recorded now may have been given, such as one on "
        "paper; 0 is today's only.",
    )
    grace_days: int = Field(
        default=30,
        ge=0,
        le=36_500,
        description="So many days after a consent has ended the faces of who gave it are kept, searched by "
        "nobody, for it may be renewed; then they are destroyed. A consent that is withdrawn has no grace.",
    )
    template_days: Annotated[int | None, Field(ge=1, le=36_500), AbsentIfEmpty] = Field(
        default=None,
        examples=[1095],
        description="Enrolment photos, and what was computed from them, are destroyed when they are so many "
        "days old. Not set, they are kept as long as there is a consent or none is required.",
    )

    def policy(self) -> ConsentPolicy:
        """What is demanded of a consent, as a decision takes it."""
        return ConsentPolicy(self.required, timedelta(days=self.backdating))

    def retention(self) -> Retention:
        """How long what is kept may be, as a decision takes it."""
        oldest = None if self.template_days is None else timedelta(days=self.template_days)
        return Retention(timedelta(days=self.grace_days), oldest)


class VisitSettings(Section):
    """A record of when workers were seen who agreed to it, and of nobody else (docs/privacy.md#visits)."""

    keep: bool = Field(
        default=False,
        description="true records when and where the service identified a worker whose consent covers visits "
        "(`--visits`); of anybody else nothing.",
    )
    days: int = Field(
        default=30,
        ge=1,
        le=36_500,
        description="The nightly job destroys visits of days that were over so many days ago.",
    )
    pause: int = Field(
        default=5,
        ge=1,
        le=1440,
        description="Minutes: who is seen again at the same place within so many is still on the same visit.",
    )

    def longest_pause(self) -> timedelta:
        """As a decision takes it."""
        return timedelta(minutes=self.pause)


class PrivacySettings(Section):
    """How what people are called and told by is kept (docs/encryption.md)."""

    encryption: Literal["on", "off"] = Field(
        default="on",
        description="Whether the registry is encrypted that the first enrolment begins: names, templates, "
        "sealed faces, kept photos, visits and texts, each under a key of its own, all of them under the "
        "master key (keys.master). "
        "A registry in use stays as it is: `facevec db encrypt` encrypts it, `facevec db encrypt --undo` has "
        "it in clear again.",
    )
