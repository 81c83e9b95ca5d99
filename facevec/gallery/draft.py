"""The rows of a generation to be, on the disk and without a name while the registry is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType

import numpy as np
import numpy.typing as npt

from facevec.gallery.exact import check_references
from facevec.gallery.references import (
    AT_ONCE,
    SUM_BYTES,
    bytes_a_row,
    opened_rows,
    row_bytes,
    runs,
    sums_of,
)
from facevec.gallery.sealing import Cipher
from facevec.gallery.stored import RowsToWrite
from facevec.types import Vectors


class Draft:
    """`ports.RowSink`, whatever the number of rows: of each, its id and its sum stay in memory.

    The file has no name, so nobody finds in it who was removed meanwhile, and it goes with this process, as
    does the key it is encrypted under. A row that is put again is written again, behind the others.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self._file = TemporaryFile(dir=folder, prefix=prefix)  # noqa: SIM115  # closed by `__exit__`
        self.cleared()

    def cleared(self) -> Draft:
        """This draft, without rows."""
        self._file.seek(0)
        self._file.truncate()
        self._cipher = Cipher.passing()
        self._dimension, self._largest, self._written = 0, 0.0, 0
        self._rows: dict[int, int] = {}
        self._sums = [np.empty((0, SUM_BYTES), np.uint8)]
        return self

    def put(self, worker_ids: npt.NDArray[np.int64], references: Vectors) -> None:
        self._dimension = self._dimension or references.shape[1]
        check_references(worker_ids, references, self._dimension)
        self._sums.append(sums_of(references))
        self._file.seek(0, 2)
        self._file.write(row_bytes(references, self._cipher, self._written))
        first, self._written = self._written, self._written + len(worker_ids)
        self._rows.update(zip(worker_ids.tolist(), range(first, self._written), strict=True))
        self._largest = max(self._largest, float(np.abs(references).max(initial=0.0)))

    def remove(self, worker_ids: npt.NDArray[np.int64]) -> None:
        for worker_id in worker_ids.tolist():
            self._rows.pop(worker_id, None)

    def rows(self) -> RowsToWrite:
        """All that are in it."""
        worker_ids = np.fromiter(self._rows.keys(), np.int64, len(self._rows))
        rows = np.fromiter(self._rows.values(), np.int64, len(self._rows))
        order = np.argsort(worker_ids)
        sums = np.concatenate(self._sums)[rows[order]]
        blocks = self._blocks(rows[order])
        return RowsToWrite(self._dimension, worker_ids[order], sums, self._largest, blocks)

    def _blocks(self, rows: npt.NDArray[np.int64]) -> Iterator[Vectors]:
        self._file.flush()
        size = bytes_a_row(self._dimension, self._cipher)
        for first in range(0, len(rows), AT_ONCE):
            some, data = rows[first : first + AT_ONCE], bytearray()
            for start, stop in runs(some):
                self._file.seek(start * size)
                data += self._file.read((stop - start) * size)
            yield opened_rows(data, some, self._dimension, self._cipher)

    def __enter__(self) -> Draft:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
