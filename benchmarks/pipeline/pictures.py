"""The pictures, who is on them, and who is enrolled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.photos import photos_among

ENROLLED = 3
"""Most photos of each worker; of the people of `lfw-dev` one more is a probe."""

GROUP = frozenset(
    {
        "Carlos Fernando Galan Pachon",
        "Rodrigo Lara Restrepo",
        "Gustavo Bolivar Moreno",
        "Juan Daniel Oviedo Arango",
        "Diego Andres Molano Aponte",
    }
)
"""Who of the enrolled is on mayors/group.png."""


@dataclass(frozen=True, slots=True)
class Picture:
    """people: the enrolled people on it; None where nobody wrote it down."""

    path: Path
    people: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Pictures:
    """gallery: the photos of each person. probes: in the order in which they are looked at."""

    gallery: Mapping[str, Sequence[Path]]
    probes: Sequence[Picture]


def pictures(data: Path, people: int) -> Pictures:
    """Those of the folder `data` beside the project; of `lfw-dev` so many people, and as many strangers."""
    mayors, photos = data / "mayors", data / "photos"
    by_name = {folder.name: _photos(folder) for folder in sorted((data / "lfw-dev").iterdir())}
    several = [name for name, paths in by_name.items() if len(paths) > ENROLLED][:people]
    alone = [name for name, paths in by_name.items() if len(paths) == 1][:people]
    folders = [*sorted((mayors / "training").iterdir()), *sorted((photos / "known").iterdir())]
    gallery = {folder.name: _photos(folder)[:ENROLLED] for folder in folders}
    gallery |= {name: by_name[name][:ENROLLED] for name in several}
    loose = [
        path for folder in (photos, photos / "probes", photos / "celebrities") for path in _photos(folder)
    ]
    probes = [
        *(Picture(path, None) for path in loose),
        Picture(mayors / "group.png", GROUP),
        *(
            Picture(path, frozenset({folder.name}))
            for folder in sorted((mayors / "test").iterdir())
            for path in _photos(folder)
        ),
        *(Picture(by_name[name][ENROLLED], frozenset({name})) for name in several),
        *(Picture(by_name[name][0], frozenset()) for name in alone),
    ]
    return Pictures(gallery, probes)


def _photos(folder: Path) -> list[Path]:
    return photos_among(folder.iterdir())
