"""Whether the service in this container would answer a recognition: exit code 0, or 1."""

import http.client
import os
import ssl
import sys

PORT = int(os.environ.get("FACEVEC_SERVER__PORT", "8000"))
SECONDS = 5


def connection() -> http.client.HTTPConnection:
    """To this machine's own service, whose certificate is for another name."""
    if "FACEVEC_SERVER__CERTIFICATE" not in os.environ:
        return http.client.HTTPConnection("127.0.0.1", PORT, timeout=SECONDS)
    anybody = ssl._create_unverified_context()  # noqa: S323
    return http.client.HTTPSConnection("127.0.0.1", PORT, timeout=SECONDS, context=anybody)


try:
    asking = connection()
    asking.request("GET", "/readyz")
    sys.exit(asking.getresponse().status != http.client.OK)
except OSError:
    sys.exit(1)
