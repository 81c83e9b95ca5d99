"""Issue 11, 18 and 21: what is left of people where nobody would look for them."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from facevec.cli.main import cli
from facevec.cli.session import Session
from facevec.types import Face, Image, Purpose, Vectors
from tests.attack.conftest import House
from tests.toy import Someone, ToyEmbedder, ToyNetworks, picture


def test_an_evaluation_writes_nobody_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However it ends: at no moment is there a file that a killed one would leave."""
    people, temporary = tmp_path / "people", tmp_path / "temporary"
    for who, looks in ((1, 5), (2, 5), (3, 1)):
        (people / f"Person {who}").mkdir(parents=True)
        for look in range(looks):
            (people / f"Person {who}" / f"{look}.png").write_bytes(picture(Someone(who, look)))
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    seen: list[list[Path]] = []

    class Watching(ToyEmbedder):
        def embed(self, image: Image, faces: Sequence[Face], purpose: Purpose = Purpose.PROBE) -> Vectors:
            seen.append([*temporary.rglob("*"), *(tmp_path / "home").rglob("*.db")])
            vectors: Vectors = np.asarray(super().embed(image, faces, purpose))
            return vectors

    session = Session(networks=lambda _: ToyNetworks(embedder=Watching()))
    words = ["--home", str(tmp_path / "home"), "evaluate", str(people), "--json"]
    answer = CliRunner().invoke(cli, words, obj=session)
    assert json.loads(answer.stdout)["enrolled"] == 2
    assert len(seen) >= 11
    assert not [path for paths in seen for path in paths if path.name != "facevec.db"]
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    "source",
    ["Oldname/1.png", "Zoë Oldname 3.PNG", "photos of zoe.png", "OLDNAME-0001.png", "Zoe\u0308.png"],
)
def test_a_former_name_leaves_the_photos_too(house: House, source: str) -> None:
    admin = house.holder("admin")
    form = {"name": "Zoë Oldname", "files": [(io.BytesIO(picture(Someone(5))), source)]}
    added = house.client.post("/api/v1/workers", headers=admin.headers, data=form)
    assert added.status_code == 201, added.text
    worker = added.json["worker"]["id"]
    assert admin.send("PATCH", f"/workers/{worker}", name="Sam Newname").status_code == 200
    (photo,) = admin.send("GET", f"/workers/{worker}").json["photos"]
    kept = photo["source"].casefold()
    assert not [word for word in ("zo", "oldname") if word in kept], kept
    database = (house.service.app.loaded.home / "facevec.db").read_bytes().lower()
    assert b"oldname" not in database
