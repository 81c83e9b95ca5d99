"""What is sent: parameters as a form, pictures as streams that are opened anew for each try."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

PREFIX = "/api/v1"

Content: TypeAlias = bytes | BinaryIO
Picture: TypeAlias = str | os.PathLike[str] | Content | tuple[str, Content]
"""A path, the bytes, a file that is open for reading, or one of the last two with what it is to be called."""

Part = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Consent:
    """A worker's agreement to be recognised. given_at: None is now. expires_at: None is open-ended."""

    text_version: str
    given_at: datetime | None = None
    expires_at: datetime | date | None = None
    emotion: bool = False
    photos: bool = False
    visits: bool = False

    @property
    def document(self) -> dict[str, Any]:
        """As a request holds it."""
        return {name: moment(held) for name, held in asdict(self).items() if held is not None}


@dataclass(frozen=True)
class Request:
    """One call. repeatable: whether sending it twice comes to the same as sending it once."""

    method: str
    path: str
    repeatable: bool
    query: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    pictures: Sequence[tuple[str, Picture]] = ()
    document: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def form(self) -> dict[str, str | list[str]]:
        """The fields as a form holds them: what is None or empty is left out."""
        return {name: _written(value) for name, value in _present(self.fields).items()}

    @property
    def parameters(self) -> dict[str, Any]:
        """The query; what is None is left out."""
        return _present(self.query)

    @contextmanager
    def parts(self) -> Iterator[list[Part] | None]:
        """The pictures, open; None without any. Raises OSError."""
        with ExitStack() as stack:
            yield [(name, _part(picture, stack)) for name, picture in self.pictures] or None

    def can_be_sent_again(self) -> bool:
        """Whether every picture can be read from its beginning again."""
        streams = [_content(picture) for _, picture in self.pictures]
        return all(isinstance(one, bytes) or one.seekable() for one in streams if one is not None)


class Steady:
    """A file as long as it was when it was announced: what was added since is left off, less is an error."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        file.seek(0)

    def tell(self) -> int:
        """Bytes from the beginning."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As of any file."""
        if whence == os.SEEK_END:
            return self._file.seek(self._size + offset)
        return self._file.seek(offset, whence)

    def read(self, size: int) -> bytes:
        """As of any file. Raises OSError where it was shortened."""
        wanted = min(size, self._size - self._file.tell())
        data = self._file.read(wanted)
        if len(data) < wanted:
            raise OSError("A picture was shortened while it was sent.")
        return data


def conditions(if_match: str | None) -> dict[str, str]:
    """Headers under which a change is made."""
    return {} if if_match is None else {"If-Match": if_match}


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != []}


def _written(value: Any) -> str | list[str]:  # noqa: ANN401  # whatever a parameter is
    if isinstance(value, Consent):
        return json.dumps(value.document)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value]
    return str(value)


def moment(value: Any) -> Any:  # noqa: ANN401  # whatever a field of a consent is
    """As a request holds it: in the time zone of this machine unless it says another."""
    if isinstance(value, datetime):
        return value.astimezone().isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


def _content(picture: Picture) -> Content | None:
    """The bytes or the stream; None of a path."""
    if isinstance(picture, tuple):
        return picture[1]
    return None if isinstance(picture, (str, os.PathLike)) else picture


def _part(picture: Picture, stack: ExitStack) -> tuple[Any, ...]:
    content = _content(picture)
    if content is None:
        path = Path(picture)  # type: ignore[arg-type]  # what has no content is a path
        return (path.name, Steady(stack.enter_context(path.open("rb"))))
    body = content if isinstance(content, bytes) else _body(content)
    if isinstance(picture, tuple):
        return (picture[0], body)
    return (None, body, "image/jpeg")  # without a name: its type says that it is a picture


def _body(stream: BinaryIO) -> Steady | bytes:
    """What is sent of a stream; all of it at once where, as of a pipe, its length is known only then."""
    if isinstance(stream, io.TextIOBase):
        raise TypeError('A picture is no text; open its file with "rb".')
    return Steady(stream) if stream.seekable() else stream.read()
