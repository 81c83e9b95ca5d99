"""Receipts as files: JSON that nobody is named in, under a mark of the integrity key."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from facevec.erasure.traces import Tracer
from facevec.errors import ReceiptNotFound, ReceiptUnusable
from facevec.events import Events
from facevec.files import OWNER_ONLY, PRIVATE_FOLDER, open_file, replacing
from facevec.integrity import IntegrityKey
from facevec.ports import Clock
from facevec.types import RECEIPT_IDS, AuditHead, Belongings, Erased, Receipt, is_receipt_id

FORMAT = "facevec erasure receipt 1"
MARKED_AS = "erasure receipt"
LONGEST = 50_000_000
_DRAFT = ".draft"

logger = Events()


def document_of(receipt: Receipt, key: IntegrityKey) -> dict[str, Any]:
    """The JSON of a receipt, with its mark."""
    fields = asdict(receipt)
    body = {"format": FORMAT, **fields, "erased_at": receipt.erased_at.isoformat()}
    return {**body, "mark": key.mark(MARKED_AS, (_bytes_of(body),)).hex()}


def receipt_of(document: Any, key: IntegrityKey, name: str) -> Receipt:  # noqa: ANN401  # what somebody hands in
    """Raises ReceiptUnusable for what is no receipt, or not as facevec wrote it."""
    try:
        body = dict(document)
        mark, form = bytes.fromhex(body.pop("mark")), body["format"]
        fields = {name: body[name] for name in Receipt.__dataclass_fields__}
        fields["erased_at"] = datetime.fromisoformat(fields["erased_at"])
        fields["audit"] = None if fields["audit"] is None else AuditHead(**fields["audit"])
    except (ValueError, KeyError, TypeError) as error:
        raise ReceiptUnusable(
            f"{name} is no receipt of an erasure by facevec; use another copy of it."
        ) from error
    if form != FORMAT or not key.made(mark, MARKED_AS, (_bytes_of(body),)):
        said = str(body["integrity_key"])[:16]
        other = (
            f", or is of another installation: its integrity key is {said}, the one here {key.fingerprint}"
        )
        raise ReceiptUnusable(f"{name} was changed{'' if said == key.fingerprint else other}.")
    return Receipt(**fields)


def read_document(path: Path) -> Any:  # noqa: ANN401  # what somebody hands in
    """Raises ReceiptUnusable."""
    try:
        with open_file(path) as file:
            content = file.read(LONGEST + 1)
        return json.loads(content)
    except OSError as error:
        raise ReceiptUnusable(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise ReceiptUnusable(
            f"{path} is no receipt of an erasure by facevec; use another copy of it."
        ) from error


class FileReceipts:
    """`ports.Receipts` in a folder: `ID.json`, and `ID.draft` while a removal goes on or was killed."""

    def __init__(self, folder: Path, key: IntegrityKey, clock: Clock) -> None:
        self._folder, self._key, self._clock = folder, key, clock

    def draft(self, belongings: Belongings, what: Erased, registry: str) -> Receipt:
        tracer = Tracer(self._key)
        return Receipt(
            id=str(1 + secrets.randbelow(RECEIPT_IDS - 1)),
            what=what,
            erased_at=self._clock(),
            registry=registry,
            revision=0,
            integrity_key=self._key.fingerprint,
            destroyed=belongings.counts,
            identities=belongings.identities,
            traces=tracer.sealed(tracer.traces(belongings.contents)),
            audit=None,
        )

    @contextmanager
    def beginning(self, draft: Receipt) -> Iterator[None]:
        lock = self._lock(draft)
        is_kept = False
        try:
            with suppress(OSError):
                self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
                lock.acquire()
                is_kept = self._write(draft, _DRAFT)
            yield
            if is_kept:
                self.drop(draft)
        finally:
            lock.release()
            if not self._path(draft.id, _DRAFT).exists():
                with suppress(OSError):
                    Path(lock.lock_file).unlink(missing_ok=True)

    def keep(self, receipt: Receipt) -> bool:
        return self._write(receipt, ".json")

    def abandoned(self) -> Sequence[Receipt]:
        drafts = []
        for path in sorted(self._folder.glob(f"*{_DRAFT}")):
            try:
                draft = receipt_of(read_document(path), self._key, str(path))
                with self._lock(draft).acquire(timeout=0):
                    if path.exists():
                        drafts.append(draft)
            except Timeout:  # its removal goes on
                continue
            except ReceiptUnusable as error:
                logger.warning("erasure_draft_unusable", reason=str(error))
        return drafts

    def drop(self, draft: Receipt) -> None:
        self._path(draft.id, _DRAFT).unlink(missing_ok=True)
        with suppress(OSError):
            Path(self._lock(draft).lock_file).unlink(missing_ok=True)

    def read(self, receipt_id: str) -> Receipt:
        path = self._path(receipt_id, ".json")
        if not is_receipt_id(receipt_id) or not path.exists():
            raise ReceiptNotFound(
                f"There is no receipt {receipt_id[:40]!r} here; `facevec erasure list` shows all."
            )
        return receipt_of(read_document(path), self._key, str(path))

    def all(self) -> Sequence[Receipt]:
        receipts = []
        for path in self._folder.glob("*.json"):
            try:
                receipts.append(receipt_of(read_document(path), self._key, str(path)))
            except ReceiptUnusable as error:
                logger.warning("erasure_receipt_unusable", reason=str(error))
        return sorted(receipts, key=lambda receipt: receipt.erased_at)

    def _write(self, receipt: Receipt, end: str) -> bool:
        text = json.dumps(document_of(receipt, self._key), indent=1)
        try:
            with replacing(self._path(receipt.id, end)) as successor:
                successor.write_text(text, encoding="ascii")
        except OSError as error:
            logger.error("erasure_receipt_not_kept", receipt=receipt.id, reason=error.strerror)  # noqa: TRY400  # a sentence
            return False
        return True

    def _path(self, receipt_id: str, end: str) -> Path:
        return self._folder / f"{receipt_id}{end}"

    def _lock(self, draft: Receipt) -> FileLock:
        return FileLock(self._path(draft.id, ".lock"), timeout=0, mode=OWNER_ONLY, thread_local=False)


def _bytes_of(body: object) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
