"""What decides here now, for commands that must not begin a registry to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.cli.common import build
from facevec.errors import RegistryError

if TYPE_CHECKING:
    from facevec.config import Loaded
    from facevec.usecases.standing import Standing


def standing_of(loaded: Loaded) -> Standing | None:
    """How things stand; None where nobody was ever enrolled, or the registry cannot be asked."""
    from facevec.registry import schema

    try:
        if schema.look(loaded.registry_url).current is None:
            return None
        return build(loaded).standing()
    except RegistryError:
        return None
