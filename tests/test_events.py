from __future__ import annotations

import subprocess
import sys

TELLING = """
import sys
from facevec.events import Events, set_up_by

def set_up():
    from facevec.logs import configure
    configure("warning")

set_up_by(set_up)
assert "structlog" not in sys.modules
Events().info("quiet")
Events().warning("told", number=1)
"""


def test_the_first_event_is_told_as_the_settings_want_it_though_nothing_was_loaded_for_it_before() -> None:
    process = subprocess.run([sys.executable, "-c", TELLING], check=True, capture_output=True, text=True)
    assert process.stdout == ""
    assert '"told"' in process.stderr
    assert "quiet" not in process.stderr
