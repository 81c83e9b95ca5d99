from __future__ import annotations

from collections.abc import Iterator

from facevec import errors
from facevec.errors import FacevecError
from facevec.outcomes import OUTCOMES, PARTIAL_EXIT_CODE, outcome

USAGE_AND_SIGNALS = {0, 2, PARTIAL_EXIT_CODE}


def tree(root: type[FacevecError] = FacevecError) -> Iterator[type[FacevecError]]:
    yield root
    for branch in root.__subclasses__():
        yield from tree(branch)


def test_every_error_has_a_code_of_its_own_and_a_place_in_the_table():
    """A room's own refinement, as `milvus_server.CollectionGone`, is told to others as what it refines."""
    codes = [error.code for error in tree() if error.__module__ == errors.__name__]
    assert len(codes) == len(set(codes))
    assert {error.code for error in tree()} == set(codes) == set(OUTCOMES)


def test_every_error_has_an_exit_code_of_its_own():
    exit_codes = [outcome.exit_code for outcome in OUTCOMES.values()]
    assert len(exit_codes) == len(set(exit_codes))
    assert not USAGE_AND_SIGNALS & set(exit_codes)


def test_every_error_has_an_http_status_of_the_4xx_or_5xx_kind():
    assert all(400 <= outcome.http_status < 600 for outcome in OUTCOMES.values())
    assert outcome(errors.NoFace("x")).http_status == 422
