"""This machine's own key: in a file that its owner alone reads, beside the registry.

Whoever reads the file could as well run the command line. Links that open the page, and what a browser
holds afterwards, are made of the same secret: with the file they end.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from facevec.errors import OutputUnwritable
from facevec.files import OTHERS_USE, PRIVATE_FOLDER, allows, creating, replacing
from facevec.ports import Clock, utc_now
from facevec.types import ApiKey, Scope

FILE = "local.header"
LINKS = "local.links"
PREFIX = "fv_local_"
HEADER = "Authorization: Bearer "
SCOPES: tuple[Scope, ...] = ("recognize", "scores", "enrol")
"""What changes who is known, renaming and removing, takes a key that somebody made on purpose."""

LINK_MINUTES = 10
SESSION = timedelta(hours=12)
MAX_BYTES = 1000
_SESSION = re.compile(r"(\d{1,12})\.[0-9a-f]{64}", re.ASCII)


class LocalKeyFile:
    """`ports.LocalKey` in the folder `home`.

    A link is an empty file named by the hash of its token, and used by deleting it: once, whichever process
    does, and whether or not the service was started again meanwhile.
    """

    def __init__(self, home: Path, clock: Clock = utc_now) -> None:
        self.path = home / FILE
        self._links = home / LINKS
        self._clock = clock

    def make(self) -> None:
        """Raises OutputUnwritable."""
        if self._secret() is not None:
            return
        header = f"{HEADER}{PREFIX}{secrets.token_urlsafe(32)}\n"
        try:
            self.path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            with suppress(FileExistsError), creating(self.path) as file:
                file.write(header.encode())
            if self._secret() is None:  # others could read it, or it holds no key
                with replacing(self.path) as successor:
                    successor.write_text(header)
        except OSError as error:
            raise OutputUnwritable(
                f"{self.path} cannot be written ({error.strerror}); give this user the folder, or set "
                'server.require_key to "always" and make keys with `facevec key create`.'
            ) from error

    def find(self, presented: str) -> ApiKey | None:
        """The entry of this machine's key, if `presented` is that, compared in constant time."""
        if not presented.startswith(PREFIX) or not presented.isascii():
            return None
        secret = self._secret()
        return self._entry() if secret and hmac.compare_digest(secret, presented) else None

    def link_token(self) -> str:
        """Opens a session once, within `LINK_MINUTES`. Raises OutputUnwritable."""
        self.make()
        self._forget_old_links()
        token = secrets.token_urlsafe(24)
        try:
            self._links.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
            with creating(self._link(token)):
                pass
        except OSError as error:
            raise OutputUnwritable(f"{self._links} cannot be written ({error.strerror}).") from error
        return token

    def open_session(self, token: str) -> str | None:
        """What the browser holds from now on, for `SESSION`; None for a link that is used, old, or none."""
        self._forget_old_links()
        try:
            self._link(token).unlink()
        except OSError:
            return None
        return self._session(int((self._clock() + SESSION).timestamp()))

    def find_session(self, presented: str) -> ApiKey | None:
        """The entry of this machine's key, if `presented` is a session that it opened and has not ended."""
        match = _SESSION.fullmatch(presented)
        if match is None:
            return None
        end = int(match[1])
        expected = self._session(end)
        if expected is None or not hmac.compare_digest(expected, presented):
            return None
        return self._entry() if self._clock().timestamp() < end else None

    def _session(self, end: int) -> str | None:
        secret = self._secret()
        if secret is None:
            return None
        signed = hmac.new(secret.encode(), f"session {end}".encode(), hashlib.sha256)
        return f"{end}.{signed.hexdigest()}"

    def _secret(self) -> str | None:
        """The key, as long as nobody else can read it."""
        try:
            with self.path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                text = file.read(MAX_BYTES).decode("ascii").strip()
        except (OSError, ValueError):
            return None
        key = text.removeprefix(HEADER)
        is_secret = not allows(mode, OTHERS_USE)
        return key if is_secret and len(key) > 2 * len(PREFIX) and key.startswith(PREFIX) else None

    def _entry(self) -> ApiKey:
        now = self._clock()
        return ApiKey(
            id="local",
            name="this machine",
            scopes=SCOPES,
            created_at=now,
            expires_at=None,
            last_used_at=now,
            revoked_at=None,
        )

    def _link(self, token: str) -> Path:
        return self._links / hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()

    def _forget_old_links(self) -> None:
        oldest = (self._clock() - timedelta(minutes=LINK_MINUTES)).timestamp()
        for link in self._links.glob("*"):
            with suppress(OSError):
                if link.stat().st_mtime <= oldest:
                    link.unlink()
