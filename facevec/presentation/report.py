"""Reports as HTML pages that need nothing beside them, made from `templates/`."""

from __future__ import annotations

import base64
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from facevec.presentation.plain import printable


def page(template: str, **values: object) -> str:
    """The page of `template` with `values`, each of them escaped."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("facevec.presentation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printable"] = printable
    environment.filters["base64"] = _base64
    return environment


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
