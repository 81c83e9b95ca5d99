"""The container image without an engine: built by buildah on a Debian of debootstrap's, run in a chroot."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

ANYBODY = 47110
"""A user id that no system knows."""

CERTIFICATES = Path("/etc/ssl/certs")
PIP_SETTINGS = Path("/etc/xdg/pip")

# Of arguments: the image's files, the user id, the volume, the networks, the weights, then the command.
RUN = """
root=$1; uid=$2; volume=$3; graphs=$4; models=$5; shift 5
mount --bind "$root" "$root"; mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"; mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"; mount --rbind /dev "$root/dev"
mount --bind "$volume" "$root/var/lib/facevec"
mount --bind "$graphs" "$root/usr/share/facevec/graphs"
mount --bind "$models" "$root/usr/share/facevec/models"
exec chroot --userspec="$uid:0" "$root" "$@"
"""


def require_tools() -> None:
    """Skip where the image cannot be built."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("building the image in a chroot takes root")
    for program in ("buildah", "debootstrap", "unshare"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program}: install Debian's buildah and debootstrap to build and run the image")


@dataclass(frozen=True)
class Buildah:
    """buildah with all that it keeps in a folder of its own."""

    folder: Path

    def __call__(self, *words: object) -> str:
        """The stdout of one command."""
        places = ["--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run")]
        process = subprocess.run(
            ["buildah", *places, *map(str, words)],
            env={**os.environ, "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"},
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=1500,
        )  # fmt: skip
        assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-4000:]
        return process.stdout.strip()

    def base(self) -> str:
        """The name of a Debian with nothing but what it needs; skips where none can be had.

        Certificates are among it: this machine's are laid over them while the image is built.
        """
        made = subprocess.run(
            ["debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm",
             str(self.folder / "debian")],
            capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        if made.returncode:
            pytest.skip(f"debootstrap makes no Debian here: {made.stdout[-500:]}")
        container = self("from", "scratch")
        self("add", "-q", container, self.folder / "debian", "/")
        self("commit", "-q", "--rm", container, "localhost/debian")
        shutil.rmtree(self.folder / "debian")
        return "localhost/debian"

    def build(self, base: str) -> str:
        """The name of facevec's image. Packages are looked for where this machine's pip does."""
        shared = [f"{place}:{place}:ro" for place in (CERTIFICATES, PIP_SETTINGS) if place.is_dir()]
        volumes = [part for place in shared for part in ("--volume", place)]
        self("build", "--format", "docker", "--network", "host", "--build-arg", f"BASE={base}",
             *volumes, "-t", "localhost/facevec", ".")  # fmt: skip
        return "localhost/facevec"

    def settings(self, image: str) -> Mapping[str, str]:
        """The environment that the image sets."""
        described = json.loads(self("inspect", "--type", "image", image))
        return dict(line.split("=", 1) for line in described["OCIv1"]["config"]["Env"])


@dataclass(frozen=True)
class Container:
    """A container of the image, its root read-only. root: its files. settings: its environment."""

    root: Path
    settings: Mapping[str, str]
    volume: Path
    graphs: Path
    models: Path

    def start(self, *words: str, **settings: str) -> subprocess.Popen[str]:
        """A program in it, as a user whom nobody knows, in the group root as platforms do it."""
        own = [f"{name}={value}" for name, value in {**self.settings, **settings}.items()]
        places = map(str, (self.root, ANYBODY, self.volume, self.graphs, self.models))
        apart = ["unshare", "--mount", "--propagation", "private"]  # and become the program
        return subprocess.Popen(
            [*apart, "sh", "-euc", RUN, "sh", *places, "env", "-i", *own, *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """The same to its end."""
        with self.start(*words, **settings) as process:
            out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(words, process.returncode, out, err)
