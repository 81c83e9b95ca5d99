"""A client for the service, which needs nothing of facevec but the address: httpx and the standard library.

    with Client("https://faces.example.com", key) as facevec:
        for face in facevec.recognize("party.jpg").images[0].faces: ...

It also comes as a distribution of its own, `facevec-client`, where it is imported as `facevec_client`.
"""

from __future__ import annotations

from .access import key_from
from .aio import AsyncClient
from .client import Client
from .errors import ClientError, NotUnderstood, Problem, Unreachable
from .requests import Consent, Picture

__all__ = [
    "AsyncClient",
    "Client",
    "ClientError",
    "Consent",
    "NotUnderstood",
    "Picture",
    "Problem",
    "Unreachable",
    "key_from",
]
