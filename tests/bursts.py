"""Pictures that are small to send and large to look at."""

from __future__ import annotations

import http.client
import io
from collections.abc import Callable

from PIL import Image

from tests.local import LOCAL
from tests.portraits import draw, encoded, person

SIDE = 7000


def _even(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), (90, 90, 90)).save(stream, kind)
    return stream.getvalue()


PICTURES: dict[str, Callable[[], bytes]] = {
    "ordinary": lambda: encoded(draw(person(3), size=1200), "JPEG"),
    "49 megapixels of WebP": lambda: _even("WEBP"),
    "49 megapixels of PNG": lambda: _even("PNG"),
    "49 megapixels of JPEG": lambda: _even("JPEG"),
}


def send(port: int, picture: bytes) -> int:
    """The status of the answer to a picture; 0 where there is none."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        + picture
        + b"\r\n--x--\r\n"
    )
    name, _, key = LOCAL.partition(": ")
    headers = {name: key, "Content-Type": "multipart/form-data; boundary=x"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("POST", "/api/v1/recognize", body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
