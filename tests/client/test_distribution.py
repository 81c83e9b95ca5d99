"""facevec-client: the same code under a name of its own, without facevec."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTION = ROOT / "clients" / "python"


def test_it_is_imported_without_facevec_or_any_engine() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(DISTRIBUTION)!r}); import facevec_client; print(*sys.modules)"
    )
    listed = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    rooms = {name.split(".")[0] for name in listed}
    assert "facevec_client" in rooms
    assert not rooms & {"facevec", "numpy", "pydantic", "flask", "sqlalchemy", "PIL", "torch"}


def test_its_types_are_told_to_type_checkers() -> None:
    assert (DISTRIBUTION / "facevec_client" / "py.typed").is_file()
