"""`facevec models prove`: whether a model does as well in faster precisions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from facevec.cli.clutter import show_unused
from facevec.cli.common import Deed, json_option, print_json, progress, settings, show
from facevec.cli.files import PATH
from facevec.cli.people import Roster, people_in, reader, strangers_in, strangers_option
from facevec.dates import in_words
from facevec.types import FASTER, Precision, PrecisionProof


@click.command(cls=Deed)
@click.argument("name")
@click.argument("folder", type=PATH, metavar="DIR")
@strangers_option
@click.option(
    "--precision",
    type=click.Choice(FASTER),
    help="In this one alone; without it in all in which this processor computes faster.",
)
@json_option
def prove(
    name: str, folder: Path, strangers: Path | None, precision: Precision | None, as_json: bool
) -> None:
    """Show whether the model NAME does as well in fewer bits as in fp32, on people whose names are known.

    DIR holds one folder a person, as for `facevec models measure`. Each face is found once and
    embedded in all: how far distances differ, how many workers are named rightly while 1 % of the
    strangers are, and how much time is saved on this processor. The result stands beside the model
    and is what `vision.precision` goes by. Neither photos nor vectors are kept.
    """
    from facevec.networks import installed_networks
    from facevec.ports import utc_now
    from facevec.presentation.answers.precision import PrecisionLeftOut, PrecisionProved, PrecisionsProved
    from facevec.usecases import prove as usecase

    loaded = settings()
    networks = installed_networks(loaded)
    people = people_in(folder)
    others = Roster() if strangers is None else strangers_in(strangers)
    vision, candidates, left_out = networks.precisions(name, FASTER if precision is None else (precision,))
    with progress(unit="photos") as bar:
        photos = bar.add_task("Looking at photos", total=people.photo_count + others.photo_count)
        proofs, refused = usecase.prove(
            vision,
            candidates,
            networks.scale(name),
            people.people,
            others.people,
            reader(loaded.settings.vision.max_file_bytes),
            utc_now,
            on_photo=lambda _photo: bar.advance(photos),
        )
    for proof in proofs:
        networks.keep_proof(proof)
    aside = (*people.passed_over, *others.passed_over)
    unusable = (*refused, *people.unusable, *others.unusable)
    if as_json:
        each = tuple(map(PrecisionProved.of_proof, proofs))
        spared = tuple(map(PrecisionLeftOut.of, left_out))
        print_json(PrecisionsProved(proofs=each, left_out=spared, refused=unusable, passed_over=aside))
        return
    for proof in proofs:
        for sentence in _figures(proof):
            show(sentence)
        show(verdict(proof))
    for one in left_out:
        show(f"Left out: {one.reason}")
    show_unused(unusable, aside)


def _figures(proof: PrecisionProof) -> Iterator[str]:
    fp32 = proof.tpir_fp32
    yield f"{proof.model} in {proof.precision} on {proof.processor}:"
    yield f"an embedding takes {proof.saved:.0%} less of the processor's time than in fp32;"
    yield (
        f"{proof.tpir:.1%} of the workers are named rightly while 1 % of the strangers are named, in fp32 "
        f"{fp32.value:.1%} ({fp32.low:.1%} to {fp32.high:.1%});"
    )
    yield f"distances differ by at most {proof.disagreement:.4f}."
    yield (
        f"Measured {in_words(proof.measured_at)} on {proof.people:,} people who may be enrolled and "
        f"{proof.strangers:,} who were searched for, {proof.photos:,} photos."
    )


def verdict(proof: PrecisionProof) -> str:
    """What follows from it."""
    if not proof.holds:
        return f"It names fewer workers in {proof.precision}: vision.precision does not take it."
    if not proof.agrees:
        return (
            f"Its distances are others in {proof.precision}: under a contract of its own "
            f'vision.precision = "{proof.precision}" may be had for a new registry; "auto" does not take it.'
        )
    if proof.saved <= 0:
        return f'It takes as long in {proof.precision}: vision.precision = "auto" does not take it.'
    return (
        f'vision.precision = "auto" may take {proof.precision} from now on, and takes the fastest it may; '
        "what is enrolled stays as it is."
    )
