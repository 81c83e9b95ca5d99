"""Operators that make a face's vector depend on more than the face; a network of faces needs none."""

from __future__ import annotations

from collections.abc import Iterable

from facevec.errors import ModelRefused

_CHANCE = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"}
)
_MEMORY = frozenset({"ReadValue", "Assign"})
_LOOPS = frozenset({"Loop", "Scan", "TensorIterator", "While"})


def require_pure(operators: Iterable[str]) -> None:
    """Raises ModelRefused for one that draws by chance, remembers faces, or may never end."""
    for name in operators:
        for names, deed in ((_CHANCE, "draws by chance"), (_MEMORY, "remembers faces"), (_LOOPS, "loops")):
            if name in names:
                raise ModelRefused(f"The network {deed} ({name}); the same face has to give the same vector.")
