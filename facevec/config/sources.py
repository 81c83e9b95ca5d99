"""Where settings are written: the file and the environment."""

from __future__ import annotations

import codecs
import difflib
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from facevec.config.paths import CONFIG_FILE, mode_at
from facevec.config.settings import keys, sections
from facevec.errors import SettingsError
from facevec.files import open_file

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PREFIX = "FACEVEC_"
FILE = "_FILE"
"""Ends a variable that names a file with the value, as containers are given secrets."""

LONGEST_SECRET = 65_536

_OTHER_ENCODINGS = {
    # The longer first: one of UTF-32 begins like one of UTF-16.
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def from_file(home: Path) -> Iterator[tuple[str, str, object]]:
    """Origin, dotted key and value of each setting in the file of `home`; none where there is no file.

    Raises SettingsError for anything there that is not a readable file of TOML in sections.
    """
    path = home / CONFIG_FILE
    mode = mode_at(path)
    if mode is None:
        _require_no_other_name(path)
        return
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "no file"
        raise SettingsError(f"{path} is {what}; put the settings there as a file, or remove it.")
    for section, table in read_toml(path).items():
        if not isinstance(table, dict):
            raise SettingsError(
                f"{path}: '{section}' stands outside a section; put it under one such as [match]."
            )
        _require_known(section, str(path), sections(), label=f"section [{section}]")
        for key, value in table.items():
            yield str(path), f"{section}.{key}", value


def from_environ(environ: Mapping[str, str]) -> Iterator[tuple[str, str, object]]:
    """As `from_file`, of variables FACEVEC_SECTION__KEY; of FACEVEC_SECTION__KEY_FILE what the file holds.

    Raises SettingsError for such a file that is empty or cannot be read, and for a variable that is there
    both ways.
    """
    for variable in sorted(environ):
        if names_file(variable):
            plain = variable.removesuffix(FILE)
            if plain in environ:
                raise SettingsError(f"{plain} and {variable} are both set; leave one of them.")
            yield variable, _key(plain), _content(variable, environ[variable])
        elif variable.startswith(PREFIX) and "__" in variable:
            yield variable, _key(variable), environ[variable]
        elif variable.startswith(tuple(f"{PREFIX}{section.upper()}_" for section in sections())):
            # One underscore too few would leave, say, emotions switched on without a word.
            _require_known(variable.removeprefix(PREFIX).lower(), variable, keys(), label=variable)


def names_file(origin: str) -> bool:
    """Whether `origin` is a variable that names a file with a value, which may be a secret."""
    if not (origin.startswith(PREFIX) and origin.endswith(FILE)):
        return False
    return _key(origin) not in keys() and _key(origin.removesuffix(FILE)) in keys()


def _key(variable: str) -> str:
    return variable.removeprefix(PREFIX).lower().replace("__", ".", 1)


def _content(variable: str, name: str) -> str:
    """What the file holds, without the end of its last line."""
    path = Path(name)
    if not path.is_absolute():
        raise SettingsError(f"{variable} is {name!r}; write the path of the file whole.")
    try:
        with open_file(path) as file:
            content = file.read(LONGEST_SECRET + 1)
    except OSError as error:
        raise SettingsError(
            f"{path}, which {variable} names, cannot be read: {error.strerror or error}."
        ) from error
    if len(content) > LONGEST_SECRET:
        raise SettingsError(f"{path}, which {variable} names, is too long to be a setting.")
    try:
        value = _decoded(content).rstrip("\r\n")
    except UnicodeError as error:
        raise SettingsError(f"{path}, which {variable} names, {error}") from error
    # A secret that is not there yet; without an address of a database another one would be made.
    if not value:
        raise SettingsError(f"{path}, which {variable} names, is empty; write the value there.")
    return value


def require_setting(key: str, origin: str) -> None:
    """Raises SettingsError, with the nearest in spelling, unless there is a setting `key`."""
    _require_known(key, origin, keys(), label=origin if origin.startswith(PREFIX) else key)


def read_toml(path: Path) -> dict[str, Any]:
    """What stands in a file that people write. Raises SettingsError."""
    try:
        return tomllib.loads(_decoded(path.read_bytes()))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error
    except UnicodeError as error:
        raise SettingsError(f"{path} {error}") from error


def _decoded(data: bytes) -> str:
    """UTF-8, with or without a byte order mark. Raises UnicodeError, which ends the sentence "FILE …"."""
    for mark, encoding in _OTHER_ENCODINGS.items():
        if data.startswith(mark):
            raise UnicodeError(f"is written in {encoding}; save it as UTF-8.")
    if b"\0" in data:
        raise UnicodeError("holds zero bytes, as UTF-16 does; save it as UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnicodeError(f"is not UTF-8 (line {line}); save it as UTF-8.") from error


def _require_no_other_name(path: Path) -> None:
    """Notepad adds .txt to what it saves; some systems tell capitals apart and some do not."""
    try:
        others = list(path.parent.iterdir())
    except OSError:  # there is no folder, or it does not show what it holds
        return
    for other in others:
        if other.name.lower().removesuffix(".txt") == path.name:
            raise SettingsError(f"{other} is not read by this name; call it {path.name}.")


def _require_known(name: str, origin: str, known: Iterable[str], *, label: str) -> None:
    known = list(known)
    if name in known:
        return
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
    spelling = PREFIX + nearest.upper().replace(".", "__") if origin.startswith(PREFIX) else nearest
    where = "" if label == origin else f" ({origin})"
    raise SettingsError(
        f"There is no setting {label}{where}; the nearest is {spelling}. "
        "`facevec config show` lists them all."
    )
