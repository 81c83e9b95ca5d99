"""Where a key comes from: the environment or a file; the arguments of a process are everybody's to read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
