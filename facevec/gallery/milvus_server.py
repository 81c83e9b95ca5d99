"""A Milvus server, as far as a gallery needs it: its collections, and one sentence for what is wrong."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from facevec.errors import ExtraMissing, GalleryUnavailable
from facevec.gallery.milvus_collection import Collection, CollectionGone, create, dimension_of

if TYPE_CHECKING:
    from pymilvus import MilvusClient

PORT = 19530

OLDEST = (2, 3)
"""The first version whose deletions and upserts are what a gallery needs."""

LONGEST_REASON = 200

CALL_SECONDS = 15.0
"""How long a call may take; one that loads or builds may take longer."""

NO_CONNECTION, NO_COLLECTION, NO_ALIAS = 2, 100, 1600
_VERSION = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Address:
    """Where Milvus is. token: USER:PASSWORD or a token, empty for a server that asks for none."""

    url: str
    token: str = ""
    database: str = ""

    @classmethod
    def of(cls, written: str) -> Address:
        """From http(s)://USER:PASSWORD@HOST:PORT/DATABASE, or with :TOKEN@. Raises GalleryUnavailable."""
        try:
            parts = urlsplit(written.strip())
            host, port = parts.hostname, parts.port or PORT
        except ValueError:
            host, port = None, PORT
        if host is None or parts.scheme not in ("http", "https"):
            raise GalleryUnavailable(
                "gallery.milvus_url is no address of Milvus; write http://HOST:19530, or "
                "https://USER:PASSWORD@HOST:19530."
            )
        if ":" in host:
            host = f"[{host}]"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        token = f"{user}:{password}" if user else password
        return cls(f"{parts.scheme}://{host}:{port}", token, parts.path.strip("/"))


@dataclass(frozen=True, slots=True)
class Whose:
    """Of which registry a gallery is, under which contract, and by which integrity key it was believed.

    A machine with another key, for which no template holds, takes nothing out of it.
    """

    registry: str
    contract: str
    key: str

    @property
    def alias(self) -> str:
        """What the collection is called, whichever it is."""
        return f"{self.of_contract}{_digest(self.key)}"

    @property
    def of_contract(self) -> str:
        """How the names of all collections of this registry and contract begin."""
        return f"{self.of_registry}{_digest(self.contract)}_"

    @property
    def of_registry(self) -> str:
        """How the names of all collections of this registry begin."""
        return f"facevec_{_digest(self.registry)}_"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


class MilvusServer:
    """Connects at first use; safe to share between threads. Every method may raise GalleryUnavailable."""

    def __init__(self, address: Address, call_seconds: float = CALL_SECONDS) -> None:
        self._address, self._seconds = address, call_seconds
        self._connecting = threading.Lock()
        self._client: MilvusClient | None = None

    def current(self, whose: Whose, dimension: int | None) -> Collection | None:
        """The collection that holds a gallery; None where there is none.

        dimension: of its vectors, where that is known. Raises GalleryUnavailable for one of another kind.
        """
        with self._called() as client:
            name = _target(client, whose.alias, self._seconds)
            return None if name is None else self._collection(client, name, dimension)

    def begin(self, whose: Whose, dimension: int, *, graph: bool) -> Collection:
        """A new collection, which is nobody's gallery yet."""
        name = f"{whose.alias}_{secrets.token_hex(4)}"
        with self._called() as client:
            create(client, name, dimension, graph=graph)
            return self._collection(client, name, dimension)

    def make_current(self, whose: Whose, collection: Collection) -> None:
        """From now on it is the gallery; every other one of this registry and contract is dropped."""
        with self._called() as client:
            _point(client, whose.alias, collection.name, self._seconds)
            self._drop_others(client, whose.of_contract, collection)

    def clear(self, whose: Whose, kept: Collection) -> None:
        """Drop what killed fillings and former contracts have left of the registry."""
        with self._called() as client:
            self._drop_others(client, whose.of_registry, kept)

    def drop(self, collection: Collection) -> None:
        """For good."""
        with self._called() as client:
            self._drop(client, collection.name)

    def _drop_others(self, client: MilvusClient, beginning: str, kept: Collection) -> None:
        for name in client.list_collections(timeout=self._seconds):
            if name.startswith(beginning) and name != kept.name:
                self._drop(client, name)

    def _drop(self, client: MilvusClient, name: str) -> None:
        """Newer servers drop none that has an alias."""
        for alias in client.describe_collection(name, timeout=self._seconds).get("aliases", ()):
            client.drop_alias(alias, timeout=self._seconds)
        client.drop_collection(name, timeout=self._seconds)

    def _collection(self, client: MilvusClient, name: str, dimension: int | None) -> Collection:
        there = dimension_of(client.describe_collection(name, timeout=self._seconds))
        if there is None or dimension not in (None, there):
            what = (
                f"holds vectors of {there} numbers, not of {dimension}" if there else "is none of facevec's"
            )
            raise GalleryUnavailable(
                f"The collection {name} in Milvus at {self._address.url} {what}; drop it there, and run "
                "`facevec index rebuild`."
            )
        return Collection(name, there, self._called, self._seconds)

    @contextmanager
    def _called(self) -> Iterator[MilvusClient]:
        """The client; what it raises becomes one sentence."""
        client = self._client or self._connected()
        with self._explained():
            yield client

    def _connected(self) -> MilvusClient:
        with self._connecting:
            if self._client is None:
                self._client = self._opened()
            return self._client

    def _opened(self) -> MilvusClient:
        try:
            from pymilvus import MilvusClient, MilvusException
        except ImportError as error:
            raise ExtraMissing(
                "Milvus needs an optional package; install it with: pip install 'facevec[milvus]'"
            ) from error
        # What it would write, exceptions and requests at length, is said by what is raised here.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        address = self._address
        try:
            client = MilvusClient(
                address.url, token=address.token, db_name=address.database, timeout=self._seconds
            )
        except MilvusException as error:
            raise GalleryUnavailable(self._not_opened()) from error
        with self._explained():
            self._require_new_enough(client.get_server_version(timeout=self._seconds))
            if address.database and address.database not in client.list_databases(timeout=self._seconds):
                raise GalleryUnavailable(
                    f"Milvus at {address.url} has no database {address.database}; make it there, or name "
                    "another in gallery.milvus_url."
                )
        return client

    def _not_opened(self) -> str:
        """Of a wrong token the client says no more than of a server that is not there."""
        where = urlsplit(self._address.url)
        try:
            socket.create_connection((where.hostname, where.port), timeout=self._seconds).close()
        except OSError:
            return (
                f"Nobody answers at {self._address.url}; see that Milvus runs there and that "
                "gallery.milvus_url is its address. Until it answers nobody is searched for."
            )
        return (
            f"Milvus at {self._address.url} does not let facevec in, if it is Milvus: see to the "
            "USER:PASSWORD@ or :TOKEN@ before the host in gallery.milvus_url (best in a file that "
            "FACEVEC_GALLERY__MILVUS_URL_FILE names), and to https, if it wants TLS."
        )

    def _require_new_enough(self, version: str) -> None:
        there = _VERSION.search(version)
        if there is None or (int(there[1]), int(there[2])) < OLDEST:
            raise GalleryUnavailable(
                f"Milvus at {self._address.url} is version {version}; facevec needs "
                f"{'.'.join(map(str, OLDEST))} or newer."
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from grpc import RpcError
        from pymilvus import MilvusException

        try:
            yield
        except MilvusException as error:
            raise self._in_words(error.code, error.message) from error
        except RpcError as error:
            raise self._in_words(None, str(error.code())) from error

    def _in_words(self, code: int | None, message: str) -> GalleryUnavailable:
        where = f"Milvus at {self._address.url}"
        if code == NO_COLLECTION:
            return CollectionGone(f"A collection of {where} was dropped while it was used; try again.")
        if code == NO_CONNECTION:
            return GalleryUnavailable(self._not_opened())
        first, _, _ = message.partition("\n")
        return GalleryUnavailable(
            f"{where} does not do what it should ({first[:LONGEST_REASON].rstrip('.')}); see that it "
            "runs. Until it does nobody is searched for."
        )


def _target(client: MilvusClient, alias: str, seconds: float) -> str | None:
    from pymilvus import MilvusException

    try:
        name: str = client.describe_collection(alias, timeout=seconds)["collection_name"]
    except MilvusException as error:
        if error.code in (NO_COLLECTION, NO_ALIAS):
            return None
        raise
    return name


def _point(client: MilvusClient, alias: str, name: str, seconds: float) -> None:
    from pymilvus import MilvusException

    # One that led to a collection that was dropped is still there on some servers.
    with suppress(MilvusException):
        client.alter_alias(name, alias, timeout=seconds)
    if _target(client, alias, seconds) != name:
        client.create_alias(name, alias, timeout=seconds)
