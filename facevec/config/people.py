"""Settings of what takes more than one person."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from facevec.config.kinds import Section, split
from facevec.types import Deed

Deeds = Annotated[
    tuple[Deed, ...],
    BeforeValidator(split),
    AfterValidator(lambda deeds: tuple(deed for deed in get_args(Deed) if deed in deeds)),
]
"""Each once, in one order."""


class ApprovalsSettings(Section):
    """What takes two people (docs/two-people.md): one asks for it, somebody else has a day to approve it.

    It holds in the API and on the command line; who owns the files of facevec can change this, which the
    audit trail shows.
    """

    required: Deeds = Field(
        default=(),
        description="Which of these take two: remove (a worker), rename, reseed, empty (removing photos that "
        "say who somebody is), withdraw (a consent), distinct (saying that look-alikes are two), consent "
        "(recording one for somebody), export (workers or the audit trail), threshold (calibrating), key "
        "(making one). Where any of them does, key does: who makes keys alone is two.",
    )


class ReviewSettings(Section):
    """Whether people confirm who was recognised before it counts (docs/two-people.md).

    Until then an answer names nobody, but says who it may be under a review. `/verify` is not concerned: who
    says who they are is not searched for.
    """

    confirm: bool = Field(
        default=False,
        description="true has each identification wait for somebody with the scope review.",
    )
    persons: Literal[1, 2] = Field(
        default=1,
        description="How many people have to confirm it. Article 14(5) of the EU AI Act asks for two, apart "
        "from each other, of systems that identify people from afar; its exceptions are for you to know.",
    )
    minutes: int = Field(
        default=60,
        ge=1,
        le=10_080,
        description="So long they have; then nobody was identified, and the nightly job forgets it.",
    )
