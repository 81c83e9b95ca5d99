"""Papers that were written."""

from __future__ import annotations

from facevec.presentation.answers.base import Answer


class PaperAnswer(Answer):
    """to_be_filled_in: in how many places."""

    file: str
    to_be_filled_in: int
