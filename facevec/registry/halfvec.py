"""pgvector's halfvec: vectors in 16 bits a number, and how many of them are written at once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import UserDefinedType

from facevec.types.lazy_numpy import np, npt


class HalfVector(UserDefinedType[str]):
    """pgvector's halfvec, whose numbers have 16 bits; written as text."""

    cache_ok = True

    def __init__(self, dimension: int | None = None) -> None:
        self.dimension = dimension

    def get_col_spec(self, **_: object) -> str:
        return "halfvec" if self.dimension is None else f"halfvec({self.dimension})"


def halved(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float16]:
    """(n, dimension) in 16 bits a number, most significant byte first, as pgvector sends them."""
    return vectors.astype(">f2")


def copy_in(
    connection: Connection, contract: str, worker_ids: npt.NDArray[np.int64], halves: npt.NDArray[np.float16]
) -> None:
    """Add references with PostgreSQL's binary COPY: its format is that of an array of records."""
    name = contract.encode()
    dimension = halves.shape[1]
    record = np.dtype(
        [
            ("columns", ">i2"),
            ("worker_length", ">i4"),
            ("worker", ">i8"),
            ("contract_length", ">i4"),
            ("contract", f"S{len(name)}"),
            ("reference_length", ">i4"),
            ("dimension", ">i2"),
            ("unused", ">i2"),
            ("reference", ">f2", (dimension,)),
        ]
    )
    rows = np.zeros(len(worker_ids), record)
    rows["columns"], rows["worker_length"], rows["contract_length"] = 3, 8, len(name)
    rows["reference_length"], rows["dimension"] = 4 + 2 * dimension, dimension
    rows["worker"], rows["contract"], rows["reference"] = worker_ids, name, halves
    driver: Any = connection.connection.driver_connection
    statement = "COPY gallery_references (worker_id, contract, reference) FROM STDIN (FORMAT BINARY)"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            copy.write(rows.tobytes())
            copy.write(b"\xff\xff")
    except connection.dialect.loaded_dbapi.Error as error:  # SQLAlchemy did not run it
        raise DBAPIError(statement, None, error) from error
