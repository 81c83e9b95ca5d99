"""What schemathesis sends where the document says "a picture": drawn people, some without a face."""

from __future__ import annotations

import base64

import schemathesis
from hypothesis import strategies as st

from tests.web.pictures import group, nobody, portrait

PICTURES = [portrait(0), portrait(1), portrait(2, 7), group(0, 1), nobody()]

schemathesis.openapi.format("binary", st.sampled_from(PICTURES))
schemathesis.openapi.format("base64", st.sampled_from([base64.b64encode(data).decode() for data in PICTURES]))


@schemathesis.hook
def filter_case(_context: schemathesis.HookContext, case: schemathesis.Case) -> bool:
    """Without forms that are not on the wire what they are as values.

    `files` that is no list is one part, and a picture; an empty list is no part at all.
    """
    if case.media_type != "multipart/form-data" or not isinstance(case.body, dict):
        return True
    return isinstance(case.body.get("files", []), list) and [] not in case.body.values()
