"""A file of frames: each is whole, in its place, and the last one is there; nobody reads it without the key.

A line names the format, the next one says in JSON what is in the file and whether it is encrypted. Then
come the frames: four bytes of length, a byte that is 1 for the last, and the frame under AES-256-GCM, whose
key is the file's own (HKDF of the operator's key and a random salt) and whose nonce is the number of the
frame and that byte. Without a key there is a checksum (BLAKE2b) of the same in place of the cipher. Header,
number and last byte are under it, so a frame that is changed, moved, left out or taken from another file is
told, and so is an end that is missing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Annotated, Protocol

from pydantic import AfterValidator, TypeAdapter

from facevec import __version__, aes
from facevec.errors import BackupLocked, BackupUnusable, InputError
from facevec.files import open_file

MAGIC = b"facevec archive 1\n"
_MAGIC_OF_ANY = b"facevec archive "

SHORTEST_KEY, LONGEST_KEY = 32, 65_536
SALT_BYTES = 32
LONGEST_HEADER = 10_000
LONGEST_FRAME = 1 << 30
CHECKSUM_BYTES = 32
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class SecretKey:
    """What somebody else must not know. origin: the file it comes from, for messages."""

    secret: bytes
    origin: str


def _moment(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("the time zone is missing")
    return text


def _hexadecimal(text: str) -> str:
    bytes.fromhex(text)
    return text


@dataclass(frozen=True, slots=True)
class Header:
    """What can be read of a file without its key.

    kind: `backup` or `workers`. salt, key_check: hexadecimal; key_check tells another key, and nothing of
    this one, and is empty where nothing is encrypted.
    """

    kind: str
    facevec: str
    made_at: Annotated[str, AfterValidator(_moment)]
    encrypted: bool
    salt: Annotated[str, AfterValidator(_hexadecimal)]
    key_check: Annotated[str, AfterValidator(_hexadecimal)]


_HEADER = TypeAdapter(Header)


def key_in(path: Path) -> SecretKey:
    """The key in a file of at least 32 bytes that nobody can guess. Raises InputError."""
    try:
        with open_file(path) as file:
            secret = file.read(LONGEST_KEY)
    except OSError as error:
        raise InputError(f"The key {path} cannot be read: {error.strerror or error}.") from error
    if secret.isascii():  # text, to which editors add a line's end; random bytes count to the last
        secret = secret.strip()
    if len(secret) < SHORTEST_KEY:
        raise InputError(
            f"The key {path} is shorter than {SHORTEST_KEY} bytes; make one of random bytes, such as by "
            "`openssl rand -hex 32`."
        )
    return SecretKey(secret, str(path))


class Writer:
    """Writes frames to `file`, and remembers what it is to hold: `sha256` is of what was meant."""

    def __init__(self, file: IO[bytes], kind: str, key: SecretKey | None) -> None:
        salt = secrets.token_bytes(SALT_BYTES)
        cipher = None if key is None else _Encryption(key, salt)
        made_at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        check = "" if cipher is None else cipher.check
        self.header = Header(kind, __version__, made_at, cipher is not None, salt.hex(), check)
        line = json.dumps(asdict(self.header)).encode() + b"\n"
        self._cipher: _Cipher = cipher or _Checksum()
        self.header_digest = hashlib.sha256(line).digest()
        self._file = file
        self._frames = 0
        self.sha256 = hashlib.sha256()
        self.size = 0
        self._write(MAGIC + line)

    def add(self, body: bytes, *, last: bool = False) -> None:
        """Write a frame. Raises OSError."""
        sealed = self._cipher.seal(body, self._frames, last, self.header_digest)
        self._frames += 1
        self._write(len(sealed).to_bytes(_LENGTH_BYTES, "big") + bytes([last]) + sealed)

    def _write(self, data: bytes) -> None:
        self.sha256.update(data)
        self.size += len(data)
        self._file.write(data)


class Reader:
    """Reads what `Writer` wrote. Raises BackupUnusable, BackupLocked, InputError."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self._name = file, name
        line = self._header_line()
        self.header = self._parsed(line)
        self.header_digest = hashlib.sha256(line).digest()

    def frames(self, key: SecretKey | None) -> Iterator[bytes]:
        """Every frame, once each is known to be whole; the last one last."""
        cipher = self._cipher(key)
        number, last = 0, False
        while not last:
            length = int.from_bytes(self._exactly(_LENGTH_BYTES), "big")
            flag = self._exactly(1)
            if length > LONGEST_FRAME or flag not in (b"\0", b"\1"):
                raise self._damaged(number)
            last = flag == b"\1"
            body = cipher.open(self._exactly(length), number, last, self.header_digest)
            if body is None:
                raise self._damaged(number)
            yield body
            number += 1
        if self._read(1):
            raise BackupUnusable(f"{self._name} goes on after its end; use another copy of it.")

    def _header_line(self) -> bytes:
        start = self._read(len(MAGIC))
        if start != MAGIC:
            if start.startswith(_MAGIC_OF_ANY):
                raise BackupUnusable(
                    f"{self._name} was written by a newer facevec; upgrade facevec, then try again."
                )
            if start and MAGIC.startswith(start):
                raise self._cut_off()
            raise BackupUnusable(f"{self._name} is neither a backup nor an archive of facevec.")
        with self._explained():
            line = self._file.readline(LONGEST_HEADER)
        if not line.endswith(b"\n"):
            raise self._cut_off()
        return line

    def _parsed(self, line: bytes) -> Header:
        try:
            header = _HEADER.validate_python(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise BackupUnusable(
                f"{self._name} is damaged at its beginning; use another copy of it."
            ) from error
        return header

    def _cipher(self, key: SecretKey | None) -> _Cipher:
        if not self.header.encrypted:
            if key is not None:
                raise BackupLocked(
                    f"{self._name} is not encrypted, though a key was named: it may have been exchanged. "
                    "If it is what you mean, leave --key-file out."
                )
            return _Checksum()
        if key is None:
            raise BackupLocked(f"{self._name} is encrypted; name the file of its key with --key-file.")
        cipher = _Encryption(key, bytes.fromhex(self.header.salt))
        if not hmac.compare_digest(cipher.check, self.header.key_check):
            raise BackupLocked(f"{self._name} is encrypted under another key than that in {key.origin}.")
        return cipher

    def _exactly(self, count: int) -> bytes:
        data = self._read(count)
        if len(data) < count:
            raise self._cut_off()
        return data

    def _read(self, count: int) -> bytes:
        with self._explained():
            return self._file.read(count)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(f"{self._name} cannot be read: {error.strerror or error}.") from error

    def _cut_off(self) -> BackupUnusable:
        return BackupUnusable(f"{self._name} ends too early: it was cut off. Use another copy of it.")

    def _damaged(self, number: int) -> BackupUnusable:
        return BackupUnusable(
            f"{self._name} is damaged, or was changed, in frame {number + 1}; use another copy of it."
        )


class _Cipher(Protocol):
    def seal(self, body: bytes, number: int, last: bool, header: bytes) -> bytes: ...

    def open(self, sealed: bytes, number: int, last: bool, header: bytes) -> bytes | None:
        """None for what was not sealed so."""
        ...


class _Encryption:
    def __init__(self, key: SecretKey, salt: bytes) -> None:
        self._sealer = aes.Sealer(_derived(key, salt, b"facevec archive 1: frames"))
        self.check = _derived(key, salt, b"facevec archive 1: which key")[:8].hex()

    def seal(self, body: bytes, number: int, last: bool, header: bytes) -> bytes:
        return self._sealer.seal(_nonce(number, last), body, header)

    def open(self, sealed: bytes, number: int, last: bool, header: bytes) -> bytes | None:
        return self._sealer.unseal(_nonce(number, last), sealed, header)


class _Checksum:
    def seal(self, body: bytes, number: int, last: bool, header: bytes) -> bytes:
        return _checksum(body, number, last, header) + body

    def open(self, sealed: bytes, number: int, last: bool, header: bytes) -> bytes | None:
        checksum, body = sealed[:CHECKSUM_BYTES], sealed[CHECKSUM_BYTES:]
        return body if checksum == _checksum(body, number, last, header) else None


def _checksum(body: bytes, number: int, last: bool, header: bytes) -> bytes:
    return hashlib.blake2b(header + _nonce(number, last) + body, digest_size=CHECKSUM_BYTES).digest()


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _derived(key: SecretKey, salt: bytes, purpose: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=aes.KEY_BYTES, salt=salt, info=purpose).derive(key.secret)
