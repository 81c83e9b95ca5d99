"""A small Vault: its transit engine as its API documents it, in memory, over HTTP or HTTPS."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "hvs.of-the-tests"
NONCE_BYTES = 12


class SmallVault(ThreadingHTTPServer):
    """keys: of the engine at `transit/`, each version's. namespace: the only one that it has, if any."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Requests)
        self.keys: dict[str, list[bytes]] = {"facevec": [secrets.token_bytes(32)]}
        self.namespace: str | None = None
        self.sealed = False
        self.delay = 0.0
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.scheme = "http" if context is None else "https"
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def __exit__(self, *_error: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Whoever asked did not wait for the answer."""

    def answer(self, path: str, headers: Any, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Status and JSON; the words of the errors are Vault's own."""
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if headers.get("X-Vault-Token") != TOKEN or headers.get("X-Vault-Namespace") != self.namespace:
            return 403, {"errors": ["permission denied"]}
        parts = path.strip("/").split("/")
        if parts[:2] != ["v1", "transit"] or len(parts) != 4:
            return 404, {"errors": [f'no handler for route "{path}". route entry not found.']}
        _, _, deed, name = parts
        if name not in self.keys:
            return 400, {"errors": ["encryption key not found"]}
        return self.encrypted(name, body) if deed == "encrypt" else self.decrypted(name, body)

    def encrypted(self, name: str, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        bound = base64.b64decode(body.get("associated_data", ""))
        version = len(self.keys[name])
        nonce, plain = secrets.token_bytes(NONCE_BYTES), base64.b64decode(body["plaintext"])
        sealed = nonce + AESGCM(self.keys[name][-1]).encrypt(nonce, plain, bound)
        ciphertext = f"vault:v{version}:{base64.b64encode(sealed).decode()}"
        return 200, {"data": {"ciphertext": ciphertext, "key_version": version}}

    def decrypted(self, name: str, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        bound = base64.b64decode(body.get("associated_data", ""))
        _, version, text = body["ciphertext"].split(":")
        sealed = base64.b64decode(text)
        try:
            key = self.keys[name][int(version[1:]) - 1]
            plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
        except InvalidTag:
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}


class Requests(BaseHTTPRequestHandler):
    server: SmallVault

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        time.sleep(self.server.delay)
        status, answer = self.server.answer(self.path, self.headers, body)
        said = json.dumps({"request_id": "1", "lease_id": "", "renewable": False, **answer}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass
