"""Settings: built-in defaults < config/facevec.toml < FACEVEC_SECTION__KEY < flags.

This is the only module that reads the environment. Adapters get plain arguments
taken from the values here.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from facevec.errors import SettingsError
from facevec.types import Distances, EnrolmentRules, QualityGate, Thresholds

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PREFIX = "FACEVEC_"
CONFIG_FILE = Path("config") / "facevec.toml"
DEFAULT = "default"
FLAG = "flag"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VisionSettings(_Section):
    """From bytes to faces and embeddings."""

    engine: Literal["openvino", "torch"] = "openvino"
    device: str = "cpu"
    threads: int = Field(default=0, ge=0)
    embedding_model: str = "auto"
    detection_threshold: float = Field(default=0.9, gt=0, lt=1)
    max_side: int = Field(default=1600, ge=64)
    max_file_bytes: int = Field(default=32_000_000, ge=1)
    max_pixels: int = Field(default=50_000_000, ge=1)


class MatchSettings(_Section):
    """Who a face is taken for and which two are one person; 0 is what was measured for the model."""

    threshold: float = Field(default=0.0, ge=0, le=2)
    min_margin: float = Field(default=0.0, ge=0, le=2)
    verify_threshold: float = Field(default=0.0, ge=0, le=2)


class ProbeSettings(_Section):
    """Limits below which a face is not named; units as in `types.Quality`."""

    min_size: float = Field(default=20.0, ge=0)
    min_sharpness: float = Field(default=5.0, ge=0)
    min_brightness: float = Field(default=12.0, ge=0, le=255)
    max_brightness: float = Field(default=240.0, ge=0, le=255)
    min_contrast: float = Field(default=4.0, ge=0, le=127.5)
    max_yaw: float = Field(default=1.0, ge=0)

    def gate(self) -> QualityGate:
        """The limits as the policy takes them."""
        return QualityGate(
            min_size=self.min_size,
            min_sharpness=self.min_sharpness,
            min_brightness=self.min_brightness,
            max_brightness=self.max_brightness,
            min_contrast=self.min_contrast,
            max_yaw=self.max_yaw,
        )


class EnrolmentSettings(ProbeSettings):
    """What a photo must satisfy to be enrolled: a stricter gate, and agreement with the others."""

    min_size: float = Field(default=30.0, ge=0)
    min_sharpness: float = Field(default=10.0, ge=0)
    min_brightness: float = Field(default=25.0, ge=0, le=255)
    max_brightness: float = Field(default=230.0, ge=0, le=255)
    min_contrast: float = Field(default=10.0, ge=0, le=127.5)
    max_yaw: float = Field(default=0.6, ge=0)
    same_person_threshold: float = Field(default=0.0, ge=0, le=2)
    other_person_threshold: float = Field(default=0.0, ge=0, le=2)
    keep_photos: bool = False

    def rules(self, own: Distances) -> EnrolmentRules:
        """The settings as the enrolment use case takes them; `own` are the embedding model's."""
        return EnrolmentRules(
            gate=self.gate(),
            same_person_threshold=self.same_person_threshold or own.same_person,
            other_person_threshold=self.other_person_threshold or own.other_person,
            keep_photos=self.keep_photos,
            neighbours=own.neighbours,
        )


class EmotionSettings(_Section):
    """Whether and how expressions are read."""

    enabled: bool = True
    consented_only: bool = False
    model: str = "auto"
    confidence_floor: float = Field(default=0.4, ge=0, le=1)


class RegistrySettings(_Section):
    """Where the workers are kept."""

    url: str = ""


class IndexSettings(_Section):
    """Where the nightly index is kept."""

    folder: str = ""


def _split(given: object) -> object:
    """Lists from the environment and from flags are written with commas."""
    if not isinstance(given, str):
        return given
    return [part.strip() for part in given.split(",") if part.strip()]


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]


class ServerSettings(_Section):
    """The HTTP service."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    threads: int = Field(default=24, ge=2, le=512)
    require_key: Literal["auto", "always"] = "auto"
    allowed_hosts: Names = ()
    cors_origins: Names = ()
    max_body_bytes: int = Field(default=40_000_000, ge=1024)
    max_files: int = Field(default=20, ge=1, le=200)
    body_seconds: float = Field(default=30.0, gt=0)
    concurrency: int = Field(default=2, ge=1)
    queue: int = Field(default=8, ge=0)
    queue_seconds: float = Field(default=5.0, ge=0)
    rate: float = Field(default=50.0, ge=0)
    burst: int = Field(default=100, ge=1)
    shutdown_seconds: int = Field(default=30, ge=1)

    @property
    def listens_to_this_machine_only(self) -> bool:
        """Whether `host` is an address that no other machine reaches."""
        return is_loopback(self.host)


class LoggingSettings(_Section):
    """What is logged, and how; always to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "warning"
    format: Literal["auto", "console", "json"] = "auto"


class Settings(_Section):
    """Every setting, by section."""

    vision: VisionSettings = VisionSettings()
    match: MatchSettings = MatchSettings()
    probe: ProbeSettings = ProbeSettings()
    enrolment: EnrolmentSettings = EnrolmentSettings()
    emotion: EmotionSettings = EmotionSettings()
    registry: RegistrySettings = RegistrySettings()
    index: IndexSettings = IndexSettings()
    server: ServerSettings = ServerSettings()
    logging: LoggingSettings = LoggingSettings()

    def thresholds(self, own: Distances) -> Thresholds:
        """What decides a recognition or a verification; `own` are the distances of the embedding model.

        A match threshold that is set holds as it is for every gallery.
        """
        return Thresholds(
            match_threshold=self.match.threshold or own.match,
            min_margin=self.match.min_margin or own.margin,
            verify_threshold=self.match.verify_threshold or own.verify,
            probe_gate=self.probe.gate(),
            match_decline=0.0 if self.match.threshold else own.decline,
            neighbours=own.neighbours,
            neighbours_decline=own.neighbours_decline,
        )


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
    def registry_url(self) -> str:
        """SQLAlchemy URL of the registry; a SQLite file in home unless set."""
        return self.settings.registry.url or f"sqlite:///{(self.home / 'facevec.db').as_posix()}"

    @property
    def index_folder(self) -> Path:
        """Folder of the index generations; `index` in home unless set, relative to home."""
        return self.home / (self.settings.index.folder or "index")


def load(
    home: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Loaded:
    """The settings in force; `flags` maps dotted keys to values, None meaning not given.

    Raises SettingsError for an unknown key, a value out of range, or a file that is not TOML.
    """
    environ = os.environ if environ is None else environ
    home = home_folder(environ) if home is None else home.expanduser().resolve()
    values: dict[str, object] = {}
    origins = dict.fromkeys(keys(), DEFAULT)
    for origin, key, value in (
        *_from_file(home / CONFIG_FILE),
        *_from_environ(environ),
        *((FLAG, key, value) for key, value in (flags or {}).items() if value is not None),
    ):
        _require_known(key, origin, origins, label=_label(key, origin))
        values[key], origins[key] = value, origin
    return Loaded(_validated(values, origins), origins, home, models_folder(environ))


def keys() -> tuple[str, ...]:
    """Every setting as `section.key`, in the order of the file."""
    return tuple(f"{name}.{key}" for name, section in _sections().items() for key in section.model_fields)


def value(settings: Settings, key: str) -> object:
    """The value of a dotted key."""
    section, name = key.split(".")
    found: object = getattr(getattr(settings, section), name)
    return found


def home_folder(environ: Mapping[str, str] | None = None) -> Path:
    """FACEVEC_HOME; else the current folder if it has config/facevec.toml; else the platform's data one."""
    environ = os.environ if environ is None else environ
    if environ.get("FACEVEC_HOME"):
        return Path(environ["FACEVEC_HOME"]).expanduser().resolve()
    here = Path.cwd()
    return here if (here / CONFIG_FILE).is_file() else user_data_path("facevec", appauthor=False)


def models_folder(environ: Mapping[str, str] | None = None) -> Path:
    """FACEVEC_MODELS, or `models` in the platform's cache folder."""
    environ = os.environ if environ is None else environ
    if environ.get("FACEVEC_MODELS"):
        return Path(environ["FACEVEC_MODELS"]).expanduser().resolve()
    return user_cache_path("facevec", appauthor=False) / "models"


def is_loopback(host: str) -> bool:
    """Whether `host` is an address of this machine that no other reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _sections() -> dict[str, type[BaseModel]]:
    return {name: type(section) for name, section in Settings()}


def _from_file(path: Path) -> Iterable[tuple[str, str, object]]:
    if not path.is_file():
        return
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    for section, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(
                f"{path}: '{section}' stands outside a section; put it under one such as [match]."
            )
        _require_known(section, str(path), _sections(), label=f"section [{section}]")
        for key, found in table.items():
            yield str(path), f"{section}.{key}", found


def _from_environ(environ: Mapping[str, str]) -> Iterable[tuple[str, str, object]]:
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and "__" in variable:
            section, key = variable.removeprefix(PREFIX).lower().split("__", 1)
            yield variable, f"{section}.{key}", environ[variable]
        elif variable.startswith(tuple(f"{PREFIX}{section.upper()}_" for section in _sections())):
            # One underscore too few would leave, say, emotions switched on without a word.
            _require_known(variable.removeprefix(PREFIX).lower(), variable, keys(), label=variable)


def _label(key: str, origin: str) -> str:
    return origin if origin.startswith(PREFIX) else key


def _spelling(key: str, origin: str) -> str:
    return PREFIX + key.upper().replace(".", "__") if origin.startswith(PREFIX) else key


def _require_known(name: str, origin: str, known: Iterable[str], *, label: str) -> None:
    known = list(known)
    if name in known:
        return
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
    where = "" if label == origin else f" ({origin})"
    raise SettingsError(
        f"There is no setting {label}{where}; the nearest is {_spelling(nearest, origin)}. "
        "`facevec config show` lists them all."
    )


def _validated(values: Mapping[str, object], origins: Mapping[str, str]) -> Settings:
    nested: dict[str, dict[str, object]] = {}
    for key, found in values.items():
        section, name = key.split(".")
        nested.setdefault(section, {})[name] = found
    try:
        return Settings.model_validate(nested)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"][:2])
        message = first["msg"][0].lower() + first["msg"][1:]
        raise SettingsError(
            f"Setting {key} is {first['input']!r} ({origins.get(key, DEFAULT)}): {message}."
        ) from error
