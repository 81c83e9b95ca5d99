"""Settings: built-in defaults < config/facevec.toml < FACEVEC_SECTION__KEY or …_FILE < flags.

This room alone reads the environment. Adapters get plain arguments taken from the values here.
"""

from facevec.config.loading import DEFAULT, Loaded, load
from facevec.config.master import credentials_folder, variable
from facevec.config.paths import (
    CONFIG_FILE,
    home_folder,
    integrity_key_file,
    is_writable,
    models_folder,
    temporary_folder,
)
from facevec.config.recognition import EnrolmentSettings, ProbeSettings
from facevec.config.service import ServerSettings, is_loopback
from facevec.config.settings import Settings, keys, value

__all__ = [
    "CONFIG_FILE",
    "DEFAULT",
    "EnrolmentSettings",
    "Loaded",
    "ProbeSettings",
    "ServerSettings",
    "Settings",
    "credentials_folder",
    "home_folder",
    "integrity_key_file",
    "is_loopback",
    "is_writable",
    "keys",
    "load",
    "models_folder",
    "temporary_folder",
    "value",
    "variable",
]
