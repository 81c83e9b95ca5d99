"""facevec as on an installation without PyTorch: `python -m tests.lean`, then its command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec

LEFT_OUT = frozenset({"torch", "torchvision", "facenet_pytorch", "matplotlib", "skimage", "scipy"})


class LeftOut:
    """A finder before all others, for which these packages are not installed."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: object = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in LEFT_OUT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


if __name__ == "__main__":
    sys.meta_path.insert(0, LeftOut())  # type: ignore[arg-type]  # a finder needs no more than this
    from facevec.cli.main import main

    main()
