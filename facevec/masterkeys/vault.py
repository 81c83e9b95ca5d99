"""The transit engine of HashiCorp Vault, or of OpenBao: a key that never leaves it wraps ours.

As https://developer.hashicorp.com/vault/api-docs/secret/transit has it: POST /v1/MOUNT/encrypt/KEY and
decrypt/KEY, with base64 in `plaintext` and `associated_data`, and `vault:v1:…` in `ciphertext`.
"""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from facevec.errors import MasterKeyUnavailable, MasterKeyWrong
from facevec.masterkeys.envelope import from_vault, of_vault, wrapped_under

_CIPHERTEXT = re.compile(r"vault:v(\d{1,9}):[A-Za-z0-9+/=]+", re.ASCII)
_PLAIN_PATH = re.compile(r"[\w.-]+(/[\w.-]+)*", re.ASCII)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_LONGEST_REASON = 200
_PROBE = b"which version is the newest"


@dataclass(frozen=True, slots=True)
class VaultPlace:
    """Where Vault is, and which of its keys. ca: a file of certificates, PEM, instead of the system's."""

    url: str
    mount: str
    key: str
    namespace: str | None
    ca: str | None
    seconds: float


class VaultKey:
    """`ports.MasterKey` in Vault. token: asked before each call, for agents renew it in its file."""

    def __init__(self, place: VaultPlace, token: Callable[[], str]) -> None:
        _require_usable(place)
        self._place, self._token = place, token
        self._newest: int | None = None

    @property
    def name(self) -> str:
        return f"vault:{self._place.mount}/{self._place.key}"

    def wrap(self, key: bytes, context: bytes) -> bytes:
        ciphertext = self._ask("encrypt", {"plaintext": _base64(key), "associated_data": _base64(context)})
        self._newest = max(self._newest or 0, self._version(ciphertext))
        return of_vault(self.name, ciphertext)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        ciphertext = from_vault(wrapped)
        if (under := wrapped_under(wrapped)) != self.name:
            raise MasterKeyWrong(f"This was wrapped under {under}, and the settings name {self.name}.")
        plain = self._ask("decrypt", {"ciphertext": ciphertext, "associated_data": _base64(context)})
        try:
            return base64.b64decode(plain, validate=True)
        except ValueError:
            raise self._unlike() from None

    def is_current(self, wrapped: bytes) -> bool:
        if self._newest is None:
            self.wrap(_PROBE, _PROBE)
        return wrapped_under(wrapped) == self.name and self._version(from_vault(wrapped)) == self._newest

    def _ask(self, deed: str, body: Mapping[str, str]) -> str:
        import httpx

        place = self._place
        headers = {"X-Vault-Token": self._token(), "X-Vault-Request": "true"}
        if place.namespace:
            headers["X-Vault-Namespace"] = place.namespace
        url = f"{place.url.rstrip('/')}/v1/{place.mount}/{deed}/{place.key}"
        try:
            response = httpx.post(
                url, json=body, headers=headers, timeout=place.seconds, verify=_certificates(place.ca)
            )
        except httpx.TimeoutException:
            raise MasterKeyUnavailable(
                f"Vault at {place.url} did not answer within {place.seconds:g} s."
            ) from None
        except httpx.HTTPError as error:
            raise MasterKeyUnavailable(f"Vault at {place.url} cannot be reached: {error}.") from None
        if response.status_code != HTTPStatus.OK:
            raise self._refusal(deed, response.status_code, _reason(response))
        field = "ciphertext" if deed == "encrypt" else "plaintext"
        try:
            answer = response.json()["data"][field]
        except (ValueError, KeyError, TypeError):
            raise self._unlike() from None
        if not isinstance(answer, str):
            raise self._unlike()
        return answer

    def _refusal(self, deed: str, status: int, reason: str) -> MasterKeyUnavailable | MasterKeyWrong:
        where = f"Vault at {self._place.url}"
        match status:
            case HTTPStatus.FORBIDDEN:
                return MasterKeyUnavailable(
                    f"{where} refuses the token, or its policy does not allow update on "
                    f"{self._place.mount}/{deed}/{self._place.key}{reason}."
                )
            case HTTPStatus.SERVICE_UNAVAILABLE:
                return MasterKeyUnavailable(f"{where} is sealed or not ready{reason}; unseal it.")
            case HTTPStatus.BAD_REQUEST if "message authentication failed" in reason:
                return MasterKeyWrong(
                    f"{where} does not take this for what {self.name} wrapped: it was changed, or wrapped "
                    "for something else, or the key was made anew there."
                )
            case HTTPStatus.NOT_FOUND:
                return MasterKeyUnavailable(
                    f"{where} has nothing at {self._place.mount}{reason}; see to keys.vault_mount."
                )
            case _:
                return MasterKeyUnavailable(f"{where} answered {status} to {deed} under {self.name}{reason}.")

    def _version(self, ciphertext: str) -> int:
        match = _CIPHERTEXT.fullmatch(ciphertext)
        if match is None:
            raise self._unlike()
        return int(match[1])

    def _unlike(self) -> MasterKeyUnavailable:
        return MasterKeyUnavailable(
            f"What answers at {self._place.url} does not answer as Vault's transit engine does."
        )


def _require_usable(place: VaultPlace) -> None:
    parts = urlsplit(place.url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise MasterKeyUnavailable(
            f"keys.vault_url is {place.url!r}; name an https:// address, for keys travel there (http:// "
            "only on this machine, as to Vault's agent)."
        )
    for setting, path in (("vault_mount", place.mount), ("vault_key", place.key)):
        if not _PLAIN_PATH.fullmatch(path) or ".." in path:
            raise MasterKeyUnavailable(f"keys.{setting} is {path!r}; that is no name in Vault.")


def _certificates(ca: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise MasterKeyUnavailable(
            f"The certificates in {ca} (keys.vault_ca) cannot be read: {error.strerror or error}."
        ) from error


def _reason(response: Any) -> str:  # noqa: ANN401  # httpx is imported when it is needed
    """What Vault says of an error, shortened, in brackets; it never repeats what it was sent."""
    try:
        said = "; ".join(str(one) for one in response.json()["errors"])
    except (ValueError, KeyError, TypeError):
        return ""
    said = " ".join(said.split())[:_LONGEST_REASON]
    return f" ({said})" if said else ""


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
