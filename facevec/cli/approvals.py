"""`facevec approvals`: what takes two people and waits for the second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from facevec.cli.common import Deed, json_option, note, print_json, show
from facevec.cli.reach import facevec

if TYPE_CHECKING:
    from facevec.types import Approval


@click.group()
def approvals() -> None:
    """What takes two people here (approvals.required): look at it, approve or refuse it.

    Whoever does something that takes two is told so, and it is noted for a day. Somebody else
    approves it here, or with a key of their own (--server), or does the same; then it is done
    again. On this machine users of the system are people; who owns the files of facevec can go
    round it.
    """


@approvals.command("list")
@json_option
def list_approvals(as_json: bool) -> None:
    """List what waits, and what was decided and not yet done."""
    from facevec.presentation.answers.approvals import ApprovalAnswer, ApprovalsAnswer
    from facevec.presentation.tables import approvals_table

    listed = facevec().approvals()
    if as_json:
        print_json(ApprovalsAnswer(approvals=tuple(map(ApprovalAnswer.of, listed))))
    elif listed:
        show(approvals_table(listed))
    else:
        note("Nothing waits for a second person.")


@approvals.command(cls=Deed)
@click.argument("approval_id", metavar="ID", type=int)
@json_option
def approve(approval_id: int, as_json: bool) -> None:
    """Approve what somebody else asked for; they do it again then, once."""
    _report(facevec().decide_approval(approval_id, approved=True), as_json=as_json)


@approvals.command(cls=Deed)
@click.argument("approval_id", metavar="ID", type=int)
@json_option
def refuse(approval_id: int, as_json: bool) -> None:
    """Refuse what somebody else asked for."""
    _report(facevec().decide_approval(approval_id, approved=False), as_json=as_json)


@approvals.command(cls=Deed)
@click.argument("approval_id", metavar="ID", type=int)
@json_option
def withdraw(approval_id: int, as_json: bool) -> None:
    """Take back what you asked for."""
    from facevec.presentation.answers.approvals import WithdrawnAnswer

    facevec().withdraw_approval(approval_id)
    if as_json:
        print_json(WithdrawnAnswer(withdrawn=approval_id))
    else:
        show(f"Approval {approval_id} is withdrawn.")


def _report(approval: Approval, *, as_json: bool) -> None:
    from facevec.presentation.answers.approvals import ApprovalAnswer
    from facevec.presentation.tables import approvals_table

    if as_json:
        print_json(ApprovalAnswer.of(approval))
    else:
        show(approvals_table([approval]))
