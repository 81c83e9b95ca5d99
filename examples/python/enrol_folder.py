"""Enrol everybody in a folder over a service: one folder a person.   python enrol_folder.py photos/

The folder's name is the person's external id, and their name with spaces for underscores. It may be repeated:
what is there already is left as it is. Several people are sent at a time.
"""

import asyncio
import os
import sys
from pathlib import Path

from facevec_client import AsyncClient, Problem, key_from

AT_A_TIME = 4


async def enrol(facevec: AsyncClient, folder: Path, room: asyncio.Semaphore) -> str:
    """What became of one person."""
    name = folder.name.replace("_", " ")
    async with room:
        try:
            answer = await facevec.create_worker(name, sorted(folder.iterdir()), external_id=folder.name)
        except Problem as problem:
            why = ", ".join(f"{reason.source}: {reason.code}" for reason in problem.reasons)
            return f"{name}\tnot enrolled\t{why or problem.code}"
    return f"{name}\t{len(answer.accepted)} photos"


async def main(root: Path) -> None:
    """Print a line for each person."""
    room = asyncio.Semaphore(AT_A_TIME)
    async with AsyncClient(os.environ["FACEVEC_SERVICE"], key_from(os.environ)) as facevec:
        people = [folder for folder in sorted(root.iterdir()) if folder.is_dir()]
        for line in await asyncio.gather(*(enrol(facevec, folder, room) for folder in people)):
            print(line)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
