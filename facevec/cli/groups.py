"""Which group of people somebody belongs to, from a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from facevec.cli.files import PATH, named
from facevec.cli.people import Roster
from facevec.errors import FileMissing, InputError
from facevec.registry.names import canonical_name

COLUMNS = 2

groups_option = click.option(
    "--groups",
    type=PATH,
    metavar="FILE.csv",
    help="Tell the error rates of groups apart: a line `person,group` for each, named as their folders.",
)


def groups_in(path: Path) -> Mapping[str, str]:
    """The group of each person, by `registry.names.canonical_name`. Raises FileMissing, InputError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileMissing(f"There is no file {named(path)}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{named(path)} cannot be read as a CSV file in UTF-8: {error}.") from error
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise InputError(
            f"{named(path)} cannot be read as a CSV file ({error}); close each quote, and write one that is "
            "part of a name twice."
        ) from error
    groups: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        if not row:
            continue
        if len(row) != COLUMNS or not all(field.strip() for field in row):
            raise InputError(f"Line {number} of {named(path)} is no `person,group`; give each line both.")
        person, group = (field.strip() for field in row)
        if groups.setdefault(canonical_name(person), group) != group:
            raise InputError(
                f"Line {number} of {named(path)} puts {person} into another group than before; give one each."
            )
    return groups


def grouped(roster: Roster, groups: Mapping[str, str] | None) -> Roster:
    """`roster`, everybody in their group; a loose photo's person is named as its file."""
    if groups is None:
        return roster
    people = [replace(person, group=groups.get(canonical_name(person.name))) for person in roster.people]
    return replace(roster, people=people)


def require_members(path: Path, *rosters: Roster) -> None:
    """Raises InputError where `path` names nobody who is here: another file was meant."""
    if not any(person.group for roster in rosters for person in roster.people):
        raise InputError(f"{named(path)} names nobody who is in the folders; name people as their folders.")
