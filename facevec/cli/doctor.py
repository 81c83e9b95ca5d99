"""`facevec doctor`: does everything that recognition needs work here?"""

from __future__ import annotations

import importlib.metadata
import platform
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facevec import __version__
from facevec.cli import encryption, security
from facevec.cli.checks import Check, Look, careful, is_new
from facevec.cli.common import FAULTS_EXIT_CODE, build, json_option, print_json, settings, show
from facevec.cli.offer import companion_offer, comparison
from facevec.cli.throwaway import throwaway
from facevec.dates import day_in_words
from facevec.errors import ModelMissing, OutputUnwritable
from facevec.machine import processors

if TYPE_CHECKING:
    from facevec.config import Loaded

CONVERTERS = ("torch", "torchvision", "facenet-pytorch")
"""What makes networks of weights; those that are given converted (vision.graphs) take none of it."""

PACKAGES = (
    *CONVERTERS,
    "openvino",
    "faiss-cpu",
    "opencv-python-headless",
    "numpy",
    "SQLAlchemy",
)
OLDEST_PYTHON = (3, 10)
SLOW_CORES = 2
LISTED = 10
"""So many templates that are set aside are named."""


@click.command()
@click.option(
    "--security", "secure", is_flag=True, help="Check instead what an attacker would (docs/hardening.md)."
)
@json_option
def doctor(secure: bool, as_json: bool) -> None:
    """Check everything that recognition needs, and say what to do about what is missing.

    Nothing is changed or fetched. Exit code 4 when a check fails.
    """
    from facevec.presentation.answers.system import CheckAnswer, DoctorAnswer
    from facevec.presentation.tables import checks_table

    loaded = settings()
    checks = [careful(name, look, loaded) for name, look in (security.CHECKS if secure else CHECKS).items()]
    if as_json:
        print_json(DoctorAnswer(checks=tuple(CheckAnswer.of(check) for check in checks)))
    else:
        show(checks_table([(check.name, check.level, check.text) for check in checks]))
    if any(check.level == "fail" for check in checks):
        click.get_current_context().exit(FAULTS_EXIT_CODE)


def _python(_loaded: Loaded) -> Check:
    versions = (
        f"facevec {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    if sys.version_info < OLDEST_PYTHON:
        return Check("python", "fail", f"{versions}; Python 3.10 or newer is needed.")
    return Check("python", "ok", versions)


def _packages(loaded: Loaded) -> Check:
    there, missing = [], []
    spared = CONVERTERS if loaded.settings.vision.graphs else ()
    for package in PACKAGES:
        try:
            there.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            missing += [] if package in spared else [package]
    if missing:
        return Check(
            "packages", "fail", f"Not installed: {', '.join(missing)}. Install facevec again with pip."
        )
    return Check("packages", "ok", ", ".join(there))


def _processor(_loaded: Loaded) -> Check:
    cores = processors()
    available = f"{cores} cores may be used"
    if cores < SLOW_CORES:
        return Check("processor", "warn", f"{available}; recognition works, and is faster with two or more.")
    return Check("processor", "ok", available)


def _home(loaded: Loaded) -> Check:
    _require_writable(loaded.home, "set FACEVEC_HOME to a folder that can.")
    return Check("home", "ok", str(loaded.home))


def _temporary(_loaded: Loaded) -> Check:
    from facevec.config import temporary_folder

    return Check("temporary", "ok", str(temporary_folder()))


def _require_writable(folder: Path, advice: str) -> None:
    """Raises OutputUnwritable unless `folder`, or the nearest above it that is there, can be written."""
    there = folder
    while not there.exists():
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise OutputUnwritable(f"{folder} cannot be written ({error.strerror}); {advice}") from error


def _models(loaded: Loaded) -> Check:
    store = build(loaded).models
    here = [entry.model for entry in store.status() if entry.path]
    for model in here:
        store.verify(model.name)
    if not any(model.task == "embedding" for model in here):
        raise ModelMissing(f"No embedding model is in {store.folder}; run `facevec models fetch`.")
    names = ", ".join(model.name for model in here)
    sentences = [
        f"{names} in {store.folder}, each whole.",
        comparison(store.catalogue),
        companion_offer(loaded),
    ]
    return Check("models", "ok", " ".join(filter(None, sentences)))


def _registry(loaded: Loaded) -> Check:
    from facevec.registry import soundness
    from facevec.registry.address import sqlite_file
    from facevec.registry.engine import reading
    from facevec.usecases.everybody import everybody

    if is_new(loaded):
        file = sqlite_file(loaded.registry_url)
        if file is not None:
            _require_writable(file.parent, "set registry.url to a place that can.")
        return Check("registry", "ok", "None yet; the first enrolment makes one.")
    facevec = build(loaded)
    registry, state = facevec.registry, facevec.registry.state()
    with reading(facevec.engine) as connection:
        faults = soundness.faults(connection)
    if faults:
        more = f" and {len(faults) - 1} more; `facevec db check` lists all" if len(faults) > 1 else ""
        return Check("registry", "fail", f"{faults[0]}{more} Restore the database from a backup.")
    workers = sum(1 for _ in everybody(registry))
    return Check(
        "registry", "ok", f"{workers} workers, revision {state.revision}, model {state.model or '-'}"
    )


def _consent(loaded: Loaded) -> Check:
    """Who is recognised without having agreed to it, and whether the ledger is as facevec wrote it."""
    required = loaded.settings.consent.required
    rule = (
        "consent.required is on: nobody is recognised without a consent in force."
        if required
        else "consent.required is off: people are recognised who agreed to nothing that is recorded."
    )
    if is_new(loaded):
        return Check("consent", "ok", rule)
    facevec = build(loaded)
    faults, counts = facevec.consent_records.faults(), facevec.kept.consent_counts()
    if faults:
        more = f" and {len(faults) - 1} more; `facevec consent verify` lists all." if len(faults) > 1 else ""
        return Check("consent", "fail", f"{faults[0]}{more}")
    words = [f"{counts.without} of {counts.workers} workers have no consent. {rule}"]
    if counts.photos_unagreed:
        words.append(
            f"{counts.photos_unagreed} photos are kept of workers whose consent does not cover it: record "
            "a new one, which deletes them unless it says --photos."
        )
    is_well = not counts.photos_unagreed and (required or not counts.without)
    return Check("consent", "ok" if is_well else "warn", " ".join(words))


def _visits(loaded: Loaded) -> Check:
    """Whether it is recorded when workers are seen, for how long, and whether anybody agreed to it."""
    settings = loaded.settings.visits
    rule = (
        f"visits.keep is on: visits of who agreed to it are recorded and kept for {settings.days} days."
        if settings.keep
        else "visits.keep is off: none is recorded."
    )
    if is_new(loaded):
        return Check("visits", "ok", rule)
    kept = build(loaded).visits.kept()
    if kept.first_day is None:
        return Check("visits", "ok", rule)
    since = day_in_words(kept.first_day)
    words = [f"{rule} There are {kept.visits}, of {kept.workers} workers, since {since}."]
    if kept.unagreed:
        words.append(f"{kept.unagreed} are of workers whose consent does not cover it: purge them.")
    if kept.ahead:
        words.append(f"{kept.ahead} are of days to come: `facevec visits purge --ahead`.")
    return Check("visits", "warn" if kept.unagreed or kept.ahead else "ok", " ".join(words))


def _recognition(loaded: Loaded) -> Check:
    """Really run the networks and the search; with no registry yet, on one that is thrown away."""
    from facevec.config import temporary_folder

    with tempfile.TemporaryDirectory(dir=temporary_folder()) as folder:
        facevec = build(throwaway(loaded, Path(folder)) if is_new(loaded) else loaded)
        facevec.warm()
        vision = facevec.vision
        facevec.close()
    embedder, precisions = vision.embedder, " and ".join(vision.precisions)
    runs = f"{loaded.settings.vision.engine} runs {embedder.model} in {precisions}"
    words = [f"{runs}, contract {embedder.contract[:12]}", vision.lack]
    return Check("recognition", "warn" if vision.lack else "ok", ". ".join(filter(None, words)))


def _index(loaded: Loaded) -> Check:
    if is_new(loaded):
        return Check("index", "ok", "None yet, and none needed before there are workers.")
    status = build(loaded).gallery.status()
    if status.fault:
        instead = " Run `facevec index rebuild`; until then SQL is read instead."
        return Check("index", "fail", f"{status.fault}{instead if status.engine == 'faiss' else ''}")
    if status.set_aside:
        some = "; ".join(f"worker {worker}, photo {photo}" for worker, photo in status.set_aside[:LISTED])
        return Check(
            "index",
            "fail",
            f"{len(status.set_aside)} templates are searched by nobody, because they are not as facevec "
            f"wrote them: {some}. Remove those photos and enrol them again.",
        )
    if status.engine != "faiss":
        return Check(
            "index",
            "ok",
            f"{status.engine}, {status.kind}: {status.generation_workers or 0} references, "
            f"{status.lag or 0} changes behind the registry",
        )
    if status.generation is None:
        return Check(
            "index", "ok", "None yet; `facevec index rebuild` makes starting faster with many workers."
        )
    return Check("index", "ok", f"faiss: {status.generation}, {status.lag} changes behind the registry")


def _thresholds(loaded: Loaded) -> Check:
    """What decides, and what it cannot promise."""
    from facevec.cli.standing import standing_of
    from facevec.presentation.calibration_words import standing_in_words

    standing = standing_of(loaded)
    if standing is None:
        return Check("thresholds", "ok", "None in force: nobody is enrolled, or the model is not here.")
    return Check(
        "thresholds", "warn" if standing.outdated else "ok", standing_in_words(standing).replace("\n", " ")
    )


CHECKS: Mapping[str, Look] = {
    "python": _python,
    "packages": _packages,
    "processor": _processor,
    "home": _home,
    "temporary": _temporary,
    "permissions": security.permissions,
    "models": _models,
    "registry": _registry,
    "integrity": security.marks_hold,
    "encryption": encryption.encrypted,
    "consent": _consent,
    "visits": _visits,
    "recognition": _recognition,
    "index": _index,
    "thresholds": _thresholds,
}
"""In the order in which they are made."""
