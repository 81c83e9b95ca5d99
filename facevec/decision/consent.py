"""What the operator demands of consents, and which may be recorded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from facevec.dates import in_words
from facevec.decision.clocks import SOON
from facevec.errors import ConsentMissing, ConsentRefused, WorkerError
from facevec.types import Consent, LedgerEntry, Worker

ONE_MOMENT = timedelta(milliseconds=1)
"""Consents that differ by less were given at once: of one paper the registry may record one so much newer."""

LASTING = timedelta(days=30)
"""A consent that is over sooner, and sooner than the one that stands, ends that one rather than renew it."""


@dataclass(frozen=True, slots=True)
class ConsentPolicy:
    """required: nobody is enrolled or recognised without one. backdating: how long ago a consent that is
    recorded now may have been given; None is any time."""

    required: bool = False
    backdating: timedelta | None = None

    def require(self, consent: Consent | None, now: datetime) -> None:
        """Raises ConsentMissing and ConsentRefused for what nobody may be enrolled under."""
        if consent is None:
            if self.required:
                raise ConsentMissing(
                    "Nobody is enrolled here without a consent (consent.required); record to which text they "
                    "agreed, with `--consent TEXT_VERSION` (`consent` in the API)."
                )
            return
        if consent.given_at > now + SOON:
            raise ConsentRefused(
                f"A consent that was given at {in_words(consent.given_at)} lies ahead of now, "
                f"{in_words(now)}; record it when it was given."
            )
        ends = consent.expires_at  # one that ends before it began is none, and is told as that
        if ends is not None and consent.given_at < ends <= now:
            raise ConsentRefused(
                f"A consent that ended at {in_words(ends)} allows nothing any more; record one "
                "that lasts, or end the one that stands with `facevec worker consent NAME --withdraw`."
            )
        if self.backdating is not None and consent.given_at < now - self.backdating:
            raise ConsentRefused(
                f"A consent of {in_words(consent.given_at)} is recorded too late: at most "
                f"{self.backdating.days} days after it was given (consent.backdating). Ask for a new one."
            )


ANY_CONSENT = ConsentPolicy()
"""Whatever people agreed to, or not: for trials whose people are forgotten at their end."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what people are told by may be kept. grace: after a consent ended. oldest: of photos and their
    templates; None is any age."""

    grace: timedelta
    oldest: timedelta | None = None


def require_newer(consent: Consent, newest: LedgerEntry | None, now: datetime, *, deliberate: bool) -> None:
    """Raises ConsentRefused for a consent that must not take the place of what the worker said last.

    deliberate: whether who records it may undo a withdrawal, and may end a consent, and means to.
    """
    if not deliberate:
        _require_lasting(consent, newest, now)
    if newest is None:
        return
    if newest.kind == "withdrawn":
        _require_meant(consent, newest, deliberate=deliberate)
    if consent.given_at < newest.given_at - ONE_MOMENT:
        raise ConsentRefused(
            f"A consent of {in_words(consent.given_at)} is older than that of {in_words(newest.given_at)}, "
            "which stands; only a newer one takes its place."
        )


def is_over(consent: Consent, at: datetime) -> bool:
    """Whether it ended by then."""
    return consent.expires_at is not None and consent.expires_at <= at


def ended(consent: Consent, at: datetime) -> Consent:
    """`consent` as it stands when it is over at that moment; one that was over before stays as it is."""
    if is_over(consent, at):
        return consent
    return replace(consent, expires_at=max(at, consent.given_at + timedelta(microseconds=1)))


def may_keep_photos(consent: Consent | None) -> bool:
    """Whether enrolment photos may be kept of who has this consent; of who has none, the operator decides."""
    return consent is None or consent.photos


def refuses_emotion(worker: Worker) -> bool:
    """Whether the worker agreed to something, and not to their expressions being read."""
    return worker.consent is not None and not worker.consent.emotion


def not_recognizable(worker_id: int) -> WorkerError:
    """That no photo joins those of a worker who may not be recognised now, and what to do."""
    return WorkerError(
        f"Worker {worker_id} is inactive, or their consent has ended or was never recorded; record one "
        f"with `facevec worker consent id:{worker_id} TEXT_VERSION`, then add the photos."
    )


def ends_sooner(consent: Consent, newest: LedgerEntry | None, now: datetime) -> bool:
    """Whether `consent` ends what stands rather than renews it; newest: what the worker said last.

    Without a consent people are recognised without an end.
    """
    stands_until = None if newest is None else newest.expires_at
    if consent.expires_at is None or (stands_until is not None and stands_until <= now):
        return False
    sooner = stands_until is None or consent.expires_at < stands_until
    return sooner and consent.expires_at < now + LASTING


def _require_lasting(consent: Consent, newest: LedgerEntry | None, now: datetime) -> None:
    if consent.expires_at is not None and ends_sooner(consent, newest, now):
        raise ConsentRefused(
            f"A consent that ends at {in_words(consent.expires_at)} would end what stands now; record one of "
            f"{LASTING.days} days at least, or end it on the command line (in the API with the scope admin)."
        )


def _require_meant(consent: Consent, newest: LedgerEntry, *, deliberate: bool) -> None:
    when = in_words(newest.recorded_at)
    if not deliberate:
        raise ConsentRefused(
            f"Worker {newest.worker_id} withdrew their consent at {when}; should they have agreed anew, "
            f"record it with `facevec worker consent id:{newest.worker_id} TEXT_VERSION` (in the API with "
            "the scope admin)."
        )
    if consent.given_at < newest.recorded_at:
        raise ConsentRefused(
            f"Worker {newest.worker_id} withdrew their consent at {when}, after that of "
            f"{in_words(consent.given_at)}; only a newer one counts."
        )
