"""A copy of a registry's master keys under a passphrase: JSON, scrypt and AES-256-GCM."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass

from facevec import aes
from facevec.errors import BackupLocked, BackupUnusable
from facevec.masterkeys.ring import Ring, parsed

FORMAT = "facevec master keys, saved 1"
LONGEST = 100_000
MOST_COST = 20
_R, _P = 8, 1
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Cost:
    """What a guess of the passphrase costs: 2 ** log_n * 1024 bytes of memory, and the time to fill them."""

    log_n: int = 17


def saved(ring: Ring, passphrase: str, cost: Cost = Cost()) -> bytes:  # frozen
    """The text of the file."""
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(aes.NONCE_BYTES)
    head = {"format": FORMAT, "registry": ring.registry, "scrypt": [cost.log_n, _R, _P], "salt": salt.hex()}
    sealed = _sealer(passphrase, salt, cost.log_n).seal(nonce, ring.text().encode(), _bound(head))
    document = {**head, "nonce": nonce.hex(), "keys": base64.b64encode(sealed).decode("ascii")}
    return f"{json.dumps(document, indent=2)}\n".encode()


def opened(content: bytes, passphrase: str, name: str) -> Ring:
    """The keys in a file. Raises BackupUnusable for another file, BackupLocked for another passphrase."""
    try:
        document = json.loads(content)
        head = {field: document[field] for field in ("format", "registry", "scrypt", "salt")}
        log_n, *others = head["scrypt"]
        salt, nonce = bytes.fromhex(head["salt"]), bytes.fromhex(document["nonce"])
        sealed = base64.b64decode(document["keys"], validate=True)
        is_ours = head["format"] == FORMAT and others == [_R, _P] and 1 <= log_n <= MOST_COST
    except (ValueError, KeyError, TypeError):
        is_ours = False
    if not is_ours:
        raise BackupUnusable(
            f"{name} is no file of `facevec keys master backup`, or it was cut off; use another copy."
        )
    text = _sealer(passphrase, salt, log_n).unseal(nonce, sealed, _bound(head))
    if text is None:
        raise BackupLocked(f"{name} does not open: the passphrase is another one, or the file was changed.")
    return parsed(text.decode("utf-8", "replace"), name)


def _sealer(passphrase: str, salt: bytes, log_n: int) -> aes.Sealer:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    stretching = Scrypt(salt=salt, length=aes.KEY_BYTES, n=1 << log_n, r=_R, p=_P)
    return aes.Sealer(stretching.derive(passphrase.encode("utf-8", "replace")))


def _bound(head: object) -> bytes:
    return json.dumps(head, sort_keys=True).encode()
