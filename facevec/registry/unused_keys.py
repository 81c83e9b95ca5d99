"""Keys of values that are nowhere: of enrolments whose process was killed before they were committed."""

from __future__ import annotations

from sqlalchemy import Engine

from facevec.registry.encryption.carrying import destroy_unused
from facevec.registry.engine import writing
from facevec.registry.state import take_turn


def destroy_unused_keys(engine: Engine) -> int:
    """Destroy them; how many. Raises RegistryError."""
    with writing(engine) as connection:
        take_turn(connection)  # whoever is enrolling has ended by now
        return destroy_unused(connection)
