"""A service over the toy vision, and what somebody who holds a key of some scope can do to it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from facevec import config
from facevec.config import Loaded
from facevec.decision.vectors import unit
from facevec.types import Scope, Vectors
from facevec.web import create_app
from facevec.web.service import Service
from tests.clock import Clock
from tests.toy import Someone, ToyEmbedder, ToyNetworks, picture

CEO, COLLEAGUE, ATTACKER = 6, 7, 66

HOLDERS = count()
"""Each key is somebody else's."""

BLEND = 1000
"""Identities from here on are of pictures that are blended of two people's; see `blend`."""


def blend(one: int, other: int, percent: int) -> int:
    """Identity of a picture that is so much `other` and for the rest `one`."""
    return BLEND**2 * one + BLEND * other + percent


class BlendingEmbedder(ToyEmbedder):
    """Also knows pictures blended of two people."""

    def vector(self, someone: Someone) -> Vectors:
        if someone.who < BLEND:
            return super().vector(someone)
        people, percent = divmod(someone.who, BLEND)
        one, other = (self.vector(replace(someone, who=who)) for who in divmod(people, BLEND))
        return unit((100 - percent) * one + percent * other)


def blending_networks(_loaded: Loaded) -> ToyNetworks:
    return ToyNetworks(embedder=BlendingEmbedder())


@dataclass(frozen=True)
class Attacker:
    """Somebody with a key, or without."""

    client: FlaskClient
    headers: dict[str, str]

    def send(self, method: str, path: str, **body: Any) -> TestResponse:
        return self.client.open(
            f"/api/v1{path}", method=method, headers=self.headers, **({"json": body} if body else {})
        )

    def enrol(self, name: str, *photos: Someone, **more: str) -> TestResponse:
        return self.send("POST", "/workers", name=name, files=encoded(*photos), **more)

    def add(self, worker: int, *photos: Someone, **more: Any) -> TestResponse:
        return self.send("POST", f"/workers/{worker}/photos", files=encoded(*photos), **more)

    def photos(self, worker: int) -> list[int]:
        return [photo["id"] for photo in self.send("GET", f"/workers/{worker}").json["photos"]]

    def remove_photo(self, worker: int, photo: int) -> TestResponse:
        return self.send("DELETE", f"/workers/{worker}/photos/{photo}")

    def recognize(self, someone: Someone, **options: Any) -> TestResponse:
        (file,) = encoded(someone)
        return self.send("POST", "/recognize", file=file, **options)

    def face(self, someone: Someone, **options: Any) -> dict[str, Any]:
        """The only face of the answer to a picture of `someone`."""
        response = self.recognize(someone, **options)
        assert response.status_code == 200, response.text
        (face,) = response.json["images"][0]["faces"]
        return dict(face)

    def named(self, someone: Someone) -> int | None:
        """The id of the worker whom a picture of `someone` is said to show."""
        worker = self.face(someone)["worker"]
        return None if worker is None else int(worker["id"])


def encoded(*people: Someone) -> list[str]:
    """A picture of each of `people`."""
    return [base64.b64encode(picture(someone)).decode() for someone in people]


@dataclass(frozen=True)
class House:
    """The service that is attacked."""

    service: Service
    client: FlaskClient

    def service_client(self) -> FlaskClient:
        """A browser of its own."""
        return self.client.application.test_client()

    def holder(self, *scopes: Scope) -> Attacker:
        """Somebody with a key of these scopes."""
        _, key = self.service.app.keys.create(f"attack {next(HOLDERS)}", scopes)
        return Attacker(self.client, {"X-API-Key": key})

    def passer_by(self) -> Attacker:
        """A program on this machine, without a key."""
        return Attacker(self.client, {})


@pytest.fixture
def clock() -> Clock:
    """The house's."""
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> Iterator[House]:
    loaded = config.load(tmp_path, environ={}, flags={"server.rate": "0"})
    app = create_app(replace(loaded, models=tmp_path / "models"), networks=blending_networks, clock=clock)
    service: Service = app.extensions["facevec"]
    assert service.readiness.wait(60)
    yield House(service, app.test_client())
    service.readiness.stop()
    service.app.close()


@pytest.fixture
def ceo(house: House) -> int:
    """Worker, enrolled from three photos; beside them stands a colleague."""
    admin = house.holder("admin")
    looks = [Someone(CEO, look) for look in range(3)]
    worker: int = admin.enrol("CEO", *looks, external_id="E-6").json["worker"]["id"]
    assert admin.enrol("Colleague", Someone(COLLEAGUE)).status_code == 201
    assert admin.named(Someone(CEO, 9)) == worker
    return worker
