"""Settings of the service: where things are kept, how it is served, what is logged."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from facevec.config.kinds import AbsentIfEmpty, Hosts, Networks, OptionalText, Origins, PublicUrl, Section
from facevec.gallery.engines import EngineName


class RegistrySettings(Section):
    """Where the workers are kept."""

    url: OptionalText = Field(
        default=None,
        examples=["postgresql://facevec@db.example.com/facevec"],
        description="URL of the database: postgresql://USER@HOST/DATABASE, or sqlite:///PATH, where a "
        "relative path begins in FACEVEC_HOME and %3F is a ?. Not set, it is a SQLite file, facevec.db, in "
        "FACEVEC_HOME.",
    )
    wait_seconds: float = Field(
        default=30.0,
        ge=0,
        description="How long `facevec serve` waits at start for a PostgreSQL that does not answer yet, "
        "seconds.",
    )
    removals: OptionalText = Field(
        default=None,
        examples=["/srv/elsewhere/facevec-removals"],
        description="File of the ledger of removals, by which a restored backup brings back nobody who was "
        "removed since: best on another disk than the database, and for machines that share a registry where "
        "all of them write it. Not set, it is the file removals in FACEVEC_HOME.",
    )
    keep_changes: int = Field(
        default=100_000,
        ge=1000,
        description="Changes that the change log keeps, the newest; the nightly job cuts off what is older. "
        "A process or an index that is further behind reads everything anew.",
    )


class GallerySettings(Section):
    """Which engine searches among the workers."""

    engine: EngineName = Field(
        default="faiss",
        description='"faiss" holds the gallery in the memory of each process, for one machine. "pgvector" '
        "searches in the registry's own PostgreSQL, for many: pgvector 0.8.4 or newer there, see "
        'docs/capacity.md. "milvus" searches in Milvus, for tens of millions.',
    )
    milvus_url: str = Field(
        default="http://127.0.0.1:19530",
        examples=["https://facevec:PASSWORD@milvus.example.com:19530/default"],
        description="Where Milvus 2.3 or newer is: http(s)://USER:PASSWORD@HOST:PORT/DATABASE, or with "
        ":TOKEN@. What is secret is best kept in a file that FACEVEC_GALLERY__MILVUS_URL_FILE names.",
    )


class IndexSettings(Section):
    """Where the nightly index is kept."""

    folder: OptionalText = Field(
        default=None,
        examples=["/var/lib/facevec/index"],
        description="Folder of the nightly index; a relative path begins in FACEVEC_HOME. Not set, it is the "
        "folder index there.",
    )


class IntegritySettings(Section):
    """The key that vouches for what decides: workers, templates, keys, calibrations, index, networks."""

    key_file: OptionalText = Field(
        default=None,
        examples=["/run/credentials/facevec.service/integrity-key"],
        description="File of the integrity key: at least 32 characters that nobody can guess, outside of "
        "FACEVEC_HOME and of its backups; machines that share a registry share it. Not set, it is "
        "facevec-keys/integrity.key in the user's folder for settings, and is made at first use.",
    )


class ServerSettings(Section):
    """The HTTP service."""

    host: str = Field(
        default="127.0.0.1",
        description="Address that `facevec serve` listens on. Any but this machine's own (loopback) needs a "
        "key.",
    )
    port: int = Field(default=8000, ge=0, le=65535, description="Port; 0 takes a free one.")
    public_url: Annotated[PublicUrl | None, AbsentIfEmpty] = Field(
        default=None,
        examples=["https://hr.example.com/faces"],
        description="Address at which a proxy in front shows the service, with the path below which it does; "
        "the proxy may pass that path on or take it off. Its host name is answered, links that cannot be "
        "relative begin with it, and everything needs a key.",
    )
    certificate: OptionalText = Field(
        default=None,
        examples=["/etc/facevec/certificate.pem"],
        description="File of the certificate with its chain, PEM; the service speaks TLS then. A relative "
        "path begins in FACEVEC_HOME. It is read at start.",
    )
    certificate_key: OptionalText = Field(
        default=None,
        examples=["/etc/facevec/key.pem"],
        description="File of the certificate's key, PEM without a password. Not set, it stands in "
        "server.certificate.",
    )
    clear_text: bool = Field(
        default=False,
        description="Whether the service may listen to other machines without TLS: keys and faces travel in "
        "clear text then. For networks of one's own, such as a container's.",
    )
    workers: int = Field(
        default=1, ge=1, le=64, description="Processes; each loads the networks (about 500 MB)."
    )
    threads: int = Field(
        default=24,
        ge=2,
        le=512,
        description="Threads a process, for requests that are wholly there. The networks' own are "
        "vision.threads.",
    )
    require_key: Literal["auto", "always"] = Field(
        default="auto",
        description='"auto": beside the keys of `facevec key create`, and on loopback only, the key counts '
        "that `facevec serve` keeps for its own user in FACEVEC_HOME (local.header), and so do the links "
        'that it prints. "always": they do not; behind a proxy, say.',
    )
    allowed_hosts: Hosts = Field(
        default=(),
        description='Host names that the service answers to, such as ["faces.example.com"]; ".example.com" '
        "is any name below it. [] is this machine's own names and `host`, or any where `host` is 0.0.0.0.",
    )
    cors_origins: Origins = Field(
        default=(),
        description="Other web sites whose pages may call the API from a browser, such as "
        '["https://hr.example.com"].',
    )
    max_body_bytes: int = Field(
        default=40_000_000,
        ge=1024,
        description="Larger requests are refused, bytes; one picture's limit is vision.max_file_bytes.",
    )
    max_files: int = Field(default=20, ge=1, le=200, description="Most pictures in one request.")
    max_faces: int = Field(
        default=100,
        ge=1,
        le=1000,
        description="Most faces of one picture that are decided, the largest first; the answer says how many "
        "there were.",
    )
    picture_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Time for one picture, seconds: once it is over, no more of its faces are decided, and "
        "the answer says how many there were.",
    )
    connections: int = Field(
        default=1000,
        ge=10,
        description="Connections of a process; of more, the one that was waited for the longest makes room.",
    )
    connections_per_address: int = Field(
        default=100,
        ge=1,
        description="The same for one address, unless it is one of server.trusted_proxies.",
    )
    body_seconds: float = Field(
        default=30.0,
        gt=0,
        description="Longest time a client may take to send a request's body, or to take an answer, seconds.",
    )
    concurrency: int = Field(
        default=2, ge=1, description="Requests of a process that run the networks at the same time."
    )
    queue: int = Field(
        default=8,
        ge=0,
        description="Requests of a process that wait for their turn; more are answered 503 at once.",
    )
    queue_seconds: float = Field(
        default=5.0, ge=0, description="Longest time they wait, seconds; then they are answered 503."
    )
    rate: float = Field(
        default=50.0,
        ge=0,
        description="Requests a second that one key may make of a process, on average; 0 is any number.",
    )
    burst: int = Field(
        default=100, ge=1, description="Requests that a key may make at once before the rate counts."
    )
    wrong_keys: int = Field(
        default=20,
        ge=0,
        description="Wrong keys that an address may send in a minute; then it is locked out, for a minute at "
        "first and up to an hour if it goes on. Keys that were right within a day still open from there. 0 "
        "is any number.",
    )
    trusted_proxies: Networks = Field(
        default=(),
        description='Addresses or networks of proxies, such as ["127.0.0.1"]: what they say in '
        "X-Forwarded-For is the address that wrong keys are counted for. Nothing else is believed of them.",
    )
    claim_failures: int = Field(
        default=5,
        ge=1,
        le=100,
        description="Pictures in a row that one key, or one address, may say are of a worker and are not "
        "(/verify); then the next is looked at in 30 s, in twice that after each further one, in an hour at "
        "most. A success, or a day, starts anew. All keys and addresses together may four times as many.",
    )
    key_failures: int = Field(
        default=60,
        ge=1,
        description="As many an hour one key may, of all workers; its successes do not help it.",
    )
    core_dumps: bool = Field(
        default=False,
        description="Whether a crash may leave a core dump, which holds keys, faces and templates, and other "
        "programs may look into the process; for debugging only.",
    )
    drain_seconds: int = Field(
        default=0,
        ge=0,
        description="After SIGTERM, how long requests are still taken while /readyz answers 503, so that a "
        "load balancer that asks it sends no more; seconds.",
    )
    shutdown_seconds: int = Field(
        default=30,
        ge=1,
        description="Time that accepted requests have to finish then, seconds. What stops the service has to "
        "allow for both.",
    )

    @property
    def public_host(self) -> str | None:
        """The host name in `public_url`, as a Host header writes it without a port."""
        name = urlsplit(self.public_url or "").hostname
        return f"[{name}]" if name and ":" in name else name

    @property
    def public_path(self) -> str:
        """The path of `public_url`, without a slash at its end; empty where it stands at a host's root."""
        return urlsplit(self.public_url or "").path

    def url(self, port: int) -> str:
        """Where the service is once it listens on `port`."""
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://[{self.host}]:{port}" if ":" in self.host else f"{scheme}://{self.host}:{port}"

    @property
    def private_key(self) -> str:
        """The file of the certificate's key; empty without a certificate."""
        return self.certificate_key or self.certificate or ""

    @property
    def reached_from_this_machine_only(self) -> bool:
        """Whether nobody else comes here, neither to `host` nor through a proxy."""
        return self.listens_to_this_machine_only and self.public_url is None

    @property
    def local_key_counts(self) -> bool:
        """Whether the key in FACEVEC_HOME, which nobody made on purpose, opens anything."""
        return self.require_key == "auto" and self.reached_from_this_machine_only

    @property
    def listens_to_this_machine_only(self) -> bool:
        """Whether `host` is an address that no other machine reaches."""
        return is_loopback(self.host)


class LoggingSettings(Section):
    """What is logged, and how; always to stderr."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description='"debug", "info", "warning" or "error".'
    )
    format: Literal["auto", "console", "json"] = Field(
        default="auto",
        description='"console" for people, "json" for machines, "auto" decides by whether it is a terminal.',
    )


def is_loopback(host: str) -> bool:
    """Whether `host` is an address of this machine that no other reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
