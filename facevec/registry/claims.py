"""Failed claims in SQL: counted once for all processes and machines that share the registry."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Engine, delete, insert, select

from facevec.decision.claims import FORGOTTEN_AFTER, Limit, Tally, limits
from facevec.errors import ClaimsExhausted
from facevec.ports import Clock, utc_now
from facevec.registry import marks
from facevec.registry.engine import reading, writing
from facevec.registry.state import take_turn
from facevec.registry.tables import FailedClaimRow
from facevec.types import Claim


class SqlFailedClaims:
    """`ports.FailedClaims` beside the workers, in the same database.

    free, free_of_key: as in `decision.claims.limits`.
    """

    def __init__(self, engine: Engine, *, free: int, free_of_key: int, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._free = free
        self._free_of_key = free_of_key
        self._clock = clock

    def claim(self, worker_id: int, key_id: str, address: str) -> Claim:
        with reading(self._engine) as connection:
            pseudonym = marks.key_of(connection).mark("address", [address.encode()])
        return Claim(worker_id, key_id, pseudonym.hex()[:16])

    def require_patience(self, claim: Claim) -> None:
        with reading(self._engine) as connection:
            self._refuse(claim, _tallies(connection, self._limits(claim)))

    def settle(self, claim: Claim, *, same: bool) -> float:
        at, kinds = self._clock(), self._limits(claim)
        with writing(self._engine) as connection:
            take_turn(connection)  # one after the other, everywhere
            tallies = _tallies(connection, kinds)
            self._refuse(claim, tallies)
            if same:
                cleared = [name for name in tallies if kinds[name].cleared]
                if cleared:
                    connection.execute(delete(FailedClaimRow).where(FailedClaimRow.name.in_(cleared)))
                return 0.0
            failed = {name: tallies.get(name, Tally()).failed(limit, at) for name, limit in kinds.items()}
            counting = FailedClaimRow.last_at.between(at - FORGOTTEN_AFTER, at + FORGOTTEN_AFTER)
            connection.execute(delete(FailedClaimRow).where(FailedClaimRow.name.in_(kinds) | ~counting))
            connection.execute(
                insert(FailedClaimRow),
                [{"name": name, "failures": tally.failures, "last_at": at} for name, tally in failed.items()],
            )
        return max(tally.wait(kinds[name], at) for name, tally in failed.items())

    def _limits(self, claim: Claim) -> Mapping[str, Limit]:
        return limits(claim, self._free, self._free_of_key)

    def _refuse(self, claim: Claim, tallies: Mapping[str, Tally]) -> None:
        at, kinds = self._clock(), self._limits(claim)
        seconds = max((tally.wait(kinds[name], at) for name, tally in tallies.items()), default=0.0)
        if seconds > 0:
            raise ClaimsExhausted(claim.worker_id, seconds)


def _tallies(connection: Connection, names: Mapping[str, object]) -> dict[str, Tally]:
    rows = connection.execute(select(FailedClaimRow.__table__).where(FailedClaimRow.name.in_(names)))
    return {row.name: Tally(row.failures, row.last_at) for row in rows}
