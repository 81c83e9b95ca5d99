"""What is removed is gone from the file, not just from the answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from tests.registry.photos import photo, vector

NAME, SOURCE = "Zenobia Quxworth", "zenobia-quxworth-at-the-gate.jpg"
PIXELS = bytes(range(1, 251)) * 40


def on_disk(folder: Path) -> bytes:
    """Every byte of the database and of whatever journal lies beside it."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


@pytest.mark.parametrize("what", ["worker", "photo"])
def test_nothing_of_the_removed_is_left_in_the_file(
    tmp_path: Path, opened: Callable[..., Engine], what: str
) -> None:
    engine = opened(f"sqlite:///{tmp_path / 'facevec.db'}")
    prepare(engine)
    registry = SqlRegistry(engine)
    registry.claim_model("model-a", "contract-a")
    for number in range(100, 130):
        registry.add_worker(f"other {number}", None, None, [photo(number)])
    # Two photos: of one alone the seal, which stays as long as the worker does, is the very template.
    photos = [photo(1, source=SOURCE, pixels=PIXELS), photo(2)]
    zenobia = registry.add_worker(NAME, "Z-1", None, photos)
    traces = [vector(1).tobytes()[:64], vector(1).tobytes()[-64:], PIXELS[:250], SOURCE.encode()]
    traces.append(photo(1).sha256.encode())
    before = on_disk(tmp_path)
    assert all(trace in before for trace in [*traces, NAME.encode()])
    if what == "worker":
        registry.remove_worker(zenobia.id)
        traces += [NAME.encode(), NAME.lower().encode()]
    else:
        registry.remove_photo(zenobia.id, registry.photos(zenobia.id)[0].id)
    after = on_disk(tmp_path)
    assert [trace for trace in traces if trace in after] == []
    assert vector(115).tobytes()[:64] in after
