"""What takes two people: as what each deed is asked for, so that the same is the same wherever it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from facevec.dates import in_words
from facevec.decision.consent import ends_sooner
from facevec.decision.persons import scope_of
from facevec.errors import ApprovalNeeded, ApprovalRefused
from facevec.ports import Approvals
from facevec.types import Approval, Asking, Calibration, Consent, Deed, LedgerEntry, Scope

JUST_NOW = timedelta(hours=24)
"""A consent that was given within so long is asked for as one that is given now: two people cannot say the
same moment."""


@dataclass(frozen=True, slots=True)
class ApprovalDesk:
    """What asking takes. required: the deeds that take two people here."""

    approvals: Approvals
    required: frozenset[Deed]

    def ask(self, asking: Asking, by: str) -> Approval | None:
        """The approval under which it may be done, or the asking that waits; None where it takes one person.

        An approval is used up, whatever becomes of the deed. Raises WorkerNotFound, ApprovalInvalid.
        """
        deed = self._deed(asking)
        return None if deed is None else self.approvals.ask(deed, asking, by)

    def takes_two(self, asking: Asking) -> bool:
        """Whether it takes two people here."""
        return self._deed(asking) is not None

    def _deed(self, asking: Asking) -> Deed | None:
        return next((deed for deed in asking.deeds if deed in self.required), None)


def require_approved(approval: Approval | None) -> None:
    """Raises ApprovalNeeded for an asking that waits, ApprovalRefused for one that somebody said no to."""
    if approval is None or approval.state == "approved":
        return
    ends = in_words(approval.ends_at)
    if approval.state == "refused":
        raise ApprovalRefused(
            f"{approval.decided_by} refused it (approval {approval.id}); it can be asked for again at "
            f"{ends}, or once you withdraw it."
        )
    way = (
        f"approves it (`facevec approvals approve {approval.id}`), then do it again; or they do the same"
        if approval.whole
        else "does the same"
    )
    raise ApprovalNeeded(
        f"This takes two people (approvals.required): your asking is noted as approval {approval.id}. "
        f"Somebody else with the scope {scope_of(approval.deed)} {way}, until {ends}."
    )


def as_noted(approval: Approval) -> dict[str, object]:
    """What the audit trail is told of it."""
    said = {"id": approval.id, "deed": approval.deed, "state": approval.state, "asked_by": approval.asked_by}
    decided = {} if approval.decided_by is None else {"decided_by": approval.decided_by}
    return {"approval": {**said, **decided}}


def removal(worker_id: int) -> Asking:
    """Removing a worker."""
    return Asking(("remove",), worker_id)


def withdrawal(worker_id: int) -> Asking:
    """Withdrawing a worker's consent, which destroys what they are told by."""
    return Asking(("withdraw",), worker_id)


def renaming(worker_id: int, name: str) -> Asking:
    """Calling a worker otherwise."""
    return Asking(("rename",), worker_id, hidden=(name,))


def emptying(worker_id: int, photo_id: int) -> Asking:
    """Removing a photo that says who a worker is."""
    return Asking(("empty",), worker_id, {"photo": str(photo_id)})


def more_photos(
    worker_id: int, photos: Iterable[bytes], *, distinct_from: Iterable[int], reseed: bool
) -> Asking:
    """Adding photos that say anew who a worker is, or by word of somebody that they are no look-alike."""
    others = _numbers(distinct_from)
    deeds: tuple[Deed, ...] = (*(("reseed",) if reseed else ()), *(("distinct",) if others else ()))
    shown = {"distinct_from": others} if others else {}
    return Asking(deeds, worker_id, shown, _hashes(photos) if deeds else ())


def enrolment(
    name: str,
    external_id: str | None,
    photos: Iterable[bytes],
    *,
    consent: Consent | None,
    distinct_from: Iterable[int],
    now: datetime,
) -> Asking:
    """Enrolling somebody with a consent, or by word of somebody that they are no look-alike."""
    others = _numbers(distinct_from)
    deeds: tuple[Deed, ...] = (*(("consent",) if consent else ()), *(("distinct",) if others else ()))
    said = {**(_agreed(consent, now) if consent else {}), **({"distinct_from": others} if others else {})}
    return Asking(deeds, None, said, (name, external_id or "", *_hashes(photos)) if deeds else ())


def enrolments(people: Sequence[str], photos: Iterable[bytes], consent: Consent, *, now: datetime) -> Asking:
    """Enrolling people of these names with one consent."""
    shown = {**_agreed(consent, now), "people": str(len(people))}
    return Asking(("consent",), None, shown, (*people, *_hashes(photos)))


def importing(archive_sha256: str) -> Asking:
    """Enrolling the workers of an archive, with what they agreed to and who was decided to be two people."""
    return Asking(("consent", "distinct"), None, {}, (archive_sha256,))


def consenting(worker_id: int, consent: Consent, newest: LedgerEntry | None, now: datetime) -> Asking:
    """Recording what a worker agreed to; where that ends what stands, it takes what withdrawing does.

    newest: what the ledger says last of the worker.
    """
    ends: tuple[Deed, ...] = ("withdraw",) if ends_sooner(consent, newest, now) else ()
    return Asking((*ends, "consent"), worker_id, _agreed(consent, now))


def exporting(what: str, workers: Sequence[int] | None, *, encrypted: bool, **limits: str) -> Asking:
    """Writing out what is kept of workers, or of all of them."""
    whom = "all" if workers is None else _numbers(workers)
    only = workers[0] if what == "workers" and workers is not None and len(workers) == 1 else None
    shown = {"what": what, "workers": whom, "encrypted": "yes" if encrypted else "no", **limits}
    return Asking(("export",), only, shown)


def calibrating(calibration: Calibration) -> Asking:
    """Putting another threshold in force."""
    shown = {
        "match_threshold": f"{calibration.match_threshold:.4f}",
        "min_margin": f"{calibration.min_margin:.4f}",
        "target_fpir": f"{calibration.target_fpir:g}",
        "contract": calibration.contract[:12],
    }
    return Asking(("threshold",), None, shown)


def making_a_key(name: str, scopes: Sequence[Scope], expires_at: datetime | None) -> Asking:
    """Making a key of the service."""
    scoped = " ".join(sorted(set(scopes)))
    return Asking(("key",), None, {"name": name, "scopes": scoped, "ends": _day(expires_at)})


def _agreed(consent: Consent, now: datetime) -> dict[str, str]:
    purposes = [name for name in ("emotion", "photos", "visits") if getattr(consent, name)]
    agreed_at = "now" if abs(now - consent.given_at) <= JUST_NOW else consent.given_at.isoformat()
    ends, also = _day(consent.expires_at), " ".join(purposes)
    return {"text": consent.text_version, "given": agreed_at, "ends": ends, "also": also}


def _day(ends_at: datetime | None) -> str:
    """The day of an end: two people who say "in 90 days" do not say the same moment."""
    return "never" if ends_at is None else ends_at.date().isoformat()


def _hashes(photos: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(sorted(sha256(photo).hexdigest() for photo in photos))


def _numbers(ids: Iterable[int]) -> str:
    return " ".join(map(str, sorted(ids)))
