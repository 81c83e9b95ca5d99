"""The papers that a law asks for say what is so."""

from __future__ import annotations

import json
from pathlib import Path

from facevec.outcomes import OUTCOMES
from facevec.presentation.dossier import TO_FILL_IN


def test_a_record_of_processing_says_what_is_switched_on_and_who_may_what(
    run, people: Path, tmp_path: Path
) -> None:
    assert run("worker", "import", people).exit_code == 0
    run("key", "create", "door | <b>", "--scope", "recognize")
    out = tmp_path / "record.md"
    said = run("rights", "record", "--out", out)
    assert said.exit_code == 0, said.stderr
    text = out.read_text()
    assert "| workers who are enrolled | 2 |" in text
    assert "| of them without a recorded consent | 2 |" in text
    assert "door \\| &lt;b> | recognize | no end |" in text
    assert "photos and templates by their age | not set: for ever (consent.template_days) |" in text
    assert f"| data protection officer | {TO_FILL_IN} |" in text
    assert not any(name in text for name in ("Ada", "Lovelace", "Bob"))
    stricter = (
        "emotion.enabled=false",
        "consent.template_days=1095",
        "consent.required=true",
        "audit.days=400",
    )
    flags = [word for setting in stricter for word in ("--set", setting)]
    assert run(*flags, "rights", "record", "--out", out).exit_code == 0
    text = out.read_text()
    assert "| reading expressions | off |" in text
    assert "A recorded consent is required" in text
    assert "1095 days (consent.template_days)" in text
    assert "400 days (audit.days)" in text


def test_an_assessment_says_what_decides_and_that_it_was_not_measured(
    run, people: Path, tmp_path: Path
) -> None:
    out = tmp_path / "assessment.md"
    assert run("rights", "assessment", "--out", out).exit_code == 0
    assert "Nobody is enrolled yet" in out.read_text()
    run("worker", "import", people)
    page = tmp_path / "assessment.html"
    answer = json.loads(run("rights", "assessment", "--out", page, "--json").stdout)
    run("rights", "assessment", "--out", out)
    text = out.read_text()
    assert answer == {"file": str(page), "to_be_filled_in": text.count(TO_FILL_IN)}
    assert page.read_text().count(TO_FILL_IN) == text.count(TO_FILL_IN)
    assert "| error rates | not measured here |" in text
    assert "NOT MEASURED HERE" in text
    assert "| people are read who never agreed | consent.required | off |" in text


def test_another_kind_of_file_is_refused(run, tmp_path: Path) -> None:
    refused = run("rights", "record", "--out", tmp_path / "record.docx")
    assert refused.exit_code == OUTCOMES["input_invalid"].exit_code
    assert not (tmp_path / "record.docx").exists()
