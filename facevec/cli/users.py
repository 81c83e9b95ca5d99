"""Who runs this command."""

from __future__ import annotations

import getpass
import os
import sys


def this_user() -> str:
    """Who runs this command, as what they do is recorded."""
    return f"user:{system_user()}"


def system_user() -> str:
    """The name of the system's user, or their number where they have no name.

    By the process itself where that can be asked, not by variables that anybody may set.
    """
    if sys.platform == "win32":
        return getpass.getuser()
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
