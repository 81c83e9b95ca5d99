"""This machine's own key as tests know it beforehand: laid where the service would make one."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from facevec.registry.local_key import FILE, HEADER, PREFIX

LOCAL = f"{HEADER}{PREFIX}{'t' * 43}"
"""The header that carries it, as a line of HTTP."""


def lay_local_key(home: Path) -> None:
    """Into the home of a service, which keeps it."""
    home.mkdir(exist_ok=True)
    file = home / FILE
    file.touch(0o600)
    file.write_text(f"{LOCAL}\n")


def local_client(app: Flask) -> FlaskClient:
    """A program of the service's own user: it sends the key unless a test sends another."""
    lay_local_key(app.extensions["facevec"].app.loaded.home)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = LOCAL.partition(": ")[2]
    return client
