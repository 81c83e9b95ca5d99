"""Where a service is and what opens it.

A key comes from the environment or a file; the arguments of a process are everybody's to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx

KEY = "FACEVEC_API_KEY"
KEY_FILE = "FACEVEC_API_KEY_FILE"

_HEADER = "authorization: bearer "


def key_from(environment: Mapping[str, str], file: Path | None = None) -> str | None:
    """The key in `file`, else in the file named FACEVEC_API_KEY_FILE, else FACEVEC_API_KEY; None without.

    A file may hold the key alone or, as `local.header` does, the header that carries it. Raises OSError, and
    ValueError where a file holds no key.
    """
    path = file or (Path(environment[KEY_FILE]) if environment.get(KEY_FILE) else None)
    if path is None:
        return environment.get(KEY, "").strip() or None
    text = path.read_text(encoding="ascii").strip()
    key = text[len(_HEADER) :] if text.lower().startswith(_HEADER) else text
    if not key or any(character.isspace() for character in key):
        raise ValueError(f"{path} should hold a key of the service and nothing else.")
    return key


def address(url: str) -> httpx.URL:
    """`url` as the address of a service. Raises ValueError, which shows nothing secret.

    A user and a password would be sent in place of the key, and stand in every message about the address.
    """
    if "@" in url:
        raise ValueError("An address holds no user and no password; a service knows people by their keys.")
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"{url!r} is no address such as https://faces.example.com: {error}.") from error
    if parts.scheme not in ("http", "https") or not parts.host:
        raise ValueError(f"{url!r} is no address such as https://faces.example.com.")
    return parts


def authorization(key: str | None) -> dict[str, str]:
    """The header that carries `key`. Raises ValueError, without showing it, where no header could."""
    if not key:
        return {}
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("A key is letters, digits and signs of ASCII, without spaces; this one is not.")
    return {"Authorization": f"Bearer {key}"}
