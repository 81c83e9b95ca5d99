"""What settings are made of: sections, and the kinds of values in them with their limits."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)


class Section(BaseModel):
    """Settings that belong together.

    Its docstring and the descriptions of its settings are what operators read in the settings
    file (`template`). A setting that is not set is None; it has an example to show there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


def _absent_if_empty(written: object, validate: ValidatorFunctionWrapHandler) -> object:
    return None if written == "" else validate(written) or None


# A setting that is not set is None. Before, it was 0 or "", and files and environments written
# then still say so: that is read as not set here, at the boundary, and nowhere behind it.
AbsentIfEmpty = WrapValidator(_absent_if_empty)

Distance = Annotated[float, Field(ge=0, le=2)]
"""Between two unit vectors: 0 is the same picture, 2 the opposite."""

OptionalDistance = Annotated[Distance | None, AbsentIfEmpty]
OptionalText = Annotated[str | None, AbsentIfEmpty]


def split(written: object) -> object:
    """Lists from the environment and from flags are written with commas."""
    if not isinstance(written, str):
        return written
    return [part.strip() for part in written.split(",") if part.strip()]


_HOST_AND_PORT = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")
_HOST = re.compile(r"\.?[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?")
_USUAL_PORTS = {"http": "80", "https": "443"}
_PLAIN_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*")


def _public_url(written: str) -> str:
    scheme, netloc, path, *rest = urlsplit(written.strip().rstrip("/"))
    if scheme not in ("http", "https") or not _HOST_AND_PORT.fullmatch(netloc):
        raise ValueError("an address begins with https:// or http:// and a host name")
    if any(rest) or not _PLAIN_PATH.fullmatch(path):
        raise ValueError("its path is letters, digits and ._~- between single slashes; nothing follows it")
    return f"{scheme}://{netloc}{path}"


PublicUrl = Annotated[str, AfterValidator(_public_url)]
"""Without a slash at its end."""

Names = Annotated[tuple[str, ...], BeforeValidator(split)]


def _host(written: str) -> str:
    if not _HOST.fullmatch(written):
        raise ValueError(f"{written!r} is no host name alone, such as faces.example.com: no scheme, no port")
    return written


Hosts = Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], BeforeValidator(split)]
"""Names and addresses; one that begins with a dot is all names below it."""


def _origin(written: str) -> str:
    parts = _ORIGIN.fullmatch(written.lower().rstrip("/"))
    if parts is None:
        raise ValueError(f"{written!r} is no web site, such as https://hr.example.com, and no more")
    scheme, host, port = parts.groups()
    return f"{scheme}://{host}" + ("" if port in (None, _USUAL_PORTS.get(scheme)) else f":{port}")


Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], BeforeValidator(split)]
"""As browsers write them."""


def _network(written: str) -> str:
    try:
        return str(ip_network(written, strict=False))
    except ValueError:
        raise ValueError(f"{written!r} is no address and no network of addresses") from None


Networks = Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], BeforeValidator(split)]
"""As ipaddress.ip_network writes them."""

# The limits of a quality gate, for [probe] and [enrolment] alike; units as in `types.Quality`.
MinSize = Annotated[float, Field(ge=0, description="Shorter side of the face, pixels.")]
MinSharpness = Annotated[
    float,
    Field(
        ge=0,
        description="Variance of the Laplacian of the grey face at 112 x 112; lower is more blurred.",
    ),
]
MinBrightness = Annotated[float, Field(ge=0, le=255, description="Smallest mean grey level, 0 to 255.")]
MaxBrightness = Annotated[float, Field(ge=0, le=255, description="Largest mean grey level, 0 to 255.")]
MinContrast = Annotated[
    float, Field(ge=0, le=127.5, description="Standard deviation of the grey level, 0 to 127.5.")
]
MaxYaw = Annotated[
    float,
    Field(
        ge=0,
        description="How far the nose is off the middle of the eyes, in eye distances; 0 looks into the "
        "camera, 0.5 is about a half profile.",
    ),
]
