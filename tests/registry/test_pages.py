"""The gallery is read in pages: nobody who writes waits for it, and what came between two pages is in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from sqlalchemy import Engine

from facevec.errors import RegistryReplaced
from facevec.registry import pages
from facevec.registry.repository import SqlRegistry
from facevec.types import Consent, Page, Position
from tests.registry.conftest import CONTRACT
from tests.registry.photos import photo
from tests.registry.rolls import called

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def registry(registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch) -> SqlRegistry:
    """Nine workers, two on a page."""
    monkeypatch.setattr(pages, "WORKERS_A_PAGE", 2)
    for number in range(9):
        ends = Consent("v1", NOW, NOW + timedelta(days=number)) if number else None
        registry.add_worker(f"Worker {number}", None, ends, [photo(2 * number), photo(2 * number + 1)])
    return registry


def contents(registry: SqlRegistry) -> dict[str, object]:
    roll, references = called(registry, CONTRACT)
    named = {field.name: getattr(roll, field.name) for field in fields(roll)} | {"references": references}
    terms = named.pop("terms")
    named["terms"] = sorted(zip(terms.worker_ids.tolist(), terms.ends.tolist(), strict=True))
    return {name: held.tobytes() if isinstance(held, np.ndarray) else held for name, held in named.items()}


def changes(writer: SqlRegistry) -> list[Callable[[], object]]:
    """One before each page: of who was read already, and of who is still to come."""
    return [
        lambda: writer.remove_worker(9),
        lambda: writer.remove_worker(1),
        lambda: writer.add_photos(2, [photo(90)]),
        lambda: writer.add_worker("Newcomer", None, None, [photo(91)]),
        lambda: writer.set_consent(3, Consent("v2", NOW)),
        lambda: writer.remove_photo(4, writer.photos(4)[0].id),
    ]


def test_what_changes_while_it_is_read_is_in_it_and_no_writer_waits(
    registry: SqlRegistry, url: str, opened: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SqlRegistry(opened(url, busy_seconds=0.5), lambda: NOW)
    to_come, next_page = changes(writer), registry.next_page

    def changing_meanwhile(contract: str, after_id: int, since: Position) -> Page:
        if to_come:
            to_come.pop(0)()
        return next_page(contract, after_id, since)

    monkeypatch.setattr(registry, "next_page", changing_meanwhile)
    read = contents(registry)
    assert to_come == []
    monkeypatch.setattr(registry, "next_page", next_page)
    assert read == contents(registry)
    roll, _ = called(registry, CONTRACT)
    assert roll.worker_ids.tolist() == [2, 3, 4, 5, 6, 7, 8, 10]
    assert roll.templates_each.tolist() == [3, 2, 1, 2, 2, 2, 2, 1]


def test_a_registry_that_is_replaced_while_it_is_read_is_read_from_its_beginning(
    registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_page, starts = registry.next_page, []

    def replaced_once(contract: str, after_id: int, since: Position) -> Page:
        starts.append(after_id)
        if len(starts) == 3:
            raise RegistryReplaced("The database is that of another registry.")
        return next_page(contract, after_id, since)

    monkeypatch.setattr(registry, "next_page", replaced_once)
    assert called(registry, CONTRACT)[0].worker_ids.tolist() == list(range(1, 10))
    assert starts == [0, 2, 4, 0, 2, 4, 6, 8, 9]
