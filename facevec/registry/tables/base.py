"""What every table of the registry is made of.

Tables are written as classes, in SQLAlchemy's own manner, and used as plain tables: a row is a row, nowhere
an object. So the part of SQLAlchemy that maps one to the other is not loaded, and no query is put together
by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from sqlalchemy import Column, MetaData, Table

Value = TypeVar("Value")


class Mapped(Generic[Value]):
    """A column as it is written down, before it has a name; `None` among its types is what may be empty."""

    def __init__(self, parts: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.parts, self.options = parts, options

    if TYPE_CHECKING:  # it is the column itself by the time that anybody asks

        def __get__(self, row: None, table: type[Base]) -> Column[Value]: ...


def mapped_column(*parts: Any, **options: Any) -> Any:  # noqa: ANN401  # whatever `Column` takes
    """A column of the table that the class is. parts, options: of `Column`, but the name."""
    return Mapped(parts, options)


class Base:
    """All tables; every constraint has a name, so that a later migration can find it.

    `mark`: of a row that decides, under the integrity key; see `marks`.
    """

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    __table__: ClassVar[Table]
    __tablename__: ClassVar[str]
    __table_args__: ClassVar[tuple[Any, ...]] = ()

    def __init_subclass__(cls) -> None:
        columns = [_column(name, says, getattr(cls, name)) for name, says in cls.__annotations__.items()]
        *arguments, last = (*cls.__table_args__, {})
        if arguments and isinstance(arguments[-1], dict):
            last = arguments.pop()
        cls.__table__ = Table(cls.__tablename__, cls.metadata, *columns, *arguments, **last)
        for column in cls.__table__.columns:
            setattr(cls, column.name, column)

    @classmethod
    def __clause_element__(cls) -> Table:
        """What SQLAlchemy takes the class for."""
        return cls.__table__


def _column(name: str, says: str, written: object) -> Column[Any]:
    """says: its annotation. Raises TypeError for a column of another manner, SQLAlchemy's ORM's say."""
    if not isinstance(written, Mapped):
        raise TypeError(f"{name} is no column; take `Mapped` and `mapped_column` from {__name__}.")
    return Column(name, *written.parts, **{"nullable": "None" in says, **written.options})
