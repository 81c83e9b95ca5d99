"""The OpenAPI document, and Swagger UI from its Python package: nothing comes from another host."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, json, send_from_directory

from facevec.web.openapi import document

# Swagger UI styles its elements from scripts, with style attributes; its icons are data URLs.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>facevec API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="docs/favicon-32x32.png">
<div id="ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</html>
"""
START = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null, tryItOutEnabled: true,
});
"""
FRESH = "public, max-age=3600"


def blueprint(public_url: str | None) -> Blueprint:
    """`/openapi.json` and `/docs`. public_url: where the service is shown, if that is known."""
    docs = Blueprint("docs", __name__)

    @docs.get("/openapi.json")
    def openapi() -> Response:
        return Response(json.dumps(document(public_url)), content_type="application/json")

    @docs.get("/docs")
    def page() -> Response:
        return Response(PAGE, content_type="text/html; charset=utf-8", headers=_headers())

    @docs.get("/docs/start.js")
    def start() -> Response:
        return Response(START, content_type="text/javascript; charset=utf-8", headers=_headers())

    for asset in ASSETS:
        docs.add_url_rule(f"/docs/{asset}", asset.replace(".", "-"), _sender(asset))
    return docs


def _sender(asset: str) -> Callable[[], Response]:
    def send() -> Response:
        from swagger_ui_bundle import swagger_ui_path

        response = send_from_directory(swagger_ui_path, asset)
        response.headers.update(_headers())
        return response

    return send


def _headers() -> dict[str, str]:
    return {"Content-Security-Policy": POLICY, "Cache-Control": FRESH}
