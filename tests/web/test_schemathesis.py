"""schemathesis against a real server, with all its checks: the document and the service say the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.pictures import FLAGS
from tests.web.server import ROOT, environment, run, running

pytestmark = pytest.mark.slow

BOUND_SECONDS = 600


def test_the_service_does_what_its_document_says(tmp_path: Path) -> None:
    command = shutil.which("st", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("schemathesis is not installed: pip install 'facevec[dev]' on Python 3.11 or newer")
    key = run(tmp_path, "key", "create", "schemathesis", "--scope", "admin")
    with running(tmp_path, {**FLAGS, "server.rate": "0", "server.wrong_keys": "0"}) as server:
        process = subprocess.run(
            [
                command,
                *("--config-file", "tests/web/schemathesis.toml"),
                *("run", f"{server.url}/openapi.json"),
                *("--checks", "all"),
                *("--header", f"Authorization: Bearer {key}"),
            ],
            cwd=ROOT,
            env={**environment(), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=BOUND_SECONDS,
        )
        assert process.returncode == 0, process.stdout[-6000:] + process.stderr[-2000:]
        assert not [line for line in server.lines if '"status": 500' in line]
