"""Are errors at enrolment caught: `python -m benchmarks.enrolment DIR [--cache FOLDER]`.

DIR holds one folder a person (LFW). On each deal of `benchmarks.protocol` the people who trained nothing are
halved, in several ways: from which distance on photos are somebody else's (`decision.duplicates`) is fitted
on one half, for several shares of people who may be refused, and tried on the other, and the other way round:
- everybody comes as a newcomer, by one photo to three (refused);
- an enrolled worker comes again under another name, by one new photo to three (duplicates), and by one new
  photo between two that were blended with a stranger's, to lead their mean away (hidden);
- a stranger's photo is put among a worker's three (wrong photos), and these are judged beside it (good ones).
Last comes what the model as it ships refuses of the people with one photo, in galleries of several sizes.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks import protocol
from benchmarks.crowd import crowd
from facevec.decision import duplicates, rates
from facevec.decision.cohort import REFERENCE_GALLERY
from facevec.decision.duplicates import ENROLLED, NOBODY, distances_to_others
from facevec.decision.rates import Searches
from facevec.decision.scales.match import SIZES
from facevec.decision.vectors import mean, same_person, unit
from facevec.types import Cohort, Vectors
from training.identification import alternatives
from training.identification.photos import embed_folder, scale_of

DEALS, DRAWS = 10, 10
HALVINGS = 4
SHARES = (0.001, duplicates.REFUSED, 0.003, 0.005, 0.01)
BY_TWO_NAMES = ("Andrew_Gilligan", "Dai_Chul_Chyung", "Joseph_Blatter", "Bison_Dele")
"""Whom LFW holds under another name too. They help to fit, as in any folder, and are not tried."""

STRANGERS = "people with one photo refused"


class Person(NamedTuple):
    """name. number: over all deals. photos: (n, d) templates."""

    name: str
    number: int
    photos: Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Photos that are compared with the workers. own: the place of those whom they show, if that is known."""

    what: str
    person: int
    photos: Vectors
    own: int


def nearest_other(vector: Vectors, references: Vectors, own: int, cohort: Cohort | None) -> float:
    """How near (1, d) is to a worker other than `own`, as enrolment judges it."""
    return float(distances_to_others([vector], references, [own], cohort)[0])


def trials(people: Sequence[Person], enrolled: int, same: float, seed: int) -> Iterator[Trial]:
    """All that is tried where `people` are enrolled by so many photos; same: the same-person distance."""
    chance = np.random.default_rng(seed)
    places = {number: place for place, number in enumerate(p.number for p in people if len(p.photos) > 1)}
    strangers = [person.photos[0] for person in people if len(person.photos) == 1]
    for _, number, photos in people:
        own = places.get(number, NOBODY)
        if enrolled == ENROLLED and own == NOBODY:
            yield Trial(STRANGERS, number, photos, NOBODY)
        for count in range(1, ENROLLED + 1):
            if enrolled == ENROLLED and len(photos) >= count:
                yield Trial(f"newcomers with {count} photos refused", number, photos[:count], own)
            if own != NOBODY and len(photos) >= enrolled + count:
                again = photos[enrolled : enrolled + count]
                name = f"duplicates with {count} photos of workers with {enrolled} caught"
                yield Trial(name, number, again, NOBODY)
        if own != NOBODY and len(photos) > enrolled:
            away = led_away(photos[enrolled], strangers[chance.integers(len(strangers))], same)
            hidden = np.vstack([photos[enrolled], away, away])
            yield Trial(f"hidden duplicates of workers with {enrolled} caught", number, hidden, NOBODY)


def led_away(vector: Vectors, stranger: Vectors, furthest: float) -> Vectors:
    """(d,): `vector` blended with `stranger` as much as both may be and still pass for one person."""
    shares = np.linspace(0, 1, 101, dtype=np.float32)[:, np.newaxis]
    blends = unit((1 - shares) * vector + shares * stranger)
    near = np.linalg.norm(blends - vector, axis=1) < furthest
    furthest_blend: Vectors = blends[np.flatnonzero(near)[-1]]
    return furthest_blend


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """A worker's photos with a stranger's behind them.

    shown: which of them show one person. theirs, alone: how near those, and the stranger's alone, come to
    another worker.
    """

    person: int
    shown: npt.NDArray[np.bool_]
    theirs: float
    alone: float

    def outcomes(self, other: float) -> Iterator[tuple[str, int, bool]]:
        """(what was tried, with whom, whether it was refused)."""
        is_theirs = bool(self.shown.any() and self.theirs <= other)
        for good in self.shown[:-1]:
            yield "good photos beside a wrong one refused", self.person, bool(not good or is_theirs)
        caught = self.alone <= other or is_theirs or not self.shown[-1]
        yield "wrong photos caught", self.person, bool(caught)


def planted(
    people: Sequence[Person], references: Vectors, same: float, cohort: Cohort | None
) -> list[Planted]:
    """A stranger's photo among those of each worker."""
    strangers = [person.photos[:1] for person in people if len(person.photos) == 1]
    workers = [person for person in people if len(person.photos) > 1]
    places = [place for place, person in enumerate(workers) if len(person.photos) >= ENROLLED]
    sets = [
        np.vstack([workers[place].photos[:ENROLLED], strangers[place % len(strangers)]]) for place in places
    ]
    shown = [same_person(photos, same) for photos in sets]
    theirs = [photos[which] if which.any() else photos for photos, which in zip(sets, shown, strict=True)]
    near = distances_to_others(theirs, references, places, cohort)
    alone = distances_to_others([photos[-1:] for photos in sets], references, places, cohort)
    numbers = [workers[place].number for place in places]
    return [Planted(*each) for each in zip(numbers, shown, near, alone, strict=True)]


def halves(people: Sequence[Person], salt: str) -> tuple[list[Person], list[Person]]:
    """`people` in two, by a hash of their names and `salt`."""
    sides: tuple[list[Person], list[Person]] = ([], [])
    for person in people:
        sides[protocol.share(f"half {salt}/{person.name}") >= 0.5].append(person)
    return sides


def outcomes(
    fitted_on: Sequence[Person], tried: Sequence[Person], same: float, cohort: Cohort | None, seed: int
) -> dict[float, list[tuple[str, int, bool]]]:
    """For each share (what was tried, with whom, whether it was refused)."""
    searches = duplicates.newcomers([person.photos for person in fitted_on], cohort)
    thresholds = {share: rates.cut_for_others(searches, share) for share in SHARES}
    events: dict[float, list[tuple[str, int, bool]]] = {share: [] for share in SHARES}
    people = [person for person in tried if person.name not in BY_TWO_NAMES]
    workers = [person.photos for person in people if len(person.photos) > 1]
    for enrolled in range(1, ENROLLED + 1):
        references = np.vstack([mean(photos[:enrolled]) for photos in workers])
        coming = list(trials(people, enrolled, same, seed))
        distances = distances_to_others(
            [trial.photos for trial in coming], references, [trial.own for trial in coming], cohort
        )
        for share, other in thresholds.items():
            events[share] += [
                (trial.what, trial.person, bool(distance <= other))
                for trial, distance in zip(coming, distances, strict=True)
            ]
    for each in planted(people, references, same, cohort):
        for share, other in thresholds.items():
            events[share] += each.outcomes(other)
    return events


def as_it_ships(options: argparse.Namespace, refused: float) -> Iterator[str]:
    """Lines of a table: people with one photo whom the model as it ships refuses, by the size of the gallery.

    refused: how many of them the deals refuse; at which distance the same are refused is the last line.
    """
    everybody, scale = crowd(options), scale_of(options.model)
    strangers = [everybody.looks.templates[photos] for photos in everybody.strangers]
    yield "| workers | people with one photo refused | most in a gallery |\n|---|---|---|"
    for size in SIZES:
        drawn = []
        for draw in range(DRAWS):
            references = everybody.references(everybody.drawn(size, draw))
            nobody = [NOBODY] * len(strangers)
            drawn.append(distances_to_others(strangers, references, nobody, scale.cohort))
        shares = np.mean(np.array(drawn) <= scale.other_person, axis=1)
        yield f"| {size} | {shares.mean():.4f} | {shares.max():.4f} |"
        if size == REFERENCE_GALLERY:
            people = np.tile(np.arange(len(strangers)), DRAWS)
            at = rates.cut(Searches(np.concatenate(drawn), people), refused)
    yield f"{refused:.4f} of them are refused at {at:.3f} in a gallery of {REFERENCE_GALLERY}"


def interval(events: Sequence[tuple[int, bool]]) -> str:
    """The share of what happened, with its interval by bootstrap over people."""
    people, happened = zip(*events, strict=True)
    share = rates.rate(np.array(happened), np.array(people))
    return f"{share.value:.4f} ({share.low:.4f} to {share.high:.4f})"


def main() -> None:
    """The command line."""
    parser = protocol.arguments(__doc__)
    parser.add_argument("--same", type=float, help="same_person_threshold; the model's own unless given")
    options = parser.parse_args()
    scale = scale_of(options.model)
    same = options.same or scale.same_person
    embedded = embed_folder(options.folder, model=options.model, cache=options.cache)
    names, owners = np.unique(embedded.people, return_inverse=True)
    order = np.array(sorted(range(len(owners)), key=lambda row: protocol.share(str(embedded.files[row]))))
    tallies: defaultdict[tuple[str, float], list[tuple[int, bool]]] = defaultdict(list)
    for number in range(DEALS):
        dealt = protocol.deal(embedded.people, embedded.files, number=number, enrolled=ENROLLED)
        learner = alternatives.shipped(options.model)
        templates = learner(embedded.probes[dealt.training], owners[dealt.training])(embedded.templates)
        trained = set(owners[dealt.training].tolist())
        measured = [
            Person(str(names[owner]), owner, templates[order[owners[order] == owner]])
            for owner in range(len(names))
            if owner not in trained
        ]
        for halving in range(HALVINGS):
            one, other = halves(measured, f"{number} {halving}")
            for fitted_on, tried in ((one, other), (other, one)):
                for share, events in outcomes(fitted_on, tried, same, scale.cohort, number).items():
                    for what, person, refused in events:
                        tallies[what, share].append((person, refused))
    print("| what | " + " | ".join(f"{share:g}" for share in SHARES) + " | tried |")
    print("|---" * (len(SHARES) + 2) + "|")
    for what in sorted({what for what, _ in tallies}):
        cells = [interval(tallies[what, share]) for share in SHARES]
        print(f"| {what} | " + " | ".join(cells) + f" | {len(tallies[what, SHARES[0]])} |")
    strangers = [refused for _, refused in tallies[STRANGERS, duplicates.REFUSED]]
    print("\n".join(as_it_ships(options, float(np.mean(strangers)))))


if __name__ == "__main__":
    main()
