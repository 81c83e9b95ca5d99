"""That a picture shows a worker, said by a caller: looked at with patience that ends, and told to the log."""

from __future__ import annotations

import structlog
from flask import request

from facevec.types import Verification
from facevec.web import call
from facevec.web.address import client_address
from facevec.web.service import Service

log = structlog.get_logger("facevec.web")


def verified(service: Service, data: bytes, worker_id: int) -> Verification:
    """Whether the picture shows the worker.

    How it turned out is counted before it is said, so that of many at once no more are said than of as many
    one after the other. Raises ClaimsExhausted, and what `App.verify_worker` raises.
    """
    key = call.current().key
    failed = service.app.failed_claims
    claim = failed.claim(worker_id, key.id if key else "none", client_address(request, service.proxies))
    failed.require_patience(claim)
    verification = service.app.verify_worker(data, worker_id)
    seconds = failed.settle(claim, same=verification.same)
    if not verification.same:
        log.info("claim_failed", worker_id=worker_id, key=claim.key_id, caller=claim.caller)
    if seconds:
        log.warning(
            "claims_exhausted",
            worker_id=worker_id,
            key=claim.key_id,
            caller=claim.caller,
            next_in_seconds=round(seconds),
        )
    return verification
