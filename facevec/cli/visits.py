"""`facevec visits`: when workers were seen who agreed to a record of it."""

from __future__ import annotations

from datetime import datetime

import click

from facevec.cli.common import Deed, app, confirm, json_option, note, print_json, show
from facevec.cli.dates import MOMENT
from facevec.cli.reach import facevec
from facevec.cli.recorded import noted

SHOWN = 100


@click.group()
def visits() -> None:
    """Look at when workers were seen who agreed to a record of it; destroy such records.

    The service keeps them where visits.keep is on, of workers whose consent covers visits
    (`facevec worker consent NAME TEXT --visits`), for visits.days. Of nobody else there is any.
    """


@visits.command("list")
@click.argument("key", metavar="[WORKER]", required=False)
@click.option("--since", type=MOMENT, help="Those that had not ended by this day or moment.")
@click.option("--until", type=MOMENT, help="Those that had begun before this day or moment.")
@json_option
def list_visits(key: str | None, since: datetime | None, until: datetime | None, as_json: bool) -> None:
    """List visits, of WORKER or of all, the newest last, as a table at most the last 100.

    That they were looked at is recorded.
    """
    from facevec.presentation.answers.visits import VisitsAnswer
    from facevec.presentation.tables import visits_table

    reached = facevec()
    worker = None if key is None else reached.find_worker(key)
    listed = reached.visits(worker, since, until)
    noted(*{visit.worker_id for visit in listed})
    if as_json:
        print_json(VisitsAnswer.of_visits(listed))
        return
    if not listed:
        note("No visit is recorded; the service records them where visits.keep is on, of who agreed to it.")
        return
    show(visits_table(listed[-SHOWN:]))
    if len(listed) > SHOWN:
        note(f"{len(listed) - SHOWN} older ones are left out; --since and --until choose, --json has all.")


@visits.command(cls=Deed)
@click.argument("key", metavar="[WORKER]", required=False)
@click.option("--before", type=MOMENT, help="Those of days that were over by this day or moment.")
@click.option("--ahead", is_flag=True, help="Those of days to come, which a clock that was ahead has made.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def purge(key: str | None, before: datetime | None, *, ahead: bool, yes: bool, as_json: bool) -> None:
    """Destroy visits, of WORKER or of all, for good.

    A backup that was made before still has them, and so does what is restored from it.
    """
    from facevec.presentation.answers.visits import VisitsDestroyed

    if ahead and (key is not None or before is not None):
        raise click.UsageError("--ahead goes alone.")
    facevec = app()
    worker = None if key is None else facevec.registry.find_worker(key, certain=True)
    if worker is not None:
        noted(worker.id)
    if not yes:
        of_whom = "all workers" if worker is None else worker.name
        confirm(f"Destroy visits of {of_whom} for good?")
    store = facevec.visits
    if ahead:
        count = store.destroy_ahead()
    else:
        count = store.destroy(None if worker is None else worker.id, before=before)
    noted(destroyed=count, **({} if before is None else {"before": before.isoformat()}))
    left = store.kept().visits
    if as_json:
        print_json(VisitsDestroyed(destroyed=count, kept=left))
    else:
        show(f"{count} visits are destroyed; {left} are kept.")
