"""NumPy, imported when something of it is asked for.

What a list of workers imports deals with arrays too, and makes none; loading NumPy took longer than all that
such a command does itself.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any


def _numpy() -> ModuleType:
    import numpy

    return numpy


def _typing() -> ModuleType:
    import numpy.typing

    return numpy.typing


class _Lazy:
    def __init__(self, module: Callable[[], ModuleType]) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the module has
        value = getattr(self._module(), name)
        setattr(self, name, value)
        return value


if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:
    np, npt = _Lazy(_numpy), _Lazy(_typing)

__all__ = ["np", "npt"]
