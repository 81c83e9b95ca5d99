"""Where a rate is not the same for everybody."""

from __future__ import annotations

from facevec.presentation.answers.base import Answer, Share, Threshold


class EstimateAnswer(Answer):
    """A figure with its 95 % interval."""

    value: Share
    low: Share
    high: Share


class RateAnswer(EstimateAnswer):
    """A share with its 95 % interval: `events` in `trials` searches of `people` people."""

    events: int
    trials: int
    people: int


class GroupAnswer(Answer):
    """Both error rates of a group of people; null where nobody of it was searched for."""

    name: str
    fpir: RateAnswer | None
    fnir: RateAnswer | None


class LambAnswer(Answer):
    """A worker whose name several strangers are given, and the largest threshold at which none would be."""

    worker: str
    strangers: int
    threshold: Threshold
