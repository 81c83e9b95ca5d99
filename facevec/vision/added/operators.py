"""Operators that make a face's vector depend on more than the face; a network of faces needs none."""

from __future__ import annotations

from collections.abc import Iterable

from facevec.errors import ModelRefused

_DEEDS = {
    "draws by chance": (
        "RandomNormal",
        "RandomNormalLike",
        "RandomUniform",
        "RandomUniformLike",
        "Bernoulli",
        "Multinomial",
    ),
    "remembers faces": ("ReadValue", "Assign"),
    "loops": ("Loop", "Scan", "TensorIterator", "While"),
}
_REFUSED = {operator.casefold(): deed for deed, operators in _DEEDS.items() for operator in operators}
"""By the operators' names in small letters, since OpenVINO's xml may spell them so too."""


def require_pure(operators: Iterable[str]) -> None:
    """Raises ModelRefused for one that draws by chance, remembers faces, or may never end."""
    for name in operators:
        deed = _REFUSED.get(name.casefold())
        if deed is not None:
            raise ModelRefused(f"The network {deed} ({name}); the same face has to give the same vector.")
