"""A form with pictures (RFC 7578), read into memory part by part, never onto the disk."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import IO

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData, State

from facevec.files import size_in_words
from facevec.types import PhotoSource
from facevec.web.bounds import MAX_BYTES
from facevec.web.problems import Problem, bad_request, shortened, too_large

MAX_PARTS = 300
MAX_FIELD_BYTES = 100_000
MAX_FILE_NAME = 255
STEP = 1 << 16
_ANOTHER_BOUNDARY = (
    "The form's parts do not begin with the boundary that Content-Type names; let the client write this "
    "header by itself."
)
_NOT_UTF8 = "This text is not UTF-8; send it so"
CHARSETS = frozenset({"ascii", "us-ascii", "utf-8", "iso-8859-1"})


def parts(
    stream: IO[bytes], boundary: str, pictures: Collection[str]
) -> Iterator[tuple[str, str | PhotoSource]]:
    """Name and value of each part: a file, or a text.

    pictures: fields that hold pictures. What comes in them is a file without a filename too, where its
    Content-Type is a picture's.
    Raises Problem 400 and 413.
    """
    if not boundary:
        raise _malformed(
            "Content-Type names no boundary of the form; let the client write this header by itself."
        )
    try:
        yield from _parts(stream, boundary.encode("ascii"), pictures)
    except UnicodeDecodeError as error:
        raise _malformed("A header in the form is not UTF-8; send names of files in UTF-8.") from error
    except ValueError as error:
        raise _malformed("The form is malformed; send it as a browser or curl does.") from error


def _parts(
    stream: IO[bytes], boundary: bytes, pictures: Collection[str]
) -> Iterator[tuple[str, str | PhotoSource]]:
    decoder = MultipartDecoder(boundary, max_parts=None)
    begun = texts = 0
    part = None
    while not decoder.complete:
        decoder.receive_data(stream.read(STEP) or None)
        for event in _events(decoder):
            if isinstance(event, Field | File):
                begun += 1
                if begun > MAX_PARTS:
                    raise too_large(f"The form has more than {MAX_PARTS} parts; send fewer at a time.")
                part = _Part(event, pictures)
            elif isinstance(event, Data) and part is not None:
                part.take(event.data)
                texts += 0 if part.may_be_large else len(event.data)
                if texts > MAX_BYTES:
                    raise too_large(f"The form has more than {size_in_words(MAX_BYTES)} besides pictures.")
                if not event.more_data:
                    yield part.name, part.value()
        if decoder.state is State.PREAMBLE and (decoder.complete or len(decoder.buffer) > MAX_FIELD_BYTES):
            raise _malformed(_ANOTHER_BOUNDARY)
        if len(decoder.buffer) > MAX_FIELD_BYTES:
            raise too_large("The form has more than a part's headers where these should be.")


def _events(decoder: MultipartDecoder) -> Iterator[Event]:
    while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
        yield event


class _Part:
    """One part as it comes in."""

    def __init__(self, head: Field | File, pictures: Collection[str]) -> None:
        if not head.name:
            raise _malformed("A part of the form has no name.")
        kind, options = parse_options_header(head.headers.get("Content-Type"))
        self.name = head.name
        self._pictures = pictures
        self._is_file = isinstance(head, File) or (
            head.name in pictures and kind.lower().startswith("image/")
        )
        self._file_name = head.filename if isinstance(head, File) else ""
        self._charset = options.get("charset", "utf-8").lower()
        self._content = bytearray()

    @property
    def may_be_large(self) -> bool:
        """Whether it is a picture, or stands where one should."""
        return self._is_file or self.name in self._pictures

    def take(self, data: bytes) -> None:
        """Add a piece. Raises Problem 413 when it becomes more than a text may be."""
        self._content += data
        if self.may_be_large or len(self._content) <= MAX_FIELD_BYTES:
            return
        raise too_large(
            f"{shortened(self.name)}: This text has more than {size_in_words(MAX_FIELD_BYTES)}, as only a "
            f"picture may; {self._advice}."
        )

    @property
    def _advice(self) -> str:
        """Where a picture belongs."""
        if not self._pictures:
            return "send no picture: none is taken here"
        fields = " or ".join(sorted(self._pictures))
        example = f"curl -F '{min(self._pictures)}=@picture.jpg'"
        return f"send a picture in the field {fields}, as {example} does"

    def value(self) -> str | PhotoSource:
        """The whole of it. Raises Problem 400 for a text in no encoding that is read."""
        if self._is_file:
            return PhotoSource(_shown(self._file_name), bytes(self._content))
        if self.name in self._pictures:
            return self._content.decode("utf-8", "replace")
        try:
            return self._content.decode(self._charset if self._charset in CHARSETS else "utf-8")
        except UnicodeDecodeError as error:
            fault = f"These bytes are no text; {self._advice}" if b"\0" in self._content else _NOT_UTF8
            raise bad_request(f"{shortened(self.name)}: {fault}.") from error


def _shown(file_name: str) -> str:
    """A client's name for a picture as it may be shown again; it never opens anything."""
    return "".join(c if c.isprintable() else "\ufffd" for c in file_name)[:MAX_FILE_NAME]


def _malformed(detail: str) -> Problem:
    return bad_request(detail, "form_invalid")
