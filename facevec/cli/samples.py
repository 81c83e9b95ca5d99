"""The demo's people: two public domain portraits by NASA and the US Navy, carried by other packages."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

from facevec.errors import ExtraMissing

TILE = 480
GAP = 24
WALL = (226, 228, 231)


@dataclass(frozen=True, slots=True)
class Portraits:
    """Who is enrolled and who is not."""

    name: str
    known: Image.Image
    stranger: Image.Image

    def known_file(self) -> bytes:
        """The portrait of the known person as a PNG file."""
        return _png(self.known)

    def sample_file(self) -> bytes:
        """Altered versions of the known portrait and the stranger's, side by side, as a PNG file."""
        known = self.known
        tiles = (
            ImageOps.mirror(known).resize((300, 300), Image.Resampling.LANCZOS),
            ImageEnhance.Brightness(ImageEnhance.Color(known).enhance(0.3)).enhance(0.6),
            self.stranger,
            known.rotate(12, Image.Resampling.BICUBIC, fillcolor=WALL),
        )
        side = 2 * TILE + 3 * GAP
        wall = Image.new("RGB", (side, side), WALL)
        for index, tile in enumerate(tiles):
            fitted = ImageOps.fit(tile, (TILE, TILE), Image.Resampling.LANCZOS, centering=(0.5, 0.0))
            wall.paste(fitted, (GAP + index % 2 * (TILE + GAP), GAP + index // 2 * (TILE + GAP)))
        return _png(wall)


def portraits() -> Portraits:
    """Eileen Collins to be enrolled, Grace Hopper to be a stranger. Raises ExtraMissing."""
    try:
        import matplotlib
        import skimage.data
    except ImportError as error:
        raise ExtraMissing(
            "The demo's portraits come with two packages that are not installed: pip install 'facevec[demo]'."
        ) from error
    with Image.open(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg") as hopper:
        astronaut = skimage.data.astronaut()  # type: ignore[no-untyped-call]  # scikit-image has no types
        return Portraits("Eileen Collins", Image.fromarray(astronaut), hopper.convert("RGB"))


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
