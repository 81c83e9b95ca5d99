"""What takes two people: looking at it, deciding, taking back what one asked for."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

from facevec.decision.persons import scope_of
from facevec.presentation.answers.approvals import ApprovalAnswer, ApprovalsAnswer
from facevec.usecases.accounts import of_approval
from facevec.web import call
from facevec.web.routes import Table, answer
from facevec.web.schemas import NoQuery, WhatSomebodyElseSays
from facevec.web.service import Service

table = Table("Approvals")


@table.add("GET", "/approvals", scope="enrol", answers={200: ApprovalsAnswer})
def list_approvals(service: Service, _parameters: NoQuery) -> Response:
    """What waits for a second person, of that which this key may ask for."""
    listed = [one for one in service.app.approvals.listed() if call.current().may(scope_of(one.deed))]
    return answer(ApprovalsAnswer(approvals=tuple(map(ApprovalAnswer.of, listed))))


@table.add(
    "POST",
    "/approvals/<int:approval_id>",
    scope="enrol",
    json=WhatSomebodyElseSays,
    answers={200: ApprovalAnswer},
    problems=(404, 409),
)
def decide_approval(service: Service, parameters: WhatSomebodyElseSays, approval_id: int) -> Response:
    """Approve what somebody else asked for, who then does it again; or refuse it."""
    approved = parameters.decision == "approve"
    approval = service.app.approvals.decide(approval_id, call.by(), approved=approved)
    call.current().note(of_approval(approval))
    return answer(ApprovalAnswer.of(approval))


@table.add("DELETE", "/approvals/<int:approval_id>", scope="enrol", answers={204: None}, problems=(404, 409))
def withdraw_approval(service: Service, _parameters: NoQuery, approval_id: int) -> Response:
    """Take back what this key asked for."""
    approval = service.app.approvals.withdraw(approval_id, call.by())
    call.current().note(of_approval(approval))
    return Response(status=HTTPStatus.NO_CONTENT)
