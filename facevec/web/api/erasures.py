"""Receipts of what was destroyed."""

from __future__ import annotations

from flask import Response

from facevec.presentation.answers.erasure import ReceiptAnswer
from facevec.types import Receipt
from facevec.web.routes import ERASURE_RECEIPT, Table, answer
from facevec.web.schemas import NoQuery
from facevec.web.service import Service

table = Table("Erasures")


@table.add(
    "GET", "/erasures/<int:receipt_id>", scope="admin", answers={200: ReceiptAnswer}, problems=(404, 422)
)
def show_erasure(service: Service, _parameters: NoQuery, receipt_id: int) -> Response:
    """The receipt that `X-Erasure-Receipt` named; it names nobody."""
    from facevec.erasure.receipts import document_of

    receipt = service.app.receipts.read(str(receipt_id))
    return answer(ReceiptAnswer.model_validate(document_of(receipt, service.app.integrity_key)))


def proved(response: Response, receipt: Receipt | None) -> Response:
    """With the name of the receipt."""
    if receipt is not None:
        response.headers[ERASURE_RECEIPT] = receipt.id
    return response
