"""Settings of the master key: where it is, and never what it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from facevec.config.kinds import AbsentIfEmpty, OptionalText, Section

Source = Annotated[
    str,
    StringConstraints(
        pattern=r"^(file|command|vault|env:[A-Za-z_][A-Za-z0-9_]*|credential:[A-Za-z0-9_.-]+)$"
    ),
]
SecretSource = Annotated[
    str,
    StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|credential:[A-Za-z0-9_.-]+|/.+|[A-Za-z]:.+)$"),
]


class KeysSettings(Section):
    """The master key, under which keys of data are wrapped (docs/keys.md). No key stands in the settings."""

    master: Source = Field(
        default="file",
        description='Where the master key is: "file", made at first use in keys.folder; "env:NAME", a '
        'variable; "credential:NAME", from systemd; "command", what keys.command prints; "vault", which '
        "never gives it out.",
    )
    before: Annotated[Source | None, AbsentIfEmpty] = Field(
        default=None,
        examples=["file"],
        description="Where it was before, written as keys.master, until `facevec keys master rotate` has "
        "wrapped everything under the new one.",
    )
    folder: OptionalText = Field(
        default=None,
        examples=["/var/lib/facevec-keys"],
        description="Folder of the key files, one a registry, outside of FACEVEC_HOME and of its backups. "
        "Not set, it is facevec-keys/master in the user's folder for settings.",
    )
    command: OptionalText = Field(
        default=None,
        examples=["/usr/local/bin/print-the-key --of facevec"],
        description="Command that prints the key, 32 bytes in hexadecimal or base64, such as a client of "
        "a cloud's KMS. No shell runs it, and nothing of what it says is kept.",
    )
    command_seconds: float = Field(default=10.0, gt=0, le=300, description="Time it has, seconds.")
    vault_url: OptionalText = Field(
        default=None,
        examples=["https://vault.example.com:8200"],
        description="Address of HashiCorp Vault or OpenBao; http:// only on this machine.",
    )
    vault_mount: str = Field(default="transit", description="Where its transit engine is mounted.")
    vault_key: str = Field(default="facevec", description="Name of the key there, aes256-gcm96.")
    vault_namespace: OptionalText = Field(
        default=None, examples=["hr/faces"], description="Namespace, where Vault has such."
    )
    vault_token: SecretSource = Field(
        default="env:VAULT_TOKEN",
        examples=["/run/vault/token"],
        description='Where the token is: "env:NAME", "credential:NAME", or the path of a file that '
        "its owner alone reads; it is read anew each time.",
    )
    vault_ca: OptionalText = Field(
        default=None,
        examples=["/etc/ssl/vault-ca.pem"],
        description="Certificates that vouch for Vault, PEM, instead of the system's.",
    )
    vault_seconds: float = Field(default=5.0, gt=0, le=60, description="Longest wait for an answer, seconds.")


def variable(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """What a variable of the environment holds."""
    return (os.environ if environ is None else environ).get(name)


def credentials_folder(environ: Mapping[str, str] | None = None) -> Path | None:
    """Where systemd puts the credentials of this service; None where there are none."""
    folder = variable("CREDENTIALS_DIRECTORY", environ)
    return Path(folder) if folder else None
