"""Where home and models lie, and what is there: nothing, a folder, a file, or something in the way."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_data_path

from facevec.errors import OutputUnwritable, SettingsError

CONFIG_FILE = Path("config") / "facevec.toml"


def home_folder(environ: Mapping[str, str] | None = None) -> Path:
    """FACEVEC_HOME; else the current folder if it has config/facevec.toml; else the platform's data one.

    Raises SettingsError for what is there and is no folder.
    """
    environ = os.environ if environ is None else environ
    if environ.get("FACEVEC_HOME"):
        return folder(environ["FACEVEC_HOME"], "FACEVEC_HOME")
    return _current_home() or folder(user_data_path("facevec", appauthor=False), "The home of facevec")


def models_folder(environ: Mapping[str, str] | None = None) -> Path:
    """FACEVEC_MODELS, or `models` in the platform's cache folder.

    Raises SettingsError for what is there and is no folder.
    """
    environ = os.environ if environ is None else environ
    if environ.get("FACEVEC_MODELS"):
        return folder(environ["FACEVEC_MODELS"], "FACEVEC_MODELS")
    return folder(user_cache_path("facevec", appauthor=False) / "models", "The folder of models")


def integrity_key_file() -> Path:
    """Where the integrity key lies unless the settings say: in no folder that is home or in a cache.

    On macOS and Windows the folder of settings is that of data, which may be the home.
    """
    return _keys_folder() / "integrity.key"


def master_folder() -> Path:
    """Where the files of master keys lie unless the settings say, for the same reason."""
    return _keys_folder() / "master"


def _keys_folder() -> Path:
    return user_config_path("facevec-keys", appauthor=False)


def temporary_folder() -> Path:
    """Where files may lie for a moment. Raises OutputUnwritable where no such folder can be written."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise OutputUnwritable(
            "No temporary folder can be written, neither /tmp nor /var/tmp nor another; "
            "set TMPDIR to a folder that can."
        ) from error


def is_writable(folder: Path) -> bool:
    """Whether files can be made in `folder`."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def folder(path: str | Path, name: str) -> Path:
    """The absolute path of a folder, which need not be there yet; `name` is what it is called.

    Raises SettingsError for what is there and is no folder.
    """
    absolute = _expanded(path)
    mode = mode_at(absolute)
    if mode is not None and not stat.S_ISDIR(mode):
        raise SettingsError(f"{name} is {absolute}, which is no folder; name a folder.")
    return absolute.resolve()


def within(home: Path, path: str) -> Path:
    """A path as settings mean it: a relative one begins in `home`. Raises SettingsError."""
    if "\0" in path:
        raise SettingsError(f"The path {path!r} holds a zero character, which no file can have in its name.")
    return home / _user_expanded(path)


def mode_at(path: Path) -> int | None:
    """`st_mode` of what is at `path`, links followed; None where there is nothing.

    Raises SettingsError where that cannot be told, and for a link that leads nowhere, be it the
    path or a folder above: what it led to may be a disk that is not mounted, and whoever went on
    as if nothing had ever been there would start anew beside it.
    """
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        nearest = next(one for one in (path, *path.parents) if os.path.lexists(one))
        if not nearest.exists():
            raise SettingsError(f"{nearest} is a link that leads nowhere; mend or remove it.") from None
        return None
    except NotADirectoryError:
        blocking = next(one for one in path.parents if one.exists())
        raise SettingsError(f"{blocking} is a file where a folder should be; move it away.") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be looked at: {error.strerror or error}.") from error


def _current_home() -> Path | None:
    """The current folder if anything lies where its settings would; loading judges what it is."""
    try:
        here = Path.cwd()
    except OSError:  # it was deleted
        return None
    if os.path.isfile(here / CONFIG_FILE.parent):  # noqa: PTH113  # Path's own raises for want of permission
        return None  # and somebody else's: every .git holds a file `config`
    try:
        return None if mode_at(here / CONFIG_FILE) is None else here
    except SettingsError:
        return here


def _expanded(path: str | Path) -> Path:
    try:
        return _user_expanded(path).absolute()
    except FileNotFoundError as error:
        raise SettingsError(
            f"{path} is relative to the current folder, which is gone; write it whole."
        ) from error


def _user_expanded(path: str | Path) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise SettingsError(f"{path} begins with the folder of a user who is not known here.") from error
