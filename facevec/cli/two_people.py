"""That what takes two people is done on this machine once two asked for it: users of the system, or keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.cli.recorded import noted
from facevec.cli.users import this_user
from facevec.usecases.approvals import as_noted, require_approved

if TYPE_CHECKING:
    from facevec.bootstrap import App
    from facevec.types import Asking


def require_second(app: App, asking: Asking) -> None:
    """Go on where somebody else approved it, or where it takes one person.

    Raises ApprovalNeeded, ApprovalRefused, ApprovalInvalid, WorkerNotFound.
    """
    approval = app.approval_desk.ask(asking, this_user())
    if approval is not None:
        noted(**as_noted(approval))
        require_approved(approval)
