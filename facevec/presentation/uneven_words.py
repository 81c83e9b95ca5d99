"""Rates by group, and the workers who draw strangers, as rows and tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group

from facevec.decision.rates import Rate
from facevec.decision.uneven import GroupRates, Lamb, worst
from facevec.presentation.plain import printable
from facevec.presentation.writable import Table
from facevec.types import Estimate

GROUP_COLUMNS = ("group", "FPIR", "strangers", "FNIR", "photos of workers")
LAMB_COLUMNS = ("worker", "strangers named as them", "threshold that would mend it")
LAMBS = "Workers whose name several strangers are given; better photos, or a narrower threshold, help:"


def share(figure: Rate | Estimate | None) -> str:
    """A share with its interval; a dash where there is none."""
    return "-" if figure is None else f"{figure.value:.2%} ({figure.low:.2%} to {figure.high:.2%})"


def group_rows(groups: Sequence[GroupRates]) -> list[tuple[str, ...]]:
    """A row for each, the one whose strangers are named most often first."""
    return [
        (group.name, share(group.fpir), _people(group.fpir), share(group.fnir), _trials(group.fnir))
        for group in groups
    ]


def worst_in_words(groups: Sequence[GroupRates]) -> str:
    """How often the strangers of the worst group are named."""
    group = worst(groups)
    if group is None or group.fpir is None:
        return "No stranger of any group is given a name."
    return f"Worst: {group.name}, of whose strangers {share(group.fpir)} are given a name."


def lamb_rows(lambs: Sequence[Lamb]) -> list[tuple[str, ...]]:
    """A row for each."""
    return [(lamb.worker, f"{lamb.strangers}", f"{lamb.threshold:.3f}") for lamb in lambs]


def groups_table(groups: Sequence[GroupRates]) -> Group:
    """The rows, and the worst in words."""
    table = Table(*GROUP_COLUMNS, box=None, pad_edge=False)
    for row in group_rows(groups):
        table.add_row(*map(printable, row))
    return Group("By group:", table, printable(worst_in_words(groups)))


def lambs_table(lambs: Sequence[Lamb]) -> Group:
    """The rows, under what they are."""
    table = Table(*LAMB_COLUMNS, box=None, pad_edge=False)
    for row in lamb_rows(lambs):
        table.add_row(*map(printable, row))
    return Group(LAMBS, table)


def _people(rate: Rate | None) -> str:
    return "0" if rate is None else f"{rate.people:,}"


def _trials(rate: Rate | None) -> str:
    return "0" if rate is None else f"{rate.trials:,}"
