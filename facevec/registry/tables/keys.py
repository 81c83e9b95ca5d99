"""Which keys encrypt what people are told by."""

from __future__ import annotations

from sqlalchemy import Integer, LargeBinary

from facevec.registry.columns import Key
from facevec.registry.tables.base import Base, Mapped, mapped_column


class RegistryKeyRow(Base):
    """A key that wraps keys of data, wrapped under the master key. There are two while they are rotated."""

    __tablename__ = "registry_keys"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class DataKeyRow(Base):
    """The key of one stored value, wrapped under a registry key. With SQLite they lie in a file instead, see
    `encryption.slots`."""

    __tablename__ = "data_keys"

    slot: Mapped[int] = mapped_column(Key, primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class GoingKeyRow(Base):
    """A slot whose key is destroyed now, with SQLite: its value is gone."""

    __tablename__ = "going_keys"

    slot: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
