"""What both papers of `facevec rights` say of the installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.dates import day_in_words
from facevec.presentation.dossier import Section

if TYPE_CHECKING:
    from facevec.bootstrap import App


def on(setting: bool) -> str:
    """How a switch stands."""
    return "on" if setting else "off"


def days(count: int | None) -> str:
    """So many days, or none that are set."""
    return "not set: for ever" if count is None else f"{count} days"


NOT_ENCRYPTED = "not by facevec; see to the disk"


def encryption(facevec: App) -> str:
    """How much of faces, names and texts is encrypted, as `facevec doctor` sees it."""
    from facevec.cli.checks import careful
    from facevec.cli.encryption import encrypted

    return careful("encryption", encrypted, facevec.loaded).text


def security(facevec: App, encryption: str) -> Section:
    """What `facevec doctor --security` sees now. encryption: as the function of that name says it."""
    from facevec.cli.checks import careful
    from facevec.cli.security import CHECKS

    words = {"ok": "in order", "warn": "to be looked at", "fail": "NOT IN ORDER"}
    checks = [careful(name, look, facevec.loaded) for name, look in CHECKS.items()]
    rows = [(one.name, words[one.level], one.text) for one in checks]
    return Section(
        "Security measures",
        ("As `facevec doctor --security` sees them now.",),
        ("measure", "state", "what was seen"),
        [("encryption", "as it is", encryption), *rows],
    )


def recipients(facevec: App) -> Section:
    """Who may use the service, and what for."""
    now = facevec.clock()
    rows = [
        (
            f"key {key.id}, {key.name}",
            " ".join(key.scopes),
            day_in_words(key.expires_at) if key.expires_at else "no end",
        )
        for key in facevec.keys.list()
        if key.valid_at(now)
    ]
    if facevec.settings.server.local_key_counts:
        rows.append(("this machine's own user", "recognize scores enrol", "as long as its file is there"))
    rows.append(("whoever may run `facevec` as its user", "everything", ""))
    return Section(
        "Recipients",
        ("Keys of the service that are valid now, and what each may do (docs/api.md).",),
        ("who", "may", "until"),
        rows,
    )
