"""Installs facevec as `make` wants it: python install.py PYTHON REQUIREMENT, of the virtual environment.

On Linux PyPI's PyTorch comes with gigabytes of CUDA. Where there is no NVIDIA GPU this takes torch and
torchvision from PyTorch's own index first, which has builds without; FACEVEC_CPU_INDEX names a mirror of it.
Where that index does not answer, or pip's settings name the one index to use, pip takes them from where it
looks anyway. Needs the standard library alone, as it runs before anything is installed.
"""

from __future__ import annotations

import configparser
import http.client
import os
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PATIENCE_SECONDS = 5.0
BUILDS = ("torch", "torchvision")
DRIVER_SIGNS = ("/proc/driver/nvidia/version", "/dev/nvidiactl", "/usr/lib/wsl/lib/nvidia-smi")


def pins(setup: Path) -> list[str]:
    """The requirements of what has builds for CPUs, as `setup` (setup.cfg) states them."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(setup, encoding="utf-8")
    lines = parser["options"]["install_requires"].split("\n")
    return [line.strip() for line in lines if line.split("=")[0].strip() in BUILDS]


def has_nvidia_gpu() -> bool:
    """Whether a driver for one is here; what it can do is torch's to find out."""
    return shutil.which("nvidia-smi") is not None or any(Path(sign).exists() for sign in DRIVER_SIGNS)


def own_index(pip: Sequence[str]) -> str | None:
    """The setting of pip by which somebody has decided where packages come from; None where nobody has.

    An extra index decides only where it is PyTorch's.
    """
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False).stdout
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        option = name.rpartition(".")[2].replace("_", "-")
        if option in ("index-url", "no-index") or (option == "extra-index-url" and "pytorch" in value):
            return name
    return None


def answers(url: str, seconds: float) -> bool:
    """Whether somebody answers at `url` within `seconds`, looking up its name included."""
    answered: list[bool] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(url, timeout=seconds) as response:  # noqa: S310  # https, or a test's
                answered.append(response.status == http.client.OK)
        except (OSError, ValueError, http.client.HTTPException):
            answered.append(False)

    asking = threading.Thread(target=ask, daemon=True)  # a name server that says nothing has no timeout
    asking.start()
    asking.join(seconds)
    return any(answered)


def take_cpu_builds(pip: Sequence[str], index: str, setup: Path) -> None:
    """Install what has builds for CPUs from `index`; where that fails, say so."""
    if not answers(f"{index}/torch/", PATIENCE_SECONDS):
        print(f"{index} does not answer: PyTorch comes from where pip looks, with CUDA if that is PyPI.")
        return
    print(f"No NVIDIA GPU here: PyTorch's CPU build is taken from {index}.")
    command = [*pip, "install", "--quiet", "--no-deps", "--extra-index-url", index, *pins(setup)]
    if subprocess.run(command, check=False).returncode:
        print(f"{index} does not have {' and '.join(pins(setup))}: they come from where pip looks.")


def main(arguments: Sequence[str], environ: Mapping[str, str], platform: str) -> int:
    """Install REQUIREMENT with PYTHON's pip and return its exit status."""
    python, requirement = arguments
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    here = Path(__file__).parent
    if platform == "linux" and not has_nvidia_gpu():
        setting = own_index(pip)
        if setting:
            print(f"Where PyTorch comes from is left to pip's setting {setting}.")
        else:
            take_cpu_builds(pip, environ.get("FACEVEC_CPU_INDEX", CPU_INDEX), here / "setup.cfg")
    command = [*pip, "install", "--quiet", "--editable", requirement]
    return subprocess.run(command, check=False, cwd=here).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, sys.platform))
