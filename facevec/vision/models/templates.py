"""Where networks were taught to see both eyes, the nose and both corners of the mouth: shares of the side."""

from __future__ import annotations

ARCFACE_112 = (
    (38.2946 / 112, 51.6963 / 112),
    (73.5318 / 112, 51.5014 / 112),
    (56.0252 / 112, 71.7366 / 112),
    (41.5493 / 112, 92.3655 / 112),
    (70.7299 / 112, 92.2041 / 112),
)
"""insightface's networks of 112 pixels, and many after them."""

OPEN_MODEL_ZOO = (
    (0.31556875, 0.46157410),
    (0.68262292, 0.46157410),
    (0.50026250, 0.64050537),
    (0.34947187, 0.82469195),
    (0.65343645, 0.82469195),
)
"""Open Model Zoo's; the pages of its models have them."""
