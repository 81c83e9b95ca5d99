"""That nobody is turned into somebody else photo by photo: each worker stays who was enrolled first."""

from __future__ import annotations

from facevec.decision.resolve import EnrolmentRules
from facevec.decision.seal import drifted
from facevec.errors import IdentitySealed
from facevec.ports import Guard
from facevec.types import Seal, Vectors

HOW = (
    "whoever runs the service may do it, with the scope admin (`reseed` when photos are added) or on the "
    "command line."
)


def keeping_identity(rules: EnrolmentRules) -> Guard:
    """Lets a worker's photos change only as long as they show who was enrolled first."""

    def guard(seal: Seal | None, templates: Vectors) -> None:
        if not len(templates):
            raise IdentitySealed(f"Without this photo the worker has no face any more; {HOW}")
        if seal is None:
            raise never_sealed()
        if drifted(templates, seal, rules.same_person_threshold.value):
            raise IdentitySealed(
                f"With this change the worker's photos show, all in all, too little of the face that was "
                f"enrolled first; {HOW}"
            )

    return guard


def never_sealed() -> IdentitySealed:
    """The error of photos for somebody of whom no face is known."""
    return IdentitySealed(f"No face of this worker is known with which photos could be compared; {HOW}")


def unlike_sealed() -> IdentitySealed:
    """The error of a photo that shows another face than the sealed one."""
    return IdentitySealed(f"This face is not the one with which the worker was enrolled first; {HOW}")
