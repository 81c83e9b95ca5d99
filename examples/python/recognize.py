"""Who is in these pictures?   python recognize.py party.jpg door.jpg

FACEVEC_SERVICE is the address of the service; FACEVEC_API_KEY_FILE a file with its key.
"""

import os
import sys

from facevec_client import Client, Problem, Unreachable, key_from


def main(pictures: list[str]) -> int:
    """Print a line for each face."""
    with Client(os.environ["FACEVEC_SERVICE"], key_from(os.environ)) as facevec:
        for picture in pictures:
            try:
                (image,) = facevec.recognize(picture).images
            except Problem as problem:  # `code` is stable, the message says what to do
                print(f"{picture}: {problem} ({problem.code})", file=sys.stderr)
                return 1
            except Unreachable as error:
                print(error, file=sys.stderr)
                return 2
            for face in image.faces:
                print(picture, face.status, face.worker.name if face.worker else "-", sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
