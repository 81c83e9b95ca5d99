"""What one run of the command line carries along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from facevec.config import Loaded
    from facevec.networks import NetworksOf


@dataclass(slots=True)
class Session:
    """One run of the command line: the root's options, and the settings once they are loaded.

    deed: whether the command changes something, so that its answer is not all there is of it. networks:
    what sees, instead of the models that the settings name. server: the service to work on instead of
    this machine; key_file: where its key is; transport: how it is called, instead of over the network.
    recorded: whether the audit trail is told at the end, recorded_itself: of an error only; worker_ids,
    detail: what. own_process: whether the process is this run's alone.
    """

    home: Path | None = None
    flags: Mapping[str, str] = field(default_factory=dict)
    loaded: Loaded | None = None
    deed: bool = False
    networks: NetworksOf | None = None
    server: str | None = None
    key_file: Path | None = None
    transport: httpx.BaseTransport | None = None
    recorded: bool = False
    recorded_itself: bool = False
    worker_ids: set[int] = field(default_factory=set)
    detail: dict[str, Any] = field(default_factory=dict)
    own_process: bool = False
