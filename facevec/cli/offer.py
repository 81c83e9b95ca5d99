"""What the networks are worth beside each other, so that nobody misses one.

A second network that is here is offered while a registry can still begin with it, and never just taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.cli.checks import is_new
from facevec.cli.common import networks
from facevec.decision.resolve import TARGET_FPIR
from facevec.errors import FacevecError
from facevec.types import Evidence

if TYPE_CHECKING:
    from facevec.config import Loaded
    from facevec.vision.models.model import Figures, Model
    from facevec.vision.weights.catalogue import Catalogue


def companion_offer(loaded: Loaded, *, absent: bool = True) -> str | None:
    """A sentence that offers the second network; None where there is nothing to choose, or it cannot be told.

    absent: also where it would have to be fetched first.
    """
    if loaded.settings.vision.second_model is not None:
        return None
    try:
        return _offer(loaded, absent)
    except FacevecError:
        return None


def shares_in_words(figures: Figures) -> str:
    """The share of workers named rightly at each share of strangers named."""
    return " / ".join(f"{share:.1%}" for share in figures.named.values())


def comparison(catalogue: Catalogue) -> str:
    """A sentence that sets the measured networks beside each other, the best first."""
    measured = [
        (model.figures.named[TARGET_FPIR], model.name)
        for model in catalogue.models.values()
        if model.figures is not None
    ]
    words = ", ".join(f"{name} {share:.1%}" for share, name in sorted(measured, reverse=True))
    return (
        f"Workers named rightly while {TARGET_FPIR:.0%} of strangers are: {words}; `facevec models list` "
        "compares them."
    )


def _offer(loaded: Loaded, absent: bool) -> str | None:
    from facevec.bootstrap import App
    from facevec.usecases.model import AUTO, together
    from facevec.vision.weights.resolve import companion

    # Closed at once: `serve` forks after it has said this.
    with App(loaded, networks=networks()) as facevec:
        if not is_new(loaded) and facevec.registry.state().model is not None:
            return None
        wanted = loaded.settings.vision.embedding_model
        first = facevec.networks.best() if wanted == AUTO else wanted
        second = companion(first)
        if second is None:
            return None
        if not facevec.models.has(second):
            return _description(facevec.models.catalogue.model(second)) if absent else None
        is_measured = facevec.networks.scale(together((first, second))).match.evidence is Evidence.MEASURED
    figures = "docs/accuracy.md has the figures" if is_measured else "nobody has measured the two yet"
    return (
        f'{second} is here too: with vision.second_model = "{second}" it looks at every face beside {first}, '
        f"for a few milliseconds each ({figures}). A registry keeps what it begins with, and none has begun."
    )


def _description(model: Model) -> str:
    return (
        f"There is {model.name}, too: {model.description} `facevec models fetch {model.name}` gets it; a "
        "registry keeps what it begins with, and none has begun."
    )
