"""That a run of the command line stands in the audit trail: who ran it, about whom, and how it ended."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from facevec.cli.session import Session
from facevec.errors import FacevecError

if TYPE_CHECKING:
    from facevec.bootstrap import App

OF_PEOPLE = frozenset(
    {"approvals", "audit", "calibrate", "consent", "erasure", "evaluate", "explain", "integrity", "key"}
    | {"keys", "recognize", "review", "verify", "visits", "worker"}
)
"""Commands that are recorded although they may change nothing."""


def record_at_end(app: App) -> None:
    """See that what this run does is recorded, once, if it is about people or changes something.

    Raises AuditUnavailable where that is not possible, and the settings want nothing done then.
    """
    context = click.get_current_context()
    session = context.ensure_object(Session)
    if not session.recorded and (session.deed or _words(context)[0] in OF_PEOPLE):
        session.recorded = True
        app.audit.require()
        context.call_on_close(partial(_record, app, context))


def noted(*worker_ids: int, **detail: object) -> None:
    """Whom this run is about and what there is to say."""
    session = click.get_current_context().ensure_object(Session)
    session.worker_ids.update(worker_ids)
    session.detail.update(detail)


def recorded_itself() -> None:
    """What this run does is in the trail already; only an error with which it ends is to be told."""
    click.get_current_context().ensure_object(Session).recorded_itself = True


def _record(app: App, context: click.Context) -> None:
    """What the command did, by the error with which it ends."""
    from facevec.cli.users import this_user
    from facevec.types import AuditEvent

    session = context.ensure_object(Session)
    outcome = _outcome(sys.exc_info()[1])
    if session.recorded_itself and outcome == "ok":
        return
    flags = sorted(session.flags)
    detail = {**session.detail, **({"flags": flags} if flags else {})}
    app.audit.record(
        AuditEvent(
            what=" ".join(_words(context)),
            by=this_user(),
            outcome=outcome,
            worker_ids=tuple(sorted(session.worker_ids)),
            detail=detail,
        )
    )


def _words(context: click.Context) -> list[str]:
    """The command as it is called, without the program."""
    above = context.parent
    return [] if above is None else [*_words(above), context.info_name or ""]


def _outcome(error: BaseException | None) -> str:
    if error is None:
        return "ok"
    if isinstance(error, click.exceptions.Exit):
        return "ok" if error.exit_code == 0 else f"exit_{error.exit_code}"
    return error.code if isinstance(error, FacevecError) else "stopped"
