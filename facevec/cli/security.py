"""`facevec doctor --security`: what somebody who means harm would look at first."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from facevec.cli.checks import Check, Look, is_new
from facevec.cli.files import named
from facevec.files import OTHERS_USE, allows

if TYPE_CHECKING:
    from facevec.config import Loaded


def permissions(loaded: Loaded) -> Check:
    """Who else on this machine reads what is personal, or changes what decides."""
    from facevec.cli.permissions import in_words, too_open

    open_paths = list(too_open(loaded))
    if not open_paths:
        return Check("permissions", "ok", "Nobody else reads database and index, or changes the models.")
    worst = [may_change for _, may_change in open_paths]
    path, may_change = open_paths[worst.index(max(worst))]
    more = f" So it is with {len(open_paths) - 1} more." if len(open_paths) > 1 else ""
    return Check("permissions", "fail" if may_change else "warn", in_words(path, may_change) + more)


def marks_hold(loaded: Loaded) -> Check:
    """Hold every row that decides against the integrity key."""
    from facevec.cli.common import build
    from facevec.registry import marks
    from facevec.registry.engine import reading

    if is_new(loaded):
        return Check("integrity", "ok", "Nothing to hold against the integrity key yet.")
    with reading(build(loaded).engine) as connection:
        tables = tuple(marks.survey(connection))
    rows = sum(table.count for table in tables)
    faults = [f"{table.table}: {row}" for table in tables for row in table.refused]
    if faults:
        first = "; ".join(faults[: marks.LISTED])
        return Check(
            "integrity",
            "fail",
            f"{len(faults)} of {rows} rows were not written under the key {loaded.integrity_key_file}, "
            f"and are left out: {first}. `facevec integrity check` lists all.",
        )
    return Check("integrity", "ok", f"{rows} rows, each written under {loaded.integrity_key_file}")


def _key_file(loaded: Loaded) -> Check:
    """The integrity key is apart from what it vouches for, and its owner's."""
    from facevec.integrity import key_at
    from facevec.registry.address import sqlite_file

    path = loaded.integrity_key_file.resolve()
    key_at(path)
    if allows(path.stat().st_mode, OTHERS_USE):
        return Check("key_file", "fail", f"Others may use {named(path)}; run `chmod 600` on it.")
    file = sqlite_file(loaded.registry_url)
    beside = [loaded.home, loaded.index_folder, loaded.models, *([file.parent] if file else [])]
    if any(folder.resolve() in path.parents for folder in beside):
        return Check(
            "key_file",
            "fail",
            f"{named(path)} lies beside what it vouches for, and in its backups; move it and set "
            "integrity.key_file.",
        )
    return Check("key_file", "ok", f"{named(path)}, for its owner only; keep a copy apart from the backups.")


def _keys(loaded: Loaded) -> Check:
    """Keys that open more, or longer, than need be."""
    from facevec.cli.common import build

    if is_new(loaded):
        return Check("keys", "ok", "None yet.")
    now = datetime.now(timezone.utc)
    valid = [key for key in build(loaded).keys.list() if key.valid_at(now)]
    endless = [key.id for key in valid if key.expires_at is None]
    admins = sum(key.may("admin") for key in valid)
    counted = f"{len(valid)} keys open something, {admins} of them everything."
    if endless:
        return Check(
            "keys",
            "warn",
            f"{counted} Without an end: {', '.join(endless)}; make new ones with --expires and revoke these.",
        )
    return Check("keys", "ok", counted)


def _transport(loaded: Loaded) -> Check:
    """Whether keys and faces travel where others can read them."""
    server = loaded.settings.server
    if server.public_url and not server.public_url.startswith("https:"):
        return Check(
            "transport", "fail", f"{server.public_url} is no https: keys and faces travel in clear text."
        )
    if server.certificate:
        return Check("transport", "ok", "The service speaks TLS.")
    if not server.listens_to_this_machine_only:
        return Check(
            "transport",
            "warn",
            f"The service listens on {server.host}; whatever reaches it there without a proxy that speaks "
            "TLS comes in clear text. Listen on 127.0.0.1 behind one.",
        )
    return Check("transport", "ok", "Only this machine, or a proxy on it, reaches the service.")


def _database(loaded: Loaded) -> Check:
    """Whether the way to the database is as safe as its file would be."""
    url = loaded.registry_url
    if url.get_backend_name() != "postgresql":
        return Check("database", "ok", "A file of its owner's; `permissions` looks at it.")
    if url.query.get("sslmode") not in ("verify-full", "verify-ca") and url.host not in (None, "localhost"):
        return Check(
            "database",
            "warn",
            "PostgreSQL on another machine is not asked who it is; add ?sslmode=verify-full to registry.url.",
        )
    return Check("database", "ok", "PostgreSQL; who may log in there is its own affair.")


def _process(loaded: Loaded) -> Check:
    """What a crash, or another program of the same user, gets hold of."""
    if loaded.settings.server.core_dumps:
        return Check("process", "fail", "server.core_dumps is on: a crash leaves keys and templates behind.")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Check("process", "warn", "facevec runs as root; give it a user of its own.")
    return Check("process", "ok", "No core dumps, and not root.")


def _weights(loaded: Loaded) -> Check:
    """Whether the weights are those that facevec knows."""
    from facevec.cli.common import build

    if loaded.settings.vision.any_weights:
        return Check("weights", "warn", "vision.any_weights is on: whoever made them decides who is who.")
    store = build(loaded).models
    here = [entry for entry in store.status() if entry.path and not entry.model.ships_with_package]
    for entry in here:
        store.verify(entry.model.name)
    unknown = [entry.model.name for entry in here if entry.model.stored_sha256 is None]
    if unknown:
        return Check(
            "weights",
            "warn",
            f"{', '.join(unknown)}: as recorded when it came; no hash is published to hold it against.",
        )
    return Check("weights", "ok", "Those that facevec knows by their hash.")


def _photos(loaded: Loaded) -> Check:
    """What is kept of people beyond what recognition needs."""
    if loaded.settings.enrolment.keep_photos:
        return Check("photos", "warn", "enrolment.keep_photos is on: the database holds pictures.")
    return Check("photos", "ok", "No pictures are kept.")


def _audit(loaded: Loaded) -> Check:
    """Whether what is done is recorded, and the record is as facevec wrote it."""
    from facevec.audit.verify import verify
    from facevec.integrity import key_at

    settings, folder = loaded.settings.audit, loaded.audit_folder
    if not settings.enabled:
        return Check("audit", "warn", "audit.enabled is off: nobody can tell who looked at or changed whom.")
    if not folder.exists():
        return Check("audit", "ok", "Nothing is recorded yet.")
    count, findings = verify(folder, key_at(loaded.integrity_key_file))
    faults = [one for one in findings if one.is_fault]
    if faults:
        return Check("audit", "fail", f"Segment {faults[0].segment}: {faults[0].sentence}")
    is_anchored = settings.anchor_file is not None or settings.anchor_command is not None
    anchor = "" if is_anchored else " No anchor is told of them: set audit.anchor_file to one elsewhere."
    return Check("audit", "ok", f"{count} records, each after the one before.{anchor}")


CHECKS: Mapping[str, Look] = {
    "permissions": permissions,
    "key_file": _key_file,
    "integrity": marks_hold,
    "keys": _keys,
    "transport": _transport,
    "database": _database,
    "process": _process,
    "weights": _weights,
    "photos": _photos,
    "audit": _audit,
}
"""In the order in which they are made."""
