"""NumPy, imported when something of it is asked for.

What a list of workers needs to be imported deals with arrays too, and makes none: a tenth of the time that
such a command takes was NumPy's.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:

    class _Lazy:
        def __init__(self, module: str) -> None:
            self._module = module

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the module has
            value = getattr(import_module(self._module), name)
            setattr(self, name, value)
            return value

    np, npt = _Lazy("numpy"), _Lazy("numpy.typing")

__all__ = ["np", "npt"]
