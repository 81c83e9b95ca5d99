"""Finding what was destroyed, and removals that are killed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from facevec.erasure.receipts import FileReceipts
from facevec.erasure.traces import WINDOW, Tracer
from facevec.errors import RegistryError
from facevec.integrity import IntegrityKey
from facevec.ports import utc_now
from facevec.types import Belongings
from tests.erasure.removing import COUNT, app_at, fill, trace
from tests.integrity import KEY

KILLS = 3


def test_contents_are_found_wherever_they_begin_and_nothing_else_is(tmp_path: Path) -> None:
    draw = np.random.default_rng(15)
    template, name = draw.bytes(2048), b"Zenobia Quxworth"
    tracer = Tracer(KEY)
    traces = tracer.traces([("template", template), ("name", name)])
    noise = draw.bytes(5_000_000)
    file = tmp_path / "file"
    file.write_bytes(noise)
    assert tracer.found_in(file, traces) == set()
    for place in (0, 3_999_960, 4_999_000):
        file.write_bytes(
            noise[:place] + name + noise[place : place + 900] + template[:WINDOW] + noise[place:]
        )
        assert tracer.found_in(file, traces) == {"template", "name"}
    assert Tracer(IntegrityKey(bytes(32), "another")).found_in(file, traces) == set()
    assert tracer.unsealed(tracer.sealed(traces)) == traces


@pytest.mark.slow
def test_a_removal_that_is_killed_has_a_receipt_or_did_not_happen(tmp_path: Path) -> None:
    home, draw = tmp_path / "home", random.Random(15)
    home.mkdir()
    fill(home)
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.erasure.removing", home], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(draw.uniform(0.1, 0.3))
        process.kill()
        process.communicate()
        with app_at(home) as app:
            app.finish_removals()
            left = {worker.id for worker in app.registry.list_workers()}
            gone = set(range(1, COUNT + 1)) - left
            receipts = app.receipts.all()
            assert len(receipts) >= len(gone)
            ours = {identity for one in receipts for identity in one.identities}
            assert not app.erasures.belongings.is_any_left(tuple(ours))
        assert not list((home / "receipts").glob("*.draft"))
        stored = b"".join(path.read_bytes() for path in home.glob("facevec.db*"))
        assert not [number for number in gone if trace(number) in stored]
        assert all(trace(number) in stored for number in left)
    assert gone


def test_a_removal_that_fails_where_no_receipt_can_be_written_fails_for_its_own_reason(
    tmp_path: Path,
) -> None:
    (tmp_path / "receipts").write_bytes(b"")  # no folder
    receipts = FileReceipts(tmp_path / "receipts", KEY, utc_now)
    draft = receipts.draft(Belongings({}, (), {}), "worker", "registry")
    with pytest.raises(RegistryError, match="its own"), receipts.beginning(draft):
        raise RegistryError("its own")
