"""The files by which systemd runs facevec: the service, the nightly job, and the user they run as."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from shlex import quote

SERVICE, SOCKET, NIGHTLY = "facevec.service", "facevec.socket", "facevec-nightly"
ACCOUNT = "facevec"
STATE = "/var/lib/facevec"
ENVIRONMENT = "/etc/facevec/environment"
TIMER = f"{NIGHTLY}.timer"

_UNPRIVILEGED = """\
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
"""
"""Each user may have these of their own systemd. Not among them, nor below: MemoryDenyWriteExecute, for
OpenVINO writes the code that it runs, and ProcSubset, with which it may look for processors for ever."""

_THIS_MACHINE = """\
# It speaks with this machine only: a proxy here, a database here. Others take a drop-in; see the documents.
IPAddressDeny=any
IPAddressAllow=localhost
"""

_SYSTEM = f"""\
User={ACCOUNT}
Group={ACCOUNT}
StateDirectory=facevec
StateDirectoryMode=0700
WorkingDirectory={STATE}
EnvironmentFile=-{ENVIRONMENT}
Environment=HOME={STATE}
CapabilityBoundingSet=
AmbientCapabilities=
DevicePolicy=closed
KeyringMode=private
MemorySwapMax=0
PrivateDevices=yes
PrivateMounts=yes
PrivateTmp=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
{_THIS_MACHINE}"""


@dataclass(frozen=True, slots=True)
class Program:
    """How systemd starts facevec. python: the interpreter that it is installed for, absolute.

    for_user: by a user's own systemd, as that user. stop_seconds: what the settings allow after SIGTERM.
    address: where it listens, as systemd writes it.
    """

    python: PurePosixPath
    for_user: bool
    stop_seconds: int
    address: str

    def files(self) -> Mapping[str, str]:
        """Every file's text by its path, below the root, or below the user's folder for settings."""
        units = {
            SERVICE: self._service(),
            SOCKET: self._socket(),
            f"{NIGHTLY}.service": self._nightly(),
            TIMER: _TIMER,
        }
        if self.for_user:
            return {f"systemd/user/{name}": text for name, text in units.items()}
        return {
            **{f"etc/systemd/system/{name}": text for name, text in units.items()},
            "etc/sysusers.d/facevec.conf": f'u {ACCOUNT} - "facevec" {STATE}\n',
            "etc/tmpfiles.d/facevec.conf": f"d {STATE} 0700 {ACCOUNT} {ACCOUNT}\n",
        }

    def next_steps(self) -> tuple[str, ...]:
        """What is to be run then, in this order."""
        units = f"{SERVICE} {TIMER}"
        if self.for_user:
            return (
                f"{self._facevec()} models fetch",
                "systemctl --user daemon-reload",
                f"systemctl --user enable --now {units}",
                "loginctl enable-linger",
            )
        return (
            "systemd-sysusers facevec.conf",
            "systemd-tmpfiles --create facevec.conf",
            f"sudo -H --user={ACCOUNT} {self._facevec()} models fetch",
            "systemctl daemon-reload",
            f"systemctl enable --now {units}",
        )

    def _facevec(self) -> str:
        return f"{quote(str(self.python))} -m facevec"

    def _started(self, module: str, *words: str) -> str:
        """A command line as systemd reads it, which knows the escapes of C."""
        python = json.dumps(str(self.python), ensure_ascii=False).replace("%", "%%")
        return " ".join((python, "-m", module, *words))

    def _sandbox(self) -> str:
        return _UNPRIVILEGED if self.for_user else _UNPRIVILEGED + _SYSTEM

    def _service(self) -> str:
        return f"""\
[Unit]
Description=facevec: who is in a picture
Wants=network-online.target
Requires={SOCKET}
After=network-online.target postgresql.service

[Service]
Type=exec
ExecStart={self._started("facevec", "serve")}
Restart=on-failure
RestartSec=5
TimeoutStopSec={self.stop_seconds}
{self._sandbox()}
[Install]
WantedBy={"default.target" if self.for_user else "multi-user.target"}
"""

    def _socket(self) -> str:
        """Started with the service, and left open by it. The service's filter of addresses is not asked."""
        return f"""\
[Unit]
Description=facevec: where it listens, while it restarts too

[Socket]
ListenStream={self.address}
{"" if self.for_user else _THIS_MACHINE}"""

    def _nightly(self) -> str:
        return f"""\
[Unit]
Description=facevec: the nightly index, and whether the registry is as facevec wrote it
After=postgresql.service

[Service]
Type=oneshot
ExecStart={self._started("facevec.jobs.nightly")}
ExecStart={self._started("facevec", "integrity", "check")}
Nice=10
IOSchedulingClass=idle
{self._sandbox()}"""


_TIMER = """\
[Unit]
Description=facevec: every night

[Timer]
OnCalendar=*-*-* 03:00
RandomizedDelaySec=30min
Persistent=yes

[Install]
WantedBy=timers.target
"""
