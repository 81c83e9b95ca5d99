"""Of which contracts the templates are, counted in SQL."""

from __future__ import annotations

from sqlalchemy import Engine, func, select

from facevec.registry.engine import reading
from facevec.registry.tables import TemplateRow, WorkerRow


class SqlContractCensus:
    """`ports.ContractCensus`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def other_contracts(self, contract: str) -> tuple[tuple[str, int, int], ...]:
        counts = (
            select(TemplateRow.contract, func.count(TemplateRow.worker_id.distinct()), func.count())
            .where(TemplateRow.contract != contract)
            .group_by(TemplateRow.contract)
            .order_by(TemplateRow.contract)
        )
        with reading(self._engine) as connection:
            return tuple((row[0], row[1], row[2]) for row in connection.execute(counts))

    def without_template(self, contract: str) -> tuple[int, ...]:
        own = select(TemplateRow.id).where(
            TemplateRow.worker_id == WorkerRow.id, TemplateRow.contract == contract
        )
        without = select(WorkerRow.id).where(~own.exists()).order_by(WorkerRow.id)
        with reading(self._engine) as connection:
            return tuple(connection.scalars(without))
