"""What a command prints: no shell runs it, and what else it says is neither kept nor shown."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from contextlib import suppress
from threading import Thread

from facevec.errors import MasterKeyUnavailable

LONGEST = 4096


def output_of(command: str, seconds: float) -> bytes:
    """What `command` writes to its stdout, within `seconds`. Raises MasterKeyUnavailable."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise MasterKeyUnavailable(f"keys.command cannot be read: {error}.") from error
    if not words:
        raise MasterKeyUnavailable("keys.command is empty; name the command that prints the master key.")
    try:
        process = subprocess.Popen(  # noqa: S603  # the operator's own command, and no shell
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it may hold the key
            start_new_session=True,
        )
    except OSError as error:
        raise MasterKeyUnavailable(
            f"The command {words[0]} of keys.command cannot be started: {error.strerror or error}."
        ) from error
    with process:
        output: list[bytes] = []
        reader = Thread(target=_read, args=(process, output), daemon=True)
        reader.start()
        reader.join(seconds)
        if reader.is_alive() or len(output[0]) > LONGEST:
            _kill(process)
            why = f"did not end within {seconds:g} s" if reader.is_alive() else "printed too much for a key"
            reader.join()
            raise MasterKeyUnavailable(f"The command {words[0]} of keys.command {why}.")
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise MasterKeyUnavailable(
                f"The command {words[0]} of keys.command did not end within {seconds:g} s."
            ) from None
    if code:
        raise MasterKeyUnavailable(
            f"The command {words[0]} of keys.command ended with {code}; run it by hand to see why."
        )
    return output[0]


def _read(process: subprocess.Popen[bytes], output: list[bytes]) -> None:
    stream = process.stdout
    output.append(b"" if stream is None else stream.read(LONGEST + 1))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """With all that it started."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
