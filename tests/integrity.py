"""The integrity key of the tests: in every process the same, so that networks are converted once."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from facevec.config.paths import integrity_key_file
from facevec.integrity import IntegrityKey, key_at

TEXT = "of the tests and of nobody else: 0123456789"


def own_key() -> IntegrityKey:
    """The key of this process and of those that it starts, which is not the user's."""
    folder = tempfile.mkdtemp(prefix="facevec-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["XDG_CONFIG_HOME"] = folder
    file = integrity_key_file()
    file.parent.mkdir(mode=0o700)
    file.touch(0o600)
    file.write_text(TEXT, encoding="utf-8")
    return key_at(file)


KEY = own_key()
