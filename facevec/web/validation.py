"""Holding what a client sent against the model it must satisfy; a fault becomes a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from facevec.presentation.answers.problems import Reason
from facevec.web.problems import Problem, bad_request, shortened

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails
    from werkzeug.datastructures import MultiDict

Model = TypeVar("Model", bound=BaseModel)

CODE = "input_invalid"
UNKNOWN = "There is no such parameter here."

MAX_FAULTS = 10
"""More faults of one request are not told."""


def validated(model: type[Model], parameters: Mapping[str, object]) -> Model:
    """`parameters` as a `model`: types as in JSON, nothing converted, no unknown name. Raises Problem 400."""
    _require_few_unknown(model, parameters)
    try:
        return model.model_validate(parameters, strict=True)
    except ValidationError as error:
        raise _invalid(error) from error


def validated_text(model: type[Model], parameters: MultiDict[str, str]) -> Model:
    """A query's parameters as a `model`. Raises Problem 400."""
    for name, values in parameters.lists():
        if len(values) > 1:
            raise bad_request(f"{shortened(name)} came {len(values)} times; send it once.")
    _require_few_unknown(model, parameters)
    try:
        return model.model_validate_strings(parameters.to_dict())
    except ValidationError as error:
        raise _invalid(error) from error


def _require_few_unknown(model: type[BaseModel], parameters: Mapping[str, object]) -> None:
    """Raises Problem 400 with the first unknown names, where more came than are told: none needs a look."""
    unknown = (name for name in parameters if name not in model.model_fields)
    names = list(islice(unknown, MAX_FAULTS))
    if len(names) == MAX_FAULTS:
        raise _refused([Reason(source=shortened(name), code=CODE, reason=UNKNOWN) for name in names])


def _invalid(error: ValidationError) -> Problem:
    faults = error.errors(include_url=False, include_context=False, include_input=False)[:MAX_FAULTS]
    return _refused([_reason(fault) for fault in faults])


def _refused(reasons: Sequence[Reason]) -> Problem:
    detail = " ".join(f"{one.source}: {one.reason}" for one in reasons)
    return Problem(HTTPStatus.BAD_REQUEST, CODE, detail, reasons=reasons)


def _reason(fault: ErrorDetails) -> Reason:
    return Reason(source=_place(fault), code=CODE, reason=_sentence(fault))


def _place(fault: ErrorDetails) -> str:
    return shortened(".".join(str(part) for part in fault["loc"])) or "body"


def _sentence(fault: ErrorDetails) -> str:
    if fault["type"] == "missing":
        return "This is missing."
    if fault["type"] == "extra_forbidden":
        return UNKNOWN
    if fault["type"] == "string_pattern_mismatch":
        return "This may not be empty, nor hold control characters or line breaks."
    message = fault["msg"].removeprefix("Value error, ")
    return message if message.endswith(".") else f"{message}."
