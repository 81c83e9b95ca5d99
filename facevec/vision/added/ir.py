"""What may stand in OpenVINO's xml that somebody brings: standard operators, with numbers in the bin beside.

Its own operator sets are called opset and a number; whatever else stands there would need an extension,
which is code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat

from facevec.errors import ModelCorrupt, ModelRefused
from facevec.vision.added.operators import require_pure

_STANDARD = re.compile(r"opset\d{1,2}")
_DEEPEST = 64
_MOST_ELEMENTS = 2_000_000
_CONSTANT = "Const"


class _Reader:
    """Follows the elements of one file. bytes_used: where the last constant ends in the bin."""

    def __init__(self) -> None:
        self.bytes_used = 0
        self._depth = self._elements = 0
        self._layer = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._elements > _MOST_ELEMENTS:
            raise ModelRefused(f"The network has more than {_MOST_ELEMENTS} parts.")
        if self._depth > _DEEPEST:
            raise ModelRefused("The network's graphs lie too deep in each other.")
        if self._depth == 1 and name != "net":
            raise ModelCorrupt("This is not OpenVINO's xml: it has no net.")
        if name == "layer":
            self._layer = attributes.get("type", "")
            require_pure([self._layer])
            version = attributes.get("version", "")
            if not _STANDARD.fullmatch(version):
                raise ModelRefused(
                    f"The network needs {self._layer[:60]!r} of {version[:60]!r}, which is not part of "
                    "OpenVINO; only standard operators are run."
                )
        elif name == "data" and self._layer == _CONSTANT:
            self._constant(attributes)

    def end(self, _name: str) -> None:
        self._depth -= 1

    def _constant(self, attributes: Mapping[str, str]) -> None:
        try:
            offset, size = int(attributes["offset"]), int(attributes["size"])
        except (KeyError, ValueError):
            raise ModelCorrupt("A constant of the network does not say where its numbers are.") from None
        if offset < 0 or size < 0:
            raise ModelCorrupt("A constant of the network lies outside the bin.")
        self.bytes_used = max(self.bytes_used, offset + size)


def check(xml: bytes, size: int) -> None:
    """Hold an xml to what may stand in it. size: bytes of the bin beside it.

    Raises ModelCorrupt, ModelRefused.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _no_declarations
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise ModelCorrupt(f"This is not OpenVINO's xml, or it is cut short (line {error.lineno}).") from None
    if reader.bytes_used != size:
        raise ModelCorrupt(
            f"The bin beside the xml has {size} bytes where the network has {reader.bytes_used}: it is "
            "another's, or cut short."
        )


def _no_declarations(*_: object) -> None:
    raise ModelRefused(
        "The xml declares a document type, and with it what else to read; no network needs one."
    )
