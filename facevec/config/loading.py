"""The settings in force, put together from all that is written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from facevec.config.paths import (
    folder,
    home_folder,
    integrity_key_file,
    master_folder,
    models_folder,
    within,
)
from facevec.config.settings import Settings, keys
from facevec.config.sources import from_environ, from_file, names_file, require_setting
from facevec.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import URL

DEFAULT = "default"
FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings in force.

    origins: dotted key -> "default", "flag", a variable's name, or the file's path.
    home: holds database, index and secrets. models: holds the weights.
    """

    settings: Settings
    origins: Mapping[str, str]
    home: Path
    models: Path

    @property
    def registry_url(self) -> URL:
        """Where the registry is: facevec.db in home unless set. Raises RegistryError, SettingsError."""
        from facevec.registry.address import database_url, sqlite_url

        if self.settings.registry.url is None:
            return sqlite_url(self.home / "facevec.db")
        return database_url(self.settings.registry.url, partial(within, self.home))

    @property
    def watch_level(self) -> str:
        """From which level on what runs without anybody looking logs: "info", unless the settings say."""
        return "info" if self.origins["logging.level"] == DEFAULT else self.settings.logging.level

    def within_home(self, path: str) -> Path:
        """A path as settings mean it. Raises SettingsError."""
        return within(self.home, path)

    @property
    def index_folder(self) -> Path:
        """Folder of the index generations: `index` in home unless set. Raises SettingsError."""
        return within(self.home, self.settings.index.folder or "index")

    @property
    def removals_file(self) -> Path:
        """The ledger of removals: `removals` in home unless set. Raises SettingsError."""
        return within(self.home, self.settings.registry.removals or "removals")

    @property
    def audit_folder(self) -> Path:
        """Folder of the audit trail: `audit` in home unless set. Raises SettingsError."""
        return within(self.home, self.settings.audit.folder or "audit")

    @property
    def integrity_key_file(self) -> Path:
        """Where the integrity key is: outside of home unless set otherwise. Raises SettingsError."""
        name = self.settings.integrity.key_file
        return integrity_key_file() if name is None else within(self.home, name)

    @property
    def master_folder(self) -> Path:
        """Folder of the master keys' files: outside of home. Raises SettingsError."""
        name = self.settings.keys.folder
        return master_folder() if name is None else within(self.home, name)


def load(
    home: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Loaded:
    """The settings in force; `flags` maps dotted keys to values, None meaning not given.

    Raises SettingsError for an unknown key, a value out of range, a settings file that cannot be
    read, and a home or a folder of models that is no folder.
    """
    environ = os.environ if environ is None else environ
    home = home_folder(environ) if home is None else folder(home, "The home of facevec")
    values: dict[str, object] = {}
    origins = dict.fromkeys(keys(), DEFAULT)
    for origin, key, value in (
        *from_file(home),
        *from_environ(environ),
        *((FLAG, key, value) for key, value in (flags or {}).items() if value is not None),
    ):
        require_setting(key, origin)
        values[key], origins[key] = value, origin
    return Loaded(_validated(values, origins), origins, home, models_folder(environ))


def _validated(values: Mapping[str, object], origins: Mapping[str, str]) -> Settings:
    nested: dict[str, dict[str, object]] = {}
    for key, value in values.items():
        section, name = key.split(".")
        nested.setdefault(section, {})[name] = value
    try:
        return Settings.model_validate(nested)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"][:2])
        said = first["msg"].removeprefix("Value error, ")
        message = said[0].lower() + said[1:]
        origin = origins.get(key, DEFAULT)
        written = "in the file" if names_file(origin) else repr(first["input"])  # it may be a secret
        if key.startswith("keys."):
            written = "something that is not shown here"
        raise SettingsError(f"Setting {key} is {written} ({origin}): {message}.") from error
