"""Who is somebody else, for what, and how long: what waits for two people."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from facevec.errors import ApprovalInvalid, ApprovalNotFound, WorkerNotFound
from facevec.registry.api_keys import SqlApiKeys
from facevec.registry.approvals import SqlApprovals
from facevec.registry.engine import writing
from facevec.registry.repository import SqlRegistry
from facevec.registry.state import begin_epoch
from facevec.types import Approval, Asking, Deed
from facevec.usecases.approvals import removal
from tests.clock import Clock
from tests.registry.conftest import CONTRACT, MODEL
from tests.registry.photos import photo


class Office:
    """A registry with two workers, and people with keys."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.clock = engine, Clock()
        self.keys = SqlApiKeys(engine, self.clock)
        self.approvals = SqlApprovals(engine, self.clock)
        self.registry = SqlRegistry(engine)
        self.registry.claim_model(MODEL, CONTRACT)
        for number in (1, 2):
            self.registry.add_worker(f"W{number}", None, None, [photo(number)])
        self.anna, self.bert = self.key("anna"), self.key("bert")

    def key(self, name: str, *scopes: str) -> str:
        entry, _ = self.keys.create(name, scopes or ("admin",))  # type: ignore[arg-type]  # they are scopes
        return f"key:{entry.id}"

    def ask(self, by: str, worker: int = 1, deed: Deed = "remove") -> Approval:
        return self.approvals.ask(deed, removal(worker), by)

    def revoke(self, by: str) -> None:
        self.keys.revoke(by.removeprefix("key:"))


@pytest.fixture
def office(migrated_sqlite: str, opened: Callable[..., Engine]) -> Office:
    return Office(opened(migrated_sqlite))


def test_what_another_approves_may_be_done_once_and_nothing_else(office: Office) -> None:
    asking = office.ask(office.anna)
    assert (asking.state, asking.asked_by, asking.whole) == ("waiting", office.anna, True)
    assert office.ask(office.anna) == asking, "asked twice it is the same"
    assert office.approvals.decide(asking.id, office.bert, approved=True).decided_by == office.bert
    assert office.ask(office.anna, worker=2).state == "waiting"
    assert office.ask(office.anna, deed="withdraw").state == "waiting"
    granted = office.ask(office.anna)
    assert (granted.state, granted.decided_by) == ("approved", office.bert)
    assert office.ask(office.anna).state == "waiting"


def test_whoever_asks_for_the_same_approves_it(office: Office) -> None:
    office.ask(office.anna)
    granted = office.ask(office.bert)
    assert (granted.state, granted.asked_by, granted.decided_by) == ("approved", office.anna, office.bert)
    assert not office.approvals.listed()


def test_a_refusal_stands_until_it_is_withdrawn(office: Office) -> None:
    asking = office.ask(office.anna)
    office.approvals.decide(asking.id, office.bert, approved=False)
    assert office.ask(office.anna).state == "refused"
    with pytest.raises(ApprovalInvalid, match="refused by"):
        office.approvals.decide(asking.id, office.bert, approved=True)
    with pytest.raises(ApprovalInvalid, match="somebody else"):
        office.approvals.withdraw(asking.id, office.bert)
    office.approvals.withdraw(asking.id, office.anna)
    assert office.ask(office.anna).state == "waiting"


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (lambda office: office.anna, "somebody else"),
        (lambda office: office.key("Bea"), "made after"),
        (lambda office: office.renewed, "one person"),
        (lambda office: office.alike, "one person"),
        (lambda _office: "user:ANNA", "one person"),
        (lambda _office: "key:local", "scope admin"),
        (lambda office: office.desk, "scope admin"),
        (lambda office: office.gone, "scope admin"),
        (lambda _office: "key:ffffffff", "scope admin"),
    ],
)
def test_who_is_nobody_else_approves_nothing(office: Office, who: Callable[[Office], str], why: str) -> None:
    office.renewed, office.desk = office.key("Anna "), office.key("desk", "enrol")
    office.alike = office.key("\u0430nna")  # a Cyrillic a
    office.gone = office.key("gone")
    office.revoke(office.gone)
    asking = office.ask(office.anna)
    somebody = who(office)
    with pytest.raises(ApprovalInvalid, match=why):
        office.approvals.decide(asking.id, somebody, approved=True)
    if "scope" not in why:  # a key without it does not come so far
        assert office.ask(somebody).state == "waiting"
    assert office.ask(office.anna).state == "waiting"


def test_a_user_of_the_system_is_somebody_but_for_this_machines_own_key(office: Office) -> None:
    consent = Asking(("consent",), 1, {"text": "v1"})
    local = office.approvals.ask("consent", consent, "key:local")
    with pytest.raises(ApprovalInvalid, match="own key"):
        office.approvals.decide(local.id, "user:eva", approved=True)
    with pytest.raises(ApprovalInvalid, match="own key"):
        office.approvals.decide(local.id, office.bert, approved=True)
    assert office.ask("user:eva").state == "waiting"
    assert office.ask("user:root").state == "approved"


def test_what_a_revoked_key_said_counts_no_more(office: Office) -> None:
    office.approvals.decide(office.ask(office.anna).id, office.bert, approved=True)
    office.revoke(office.bert)
    assert office.ask(office.anna).state == "waiting", "its approval went with it"
    office.revoke(office.anna)
    assert not office.approvals.listed()
    with pytest.raises(ApprovalNotFound):
        office.approvals.decide(1, "user:eva", approved=True)


@pytest.mark.parametrize("leap", [timedelta(hours=25), timedelta(hours=-1)])
def test_an_approval_of_another_day_counts_for_nothing(office: Office, leap: timedelta) -> None:
    office.approvals.decide(office.ask(office.anna).id, office.bert, approved=True)
    office.clock.ahead = leap
    assert not office.approvals.listed()
    assert office.ask(office.anna).state == "waiting"


def test_what_comes_back_with_a_backup_or_was_written_by_sql_was_not_approved(office: Office) -> None:
    asking = office.ask(office.anna)
    office.approvals.decide(asking.id, office.bert, approved=True)
    with writing(office.engine) as connection:
        begin_epoch(connection)  # as a restore does
    assert office.ask(office.anna).state == "waiting"
    for change in ("state = 'approved', decided_by = 'user:eva'", "asked_by = 'user:eva'", "digest = ''"):
        office.ask(office.anna)
        with writing(office.engine) as connection:
            assert connection.execute(text(f"UPDATE approvals SET {change}")).rowcount == 1
        assert not office.approvals.listed()
        assert office.ask(office.bert).state == "waiting"
        office.approvals.withdraw(office.approvals.listed()[0].id, office.bert)


def test_what_is_personal_is_not_kept_and_is_approved_by_the_same_alone(office: Office) -> None:
    asking = Asking(("rename",), 1, hidden=("Zenobia Lind",))
    noted = office.approvals.ask("rename", asking, office.anna)
    assert not noted.whole
    with office.engine.connect() as connection:
        assert "Zenobia" not in str(connection.execute(text("SELECT * FROM approvals")).all())
    with pytest.raises(ApprovalInvalid, match="not kept"):
        office.approvals.decide(noted.id, office.bert, approved=True)
    other = Asking(("rename",), 1, hidden=("Zenobie Lind",))
    assert office.approvals.ask("rename", other, office.bert).state == "waiting"
    assert office.approvals.ask("rename", asking, office.bert).state == "approved"


def test_askings_go_with_the_worker(office: Office) -> None:
    office.ask(office.anna)
    office.registry.remove_worker(1)
    assert not office.approvals.listed()
    with pytest.raises(WorkerNotFound):
        office.ask(office.anna)


def test_of_many_at_once_one_decides_and_one_may(engine: Engine) -> None:
    office = Office(engine)
    asking = office.ask(office.anna)

    def decide(approved: bool) -> str:
        try:
            return office.approvals.decide(asking.id, office.bert, approved=approved).state
        except ApprovalInvalid:
            return "late"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(decide, [True] * 4)) == ["approved", "late", "late", "late"]
        states = pool.map(lambda _: office.ask(office.anna).state, range(4))
        assert sorted(states) == ["approved", "waiting", "waiting", "waiting"]
