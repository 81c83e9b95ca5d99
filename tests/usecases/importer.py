"""A process of its own that imports toy people: python -m tests.usecases.importer FOLDER PEOPLE PHOTOS.

Waits for a line on stdin, so that several begin at once; prints what it would report.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from facevec.usecases.importing import import_people
from facevec.usecases.people import Person
from tests.toy import Someone, picture
from tests.usecases.conftest import open_office


def read(photo: str) -> bytes:
    who, look = photo.split("/")
    return picture(Someone(int(who), int(look)))


def main(folder: Path, count: int, photos: int) -> None:
    people = [Person(f"P{who}", [f"{who}/{look}" for look in range(photos)]) for who in range(1, count + 1)]
    desk = open_office(folder).desk
    print("ready", flush=True)  # noqa: T201 - the parent reads it
    sys.stdin.readline()
    report = import_people(desk, people, read)
    refused = [(refusal.source, refusal.code) for refusal in report.refused]
    print(json.dumps([report.enrolled, report.already, refused, str(report.stopped)]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
