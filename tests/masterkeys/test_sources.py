"""Master keys from where the settings have them, and files of them that nobody else may use."""

from __future__ import annotations

import base64
import os
import shlex
import sys
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from facevec.errors import BackupLocked, BackupUnusable, MasterKeyUnavailable, MasterKeyWrong
from facevec.masterkeys.ring import Key, Ring
from facevec.masterkeys.saved import Cost, opened, saved
from facevec.masterkeys.sources import Sources

NOW = datetime(2026, 11, 29, tzinfo=timezone.utc)
SECRET = bytes(range(100, 132))
VARIABLES = {"KEY": SECRET.hex(), "SHORT": "abcdef", "FLAT": "00" * 32}
DATA_KEY, CONTEXT = bytes(range(32)), b"registry 1, worker 7"
needs_modes = pytest.mark.skipif(os.name == "nt", reason="Windows keeps its permissions elsewhere")


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources(
        folder=tmp_path / "keys" / "master",
        home=tmp_path / "home",
        registry="5c1f",
        variable=VARIABLES.get,
        credentials=tmp_path / "credentials",
        command=None,
        command_seconds=5.0,
        vault=None,
        vault_token="env:VAULT_TOKEN",
    )


def test_a_file_is_made_once_for_each_registry_and_for_its_owner_only(sources: Sources) -> None:
    with pytest.raises(MasterKeyUnavailable, match="restore FILE"):
        sources.open("file")
    key = sources.open("file", make_at=NOW)
    wrapped = key.wrap(DATA_KEY, CONTEXT)
    assert DATA_KEY not in wrapped
    assert sources.open("file", make_at=NOW).unwrap(wrapped, CONTEXT) == DATA_KEY
    assert replace(sources, registry="another").open("file", make_at=NOW).name != key.name
    if os.name != "nt":
        assert [path.stat().st_mode & 0o777 for path in (sources.folder, sources.folder / "5c1f.key")] == [
            0o700,
            0o600,
        ]


def test_what_was_changed_or_was_wrapped_for_something_else_is_not_unwrapped(sources: Sources) -> None:
    key = sources.open("env:KEY")
    wrapped = key.wrap(DATA_KEY, CONTEXT)
    assert key.unwrap(wrapped, CONTEXT) == DATA_KEY
    with pytest.raises(MasterKeyWrong):
        key.unwrap(wrapped, b"registry 1, worker 8")
    for place in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[place] ^= 1
        with pytest.raises(MasterKeyWrong):
            key.unwrap(bytes(changed), CONTEXT)
        with pytest.raises(MasterKeyWrong):
            key.unwrap(wrapped[:place], CONTEXT)


def test_another_key_says_which_one_is_missing(sources: Sources) -> None:
    wrapped = sources.open("file", make_at=NOW).wrap(DATA_KEY, CONTEXT)
    name = sources.open("file").name
    with pytest.raises(MasterKeyWrong, match=f"{name}.*keys.before"):
        sources.open("env:KEY").unwrap(wrapped, CONTEXT)
    moved = sources.master("env:KEY", "file")
    assert moved.unwrap(wrapped, CONTEXT) == DATA_KEY
    assert not moved.is_current(wrapped)
    assert moved.is_current(moved.wrap(DATA_KEY, CONTEXT))


@needs_modes
def test_a_file_that_others_may_read_or_exchange_is_refused(sources: Sources, tmp_path: Path) -> None:
    sources.open("file", make_at=NOW)
    file = sources.folder / "5c1f.key"
    file.chmod(0o640)
    with pytest.raises(MasterKeyUnavailable, match="chmod 600"):
        sources.open("file")
    file.chmod(0o600)
    sources.folder.chmod(0o777)
    with pytest.raises(MasterKeyUnavailable, match="chmod go-w"):
        sources.open("file")
    sources.folder.chmod(0o700)
    if os.geteuid() == 0:
        elsewhere = tmp_path / "elsewhere"
        file.rename(elsewhere)
        file.symlink_to(elsewhere)
        assert sources.open("file")
        os.chown(file, 65534, 65534, follow_symlinks=False)
        with pytest.raises(MasterKeyUnavailable, match="belongs to another user"):
            sources.open("file")


def test_a_file_in_the_home_of_another_registry_or_cut_off_is_refused(sources: Sources) -> None:
    inside = replace(sources, folder=sources.home / "keys")
    with pytest.raises(MasterKeyUnavailable, match=r"keys\.folder"):
        inside.open("file", make_at=NOW)
    assert not inside.folder.exists()
    sources.open("file", make_at=NOW)
    file = sources.folder / "5c1f.key"
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"5c1f", b"5c20"))
    with pytest.raises(MasterKeyUnavailable, match="of the registry 5c20"):
        sources.open("file")
    file.write_bytes(whole[:-20])
    with pytest.raises(MasterKeyUnavailable) as refused:
        sources.open("file")
    assert whole.split()[-1].decode()[:16] not in str(refused.value)


def test_texts_that_are_no_key_are_refused_without_being_shown(sources: Sources) -> None:
    for name in ("SHORT", "FLAT", "NOT_SET"):
        with pytest.raises(MasterKeyUnavailable) as refused:
            sources.open(f"env:{name}")
        assert VARIABLES.get(name, "none") not in str(refused.value)
    spelt = [base64.b64encode(SECRET), base64.urlsafe_b64encode(SECRET).rstrip(b"="), SECRET.hex().encode()]
    assert sources.credentials is not None
    sources.credentials.mkdir(mode=0o700)
    for number, text in enumerate(spelt):
        file = sources.credentials / f"key{number}"
        file.write_bytes(text + b"\n")
        file.chmod(0o600)
        assert sources.open(f"credential:key{number}").name == sources.open("env:KEY").name
    with pytest.raises(MasterKeyUnavailable, match="LoadCredential"):
        replace(sources, credentials=None).open("credential:key")


def test_a_command_gives_the_key_in_time_and_says_nothing_else(sources: Sources) -> None:
    def printing(code: str, seconds: float = 60.0) -> Sources:
        command = shlex.join([sys.executable, "-c", code])
        return replace(sources, command=command, command_seconds=seconds)

    quiet = printing(f"import sys; print({SECRET.hex()!r}); print('loud', file=sys.stderr)")
    assert quiet.open("command").name == sources.open("env:KEY").name
    for code, said in (
        (f"print({SECRET.hex()!r}); raise SystemExit(7)", "ended with 7"),
        ("while True: print('x' * 1000)", "too much"),
        ("print('not a key')", "no master key"),
    ):
        with pytest.raises(MasterKeyUnavailable, match=said) as refused:
            printing(code).open("command")
        assert SECRET.hex() not in str(refused.value)
    before = time.monotonic()
    with pytest.raises(MasterKeyUnavailable, match="within"):
        printing("import time; time.sleep(60)", 0.3).open("command")
    assert time.monotonic() - before < 10
    with pytest.raises(MasterKeyUnavailable, match="cannot be started"):
        replace(sources, command="/no/such/program; true").open("command")
    with pytest.raises(MasterKeyUnavailable, match=r"keys\.command"):
        sources.open("command")


def test_a_copy_opens_under_its_passphrase_alone() -> None:
    ring = Ring("5c1f", (Key(SECRET, NOW), Key(DATA_KEY, NOW)))
    copy = saved(ring, "correct horse battery", Cost(4))
    assert SECRET.hex().encode() not in copy
    assert opened(copy, "correct horse battery", "it") == ring
    with pytest.raises(BackupLocked):
        opened(copy, "correct horse batterY", "it")
    with pytest.raises(BackupLocked):
        opened(copy.replace(b"5c1f", b"5c20"), "correct horse battery", "it")
    for other in (b"", b"{}", copy[:-20], copy.replace(b"    4,", b"    63,"), b"[1]"):
        with pytest.raises(BackupUnusable):
            opened(other, "correct horse battery", "it")
