"""Makes torchvision importable beside a CPU-only torch.

The wheels of torchvision on the public registry are built against CUDA. Beside a CPU-only
torch their extension does not load, and `import torchvision` then stops at
`operator torchvision::nms does not exist`, because it describes operators that nobody
defined. Declaring them is enough: facevec never calls them.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from pathlib import Path

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_lock = threading.Lock()
_library: list[object] = []  # a torch library undoes its definitions when it is collected


def ensure_torchvision_operators() -> None:
    """Declare the operators torchvision misses, if it misses any; call before it is imported."""
    with _lock:
        if _library or "torchvision" in sys.modules or _extension_loads():
            return
        import torch

        library = torch.library.Library("torchvision", "FRAGMENT")
        for schema in _SCHEMAS:
            library.define(schema)
        _library.append(library)


def _extension_loads() -> bool:
    """Whether torchvision's own operators work here; loading them twice is harmless."""
    import torch

    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return False
    for path in Path(spec.origin).parent.glob("_C.*"):
        try:
            torch.ops.load_library(str(path))
        except OSError:
            return False
    return hasattr(torch.ops.torchvision, "nms")
