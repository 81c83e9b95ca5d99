"""A process that does a night after the other, or changes the model to and fro, until it is killed.

Meanwhile somebody is enrolled and somebody removed, now and then; each is said once it is done.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable

from facevec import config
from facevec.bootstrap import App
from facevec.jobs import nightly
from facevec.jobs.lease import holding
from facevec.registry.compaction import compact
from facevec.types import Model
from facevec.usecases.enrol import enrol_worker
from facevec.usecases.migrate.reembed import reembed_kept
from facevec.usecases.remove import EVERY, remove_worker
from tests.toy import Someone, photo
from tests.toy.two import OtherEmbedder, two_networks
from tests.toy.vision import ToyEmbedder

MODELS = (
    Model(ToyEmbedder.model, ToyEmbedder.contract),
    Model(OtherEmbedder.model, OtherEmbedder.contract),
)
FEWEST = 6
KEPT_CHANGES = 20


def settings(url: str, engine: str, milvus: str) -> dict[str, object]:
    """Of every process of a place."""
    return {
        "registry.url": url,
        "gallery.engine": engine,
        **({"gallery.milvus_url": milvus} if milvus else {}),
        "enrolment.keep_photos": True,
        "emotion.enabled": False,
        "audit.enabled": False,
    }


def opened(place: tuple[str, str, str]) -> App:
    """A process, as it were."""
    return App(config.load(flags=settings(*place)), networks=two_networks)


class Worker:
    """What the process does, and what it says."""

    def __init__(self, app: App, seed: int, say: Callable[[str], None]) -> None:
        self.app, self.draw, self.say = app, random.Random(seed), say
        self._who = 1000 * seed

    def change_somebody(self) -> None:
        """Somebody comes, and goes where there are enough."""
        self._who += 1
        photos = [photo(f"{self._who}-{look}.png", Someone(self._who, look)) for look in range(2)]
        worker = enrol_worker(self.app.desk, f"Drawn {self._who}", photos).worker
        assert worker is not None
        self.say(f"added {worker.id} {self._who}")
        everybody = self.app.registry.list_workers()
        if len(everybody) > FEWEST and self.draw.random() < 0.7:
            gone = self.draw.choice(everybody).id
            self.say(f"removing {gone}")
            remove_worker(self.app.registry, self.app.generations, gone)
            self.say(f"removed {gone}")

    def night(self) -> None:
        self.change_somebody()
        report = nightly.work(self.app, on_step=lambda _: None)
        assert report.failure is None, report.failure
        compact(self.app.engine, KEPT_CHANGES)
        self.say("deed night")

    def migrate(self) -> None:
        """As `facevec models migrate` does it, on from wherever it is."""
        app = self.app
        state, change = app.registry.state(), app.model_changes.current()
        if change is None:
            change = app.model_changes.begin(next(each for each in MODELS if each.contract != state.contract))
        reembedder = app.other_model.reembedder(app.vision, app.other_model.embedder(change.other))
        with holding(app.leases, "model change", "somebody") as require:

            def on_worker(_: int) -> None:
                require()
                if self.draw.random() < 0.1:
                    self.change_somebody()

            reembed_kept(app.model_changes, reembedder, on_worker)
        self.change_somebody()
        if change.switched_at is None:
            app.model_changes.switch()
            app.check()
            self.say("deed switch")
        if self.draw.random() < 0.4:
            app.model_changes.back()
            app.check()
            self.say("deed back")
        if self.draw.random() < 0.5:
            app.model_changes.finish()
            app.generations.discard(EVERY)
            app.gallery.rebuild()
            self.say("deed finish")


def work(place: tuple[str, str, str], deed: str, seed: int, say: Callable[[str], None]) -> None:
    with opened(place) as app:
        worker = Worker(app, seed, say)
        if not app.registry.list_workers():
            app.registry.claim_model(*[getattr(MODELS[0], name) for name in ("name", "contract")])
            for _ in range(FEWEST):
                worker.change_somebody()
        say("ready")
        while True:
            worker.night() if deed == "night" else worker.migrate()


def work_in_pipe(pipe: int, place: tuple[str, str, str], deed: str, seed: int) -> None:
    """As a child of a fork, until it is killed."""
    try:
        work(place, deed, seed, lambda line: os.write(pipe, f"{line}\n".encode()) and None)
    except BaseException as error:  # noqa: BLE001  # whatever it is, the parent has to know
        os.write(pipe, f"broken {type(error).__name__}: {error}\n".encode())
    os._exit(1)


if __name__ == "__main__":
    url, engine, milvus, deed, seed = sys.argv[1:]
    work_in_pipe(1, (url, engine, milvus), deed, int(seed))
