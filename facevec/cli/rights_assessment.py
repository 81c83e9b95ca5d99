"""The data protection impact assessment: Article 35(7) of the GDPR, point by point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.cli.rights_facts import days, encryption, on, recipients, security
from facevec.dates import day_in_words, in_words
from facevec.presentation.dossier import TO_FILL_IN, Dossier, Section

if TYPE_CHECKING:
    from facevec.bootstrap import App
    from facevec.types import Calibration, Estimate


def impact_assessment(facevec: App) -> Dossier:
    """As far as it can be written from here."""
    encrypted = encryption(facevec)  # which looks at everything that is kept
    return Dossier(
        "Data protection impact assessment: recognising faces with facevec",
        (
            f"Begun on {in_words(facevec.clock())} from what the installation at {facevec.loaded.home} does. "
            "`facevec rights record` has purposes, data and periods. It is no legal advice.",
        ),
        (
            _description(facevec),
            _decisions(facevec),
            _proportionality(facevec),
            _risks(facevec, encrypted),
            recipients(facevec),
            security(facevec, encrypted),
            Section(
                "Opinions and decision",
                (),
                ("", ""),
                [
                    ("data protection officer (35(2))", TO_FILL_IN),
                    ("those concerned, or their representatives (35(9))", TO_FILL_IN),
                    ("what risk is left, and who takes it", TO_FILL_IN),
                    ("whether the authority is to be asked (36)", TO_FILL_IN),
                    ("when this is looked at again (35(11))", TO_FILL_IN),
                ],
            ),
        ),
    )


def _description(facevec: App) -> Section:
    counts, state = facevec.kept.consent_counts(), facevec.registry.state()
    rows = [
        ("purposes, places, cameras, who looks at it", TO_FILL_IN),
        (
            "workers who are enrolled",
            f"{counts.workers}, {counts.without} of them without a consent",
        ),
        ("model", state.model or "none yet"),
        ("what searches", facevec.settings.gallery.engine),
        ("what follows when somebody is recognised", f"{TO_FILL_IN} facevec itself does nothing but answer"),
    ]
    return Section("Description (35(7)(a))", (), ("", ""), rows)


def _decisions(facevec: App) -> Section:
    """What decides, and how often it is wrong as far as that was measured here."""
    standing = facevec.standing()
    if standing is None:
        return Section("What decides", ("Nobody is enrolled yet; write this anew once somebody is.",))
    point = standing.point
    rows = [
        (
            "largest distance that names",
            f"{point.match_threshold.value:.3f}",
            point.match_threshold.origin.value,
        ),
        ("smallest margin to the next", f"{point.min_margin.value:.3f}", point.min_margin.origin.value),
        ("largest distance 1:1", f"{point.verify_threshold.value:.3f}", point.verify_threshold.origin.value),
    ]
    if point.target_fpir is not None:
        target = point.target_fpir
        rows.append(("strangers who may be named, aimed at", f"{target.value:.2%}", target.origin.value))
    rows += (
        _measured(standing.newest)
        if standing.newest
        else [("error rates", "not measured here", "facevec calibrate, facevec evaluate")]
    )
    caveats = (standing.outdated, *standing.caveats)
    return Section(
        "What decides, and how often it is wrong",
        tuple(caveat for caveat in caveats if caveat),
        ("what", "value", "from"),
        rows,
    )


def _measured(calibration: Calibration) -> list[tuple[str, str, str]]:
    source = f"calibration of {day_in_words(calibration.created_at)}, by {calibration.source}"
    searches = f"{calibration.non_mated_searches} searches of {calibration.non_mated_people} people"
    rows = [("strangers who were named", f"{_rate(calibration.fpir)} in {searches}", source)]
    if calibration.fnir is not None:
        mated = f"{_rate(calibration.fnir)} in {calibration.mated_searches} searches"
        rows.append(("workers who were not", mated, source))
    return rows


def _rate(estimate: Estimate) -> str:
    return f"{estimate.value:.2%} ({estimate.low:.2%} to {estimate.high:.2%})"


def _proportionality(facevec: App) -> Section:
    settings = facevec.settings
    rows = [
        ("is there a way without biometrics", TO_FILL_IN),
        ("ground and exception (6, 9)", f"{TO_FILL_IN} consent.required is {on(settings.consent.required)}"),
        ("is consent free: is there another way in, without a drawback", TO_FILL_IN),
        ("what people are told, and how (13)", TO_FILL_IN),
        ("only what is needed (5(1)(c))", f"photos kept: {on(settings.enrolment.keep_photos)}"),
        ("no longer than needed (5(1)(e))", f"template_days: {days(settings.consent.template_days)}"),
        (
            "when people are seen (5(1)(c), (e))",
            f"visits.keep: {on(settings.visits.keep)}, {settings.visits.days} days",
        ),
        ("access and a copy (15, 20)", "facevec worker export"),
        ("erasure (17)", "facevec worker remove, with a receipt; backups and disks as it says"),
        ("a person decides (22)", f"{_confirming(facevec)}; {TO_FILL_IN} who confirms"),
    ]
    return Section("Necessity and proportionality (35(7)(b))", (), ("question", "answer"), rows)


def _confirming(facevec: App) -> str:
    review = facevec.settings.review
    return f"{review.persons} confirm (review.persons)" if review.confirm else "review.confirm is off"


def _risks(facevec: App, encrypted: str) -> Section:
    settings = facevec.settings
    is_calibrated = facevec.calibrations.latest() is not None
    is_anchored = bool(settings.audit.anchor_file or settings.audit.anchor_command)
    second = f"the last: {', '.join(sorted(settings.deeds_of_two)) or 'off'}"
    measures = [
        ("somebody else is named", "threshold, margin, ambiguous answers", _measured_here(is_calibrated)),
        ("a worker is not recognised", "quality is told; several photos", f"{TO_FILL_IN} another way in"),
        ("it is wrong more often for some groups", "facevec evaluate --groups", f"{TO_FILL_IN} its result"),
        ("people are read who never agreed", "consent.required", on(settings.consent.required)),
        ("expressions are used against people", "emotion.enabled = false", on(not settings.emotion.enabled)),
        ("templates or photos are stolen", "encryption of both", encrypted),
        ("somebody passes for another", "sealed faces, waiting, approvals.required", second),
        ("workers are watched", "visits.keep = false; of who agreed alone", on(not settings.visits.keep)),
        ("use grows beyond its purpose", "keys with scopes, purposes of consents", "as under recipients"),
        ("nobody can tell who looked at whom", "audit.enabled", on(settings.audit.enabled)),
        ("what is recorded is changed afterwards", "an anchor of the audit trail", on(is_anchored)),
        ("data are kept for ever", "consent.template_days", days(settings.consent.template_days)),
        ("somebody who was removed comes back", "ledger of removals, receipts", "on"),
    ]
    rows = [(risk, measure, state, TO_FILL_IN) for risk, measure, state in measures]
    return Section(
        "Risks and measures (35(7)(c), (d))",
        (),
        ("risk", "measure", "state", "how likely and grave it is with it"),
        rows,
    )


def _measured_here(is_calibrated: bool) -> str:
    return "measured here, see above" if is_calibrated else "NOT MEASURED HERE: facevec calibrate"
