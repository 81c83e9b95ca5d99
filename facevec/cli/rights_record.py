"""The record of processing: Article 30(1) of the GDPR, point by point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.cli.rights_facts import NOT_ENCRYPTED, days, encryption, on, recipients, security
from facevec.dates import in_words
from facevec.presentation.dossier import TO_FILL_IN, Dossier, Section

if TYPE_CHECKING:
    from facevec.bootstrap import App


def processing_record(facevec: App) -> Dossier:
    """As it stands now."""
    return Dossier(
        "Record of processing: recognising faces with facevec",
        (
            f"Written on {in_words(facevec.clock())} from the settings and the registry of the "
            "installation at "
            f"{facevec.loaded.home}; it names no worker. It is no legal advice.",
        ),
        (
            _controller(),
            _purposes(facevec),
            _people(facevec),
            _data(facevec),
            recipients(facevec),
            _transfers(facevec),
            _retention(facevec),
            security(facevec, encryption(facevec)),
        ),
    )


def _controller() -> Section:
    who = ("controller", "joint controllers", "representative in the Union", "data protection officer")
    return Section("Who answers for it", (), ("", ""), [(one, TO_FILL_IN) for one in who])


def _purposes(facevec: App) -> Section:
    settings = facevec.settings
    kept = settings.enrolment.keep_photos
    reads = settings.emotion.enabled
    whose = "those who agreed to it" if settings.emotion_consented_only else "everybody in a picture"
    rows = [
        ("telling which worker is in a picture (1:N)", "on", f"{TO_FILL_IN} what for, and where"),
        ("confirming that somebody is who they say (1:1)", "on", f"{TO_FILL_IN} whether and where"),
        (
            "reading expressions",
            f"on, of {whose}" if reads else "off",
            f"{TO_FILL_IN} on which ground; at work the Union prohibits it" if reads else "",
        ),
        ("keeping enrolment photos", on(kept), f"{TO_FILL_IN} what for" if kept else ""),
        ("records of who did what", on(settings.audit.enabled), "accountability"),
        (
            "a record of when somebody was seen, of those who agreed to it",
            on(settings.visits.keep),
            f"{TO_FILL_IN} what for" if settings.visits.keep else "decisions stand in the audit trail",
        ),
    ]
    ground = f"{TO_FILL_IN} the ground (Article 6) and the exception (Article 9(2))."
    required = "is" if settings.consent.required else "is not"
    return Section(
        "Purposes",
        (f"A recorded consent {required} required (consent.required). {ground}",),
        ("purpose", "state", "remarks"),
        rows,
    )


def _people(facevec: App) -> Section:
    counts = facevec.kept.consent_counts()
    rows = [
        ("workers who are enrolled", str(counts.workers)),
        ("of them without a recorded consent", str(counts.without)),
        ("whoever else is in a picture", "numbers for the moment of a search; nothing is kept"),
    ]
    return Section("Whose data", (), ("who", "how many"), rows)


def _data(facevec: App) -> Section:
    state = facevec.registry.state()
    photos = "with template" if not facevec.settings.enrolment.keep_photos else "with template, and itself"
    stored = "see encryption, below"
    rows = [
        ("name, external id", "registry", stored),
        ("when enrolled", "registry", NOT_ENCRYPTED),
        (f"templates (model {state.model or 'none yet'}), biometric data", "registry", stored),
        ("the same, searched among", "index, memory", "the index as the registry"),
        ("sealed first face, biometric data", "registry", stored),
        (f"enrolment photos: {photos}; size, sharpness and the like, SHA-256", "registry", stored),
        ("texts that were agreed to", "registry", stored),
        ("consents: purposes, from when until when, by whom recorded", "registry", NOT_ENCRYPTED),
        ("visits: when and where somebody was seen", "registry", "all but whose they are and the day"),
        ("who was recognised, looked at or changed, by ids", "audit trail", "not encrypted; under marks"),
    ]
    return Section("Which data", (), ("data", "where", "encrypted"), rows)


def _transfers(facevec: App) -> Section:
    settings = facevec.settings
    url = facevec.loaded.registry_url
    rows = [("database", url.host or "this machine", f"{TO_FILL_IN} in which country" if url.host else "")]
    if settings.gallery.engine == "milvus":
        host = settings.gallery.milvus_url.rpartition("@")[2]
        rows.append(("gallery in Milvus", host, f"{TO_FILL_IN} in which country"))
    if settings.keys.master == "vault":
        rows.append(("keys that are wrapped, no data", settings.keys.vault_url or "", ""))
    if settings.audit.anchor_file or settings.audit.anchor_command:
        rows.append(("how far the audit trail goes, no data of people", "its anchor", ""))
    rows.append(("backups and archives", f"{TO_FILL_IN} where they are kept", ""))
    return Section(
        "Transfers to other countries",
        ("facevec sends nothing anywhere else; it fetches models when told to.",),
        ("what", "where to", ""),
        rows,
    )


def _retention(facevec: App) -> Section:
    settings = facevec.settings
    consent, audit, visits = settings.consent, settings.audit, settings.visits
    rows = [
        ("faces after a consent has ended", f"{consent.grace_days} days (consent.grace_days)"),
        ("faces after a consent was withdrawn", "destroyed at once, with a receipt"),
        ("photos and templates by their age", f"{days(consent.template_days)} (consent.template_days)"),
        ("everything of a worker who is removed", "destroyed at once, with a receipt"),
        ("consents, under a number", "for ever: proof that they were given"),
        ("visits", f"{visits.days} days (visits.days); at once where that consent ends"),
        ("audit trail", f"{days(audit.days)} (audit.days)"),
        ("backups", f"{TO_FILL_IN} how long; a removal does not reach them"),
    ]
    return Section("How long", (), ("data", "until"), rows)
