"""The master key, from where `keys.master` says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from facevec.errors import MasterKeyUnavailable, MasterKeyWrong
from facevec.masterkeys.command import output_of
from facevec.masterkeys.kept import file_key
from facevec.masterkeys.private import read_private
from facevec.masterkeys.secret import HeldKey, secret_in
from facevec.masterkeys.vault import VaultKey, VaultPlace
from facevec.ports import MasterKey

LONGEST_TEXT = 4096


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a master key may be had.

    folder: of key files. home: in which none may lie. registry: whose key it is. variable: what a variable of
    the environment holds. credentials: systemd's folder for this service. vault, command: None where not set.
    """

    folder: Path
    home: Path
    registry: str
    variable: Callable[[str], str | None]
    credentials: Path | None
    command: str | None
    command_seconds: float
    vault: VaultPlace | None
    vault_token: str

    def master(self, source: str, before: str | None, *, make_at: datetime | None = None) -> MasterKey:
        """The key at `source`, which reads what was wrapped by that at `before`, too. Raises as `open`."""
        key = self.open(source, make_at=make_at)
        return key if before is None else Moved(key, self.open(before))

    def open(self, source: str, *, make_at: datetime | None = None) -> MasterKey:
        """The key at `source`: file, env:NAME, credential:NAME, command or vault. make_at: as of `file_key`.

        Raises MasterKeyUnavailable.
        """
        kind, _, name = source.partition(":")
        match kind:
            case "file":
                return file_key(self.folder, self.home, self.registry, make_at=make_at)
            case "vault" if self.vault is not None:
                return VaultKey(
                    self.vault, lambda: self.text(self.vault_token).decode("ascii", "replace").strip()
                )
            case "command" if self.command is not None:
                text = output_of(self.command, self.command_seconds)
                return HeldKey(secret_in(text, "What keys.command prints"), "what keys.command prints")
            case "env" | "credential":
                origin = f"the {'variable' if kind == 'env' else 'credential'} {name}"
                return HeldKey(secret_in(self.text(source), f"T{origin[1:]}"), origin)
            case _:
                raise MasterKeyUnavailable(
                    f'keys.master is "{source}"; set keys.{_NEEDS.get(kind, "master")}, too.'
                )

    def text(self, source: str) -> bytes:
        """What is in a variable, a credential or a file. Raises MasterKeyUnavailable."""
        kind, _, name = source.partition(":")
        match kind:
            case "env":
                held = self.variable(name)
                if not held:
                    raise MasterKeyUnavailable(
                        f"The variable {name} is not set; the master key should be in it."
                    )
                return held.encode("utf-8", "replace")
            case "credential":
                if self.credentials is None:
                    raise MasterKeyUnavailable(
                        "There are no credentials of systemd here; start facevec as its service, with "
                        f"LoadCredential={name}:PATH."
                    )
                return self._file(self.credentials / name)
            case _:
                return self._file(Path(name))

    @staticmethod
    def _file(path: Path) -> bytes:
        content = read_private(path, LONGEST_TEXT)
        if content is None:
            raise MasterKeyUnavailable(f"{path} is not there.")
        return content


_NEEDS = {"command": "command", "vault": "vault_url"}


class Moved:
    """`ports.MasterKey` that was elsewhere before: what is wrapped there is still read."""

    def __init__(self, key: MasterKey, before: MasterKey) -> None:
        self._key, self._before = key, before

    @property
    def name(self) -> str:
        return self._key.name

    def wrap(self, key: bytes, context: bytes) -> bytes:
        return self._key.wrap(key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        try:
            return self._key.unwrap(wrapped, context)
        except MasterKeyWrong:
            return self._before.unwrap(wrapped, context)

    def is_current(self, wrapped: bytes) -> bool:
        return self._key.is_current(wrapped)
