"""The web page: five HTML files, and the styles, modules and words in `static/` that they load."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, render_template, request

from facevec import __version__
from facevec.web import session
from facevec.web.schemas import MAX_LABELS
from facevec.web.service import Service

LANGUAGES = ("en", "es")
PAGES = {
    "recognize": "/",
    "workers": "/workers",
    "status": "/status",
    "night": "/night",
    "decisions": "/decisions",
}
"""Side by side, so that what they refer to is relative: the service may stand below any path of a host."""
STATIC = Path(__file__).parent / "static"


def blueprint(service: Service) -> Blueprint:
    """The pages. They hold nothing personal: their modules ask the API for it, with the visitor's key."""
    # Windows takes types from its registry, where .js may be text/plain; browsers refuse such modules.
    mimetypes.add_type("text/javascript", ".js")
    pages = Blueprint("pages", __name__)
    for name, path in PAGES.items():
        pages.add_url_rule(path, name, _sender(service, name))
    return pages


@cache
def words(language: str) -> Mapping[str, str]:
    """Every sentence of the pages in `language`."""
    sentences: Mapping[str, str] = json.loads(
        (STATIC / "i18n" / f"{language}.json").read_text(encoding="utf-8")
    )
    return sentences


def _sender(service: Service, name: str) -> Callable[[], Response]:
    def send() -> Response:
        is_link = session.TOKEN in request.args and request.method == "GET"
        if is_link and service.local_key is not None:
            way = session.opened(request, service.local_key)
            if way is not None:
                return way
        language = request.accept_languages.best_match(LANGUAGES, LANGUAGES[0])
        html = render_template(
            f"{name}.html",
            page=name,
            pages=PAGES,
            language=language,
            languages=LANGUAGES,
            t=words(language).__getitem__,
            version=__version__,
            server=service.server,
            max_labels=MAX_LABELS,
            detection_threshold=service.app.settings.vision.detection_threshold,
            spent=is_link,
        )
        status = HTTPStatus.UNAUTHORIZED if is_link else HTTPStatus.OK
        headers = {"Vary": "Accept-Language"}
        return Response(html, status, headers, content_type="text/html; charset=utf-8")

    return send
