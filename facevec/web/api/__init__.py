"""All that the API answers, in the order of its document."""

from __future__ import annotations

from facevec.web.api import (
    approvals,
    consents,
    erasures,
    labels,
    recognition,
    reviews,
    system,
    visits,
    workers,
)

ENDPOINTS = (
    *recognition.table.endpoints,
    *labels.table.endpoints,
    *workers.table.endpoints,
    *consents.table.endpoints,
    *visits.table.endpoints,
    *erasures.table.endpoints,
    *approvals.table.endpoints,
    *reviews.table.endpoints,
    *system.table.endpoints,
)
"""Flask's rules and the OpenAPI document are both made from these."""
