"""What is kept, opened when it is first asked for, and closed with all that opened it."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

from facevec import config
from facevec.files import MEGABYTE
from facevec.machine import importing
from facevec.ports import (
    ApiKeys,
    Approvals,
    AuditTrail,
    Calibrations,
    Clock,
    ConsentRecords,
    ContractCensus,
    FailedClaims,
    Kept,
    KeptReferences,
    Leases,
    LocalKey,
    MasterKey,
    ModelChanges,
    Moments,
    NightReports,
    OwnScales,
    Receipts,
    Records,
    Registry,
    Reviews,
    Visits,
    WrappedKeys,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from typing_extensions import Self

    from facevec.integrity import IntegrityKey
    from facevec.masterkeys.sources import Sources
    from facevec.registry.ledger import RemovalLedger
    from facevec.registry.occupancy import Occupancy
    from facevec.usecases.visits import VisitQueue


class Stores:
    """The registry's database and what lies in it, for these settings; see `bootstrap.App`."""

    def __init__(self, loaded: config.Loaded, clock: Clock) -> None:
        self.loaded = loaded
        self.settings = loaded.settings
        self.clock = clock
        self._occupancy: Occupancy | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back; a part that is asked for later opens them again."""
        self.note_no_more_visits()
        if "engine" in self.__dict__:
            self.engine.dispose()
        if "audit" in self.__dict__:
            self.audit.close()
        if self._occupancy is not None:
            self._occupancy.close()

    @cached_property
    def integrity_key(self) -> IntegrityKey:
        """What vouches for what decides. Raises IntegrityKeyUnusable."""
        from facevec.integrity import key_at

        return key_at(self.loaded.integrity_key_file)

    @cached_property
    def audit(self) -> AuditTrail:
        """Where what is done is recorded. Raises IntegrityKeyUnusable."""
        from facevec.audit.trail import SEGMENT_AGE, FileTrail, Manner, NoTrail

        settings, loaded = self.settings.audit, self.loaded
        if not settings.enabled:
            return NoTrail()
        anchor = settings.anchor_file
        manner = Manner(
            settings.segment_megabytes * MEGABYTE,
            settings.flush,
            settings.when_full,
            None if anchor is None else loaded.within_home(anchor),
            settings.anchor_command,
            None if settings.days is None else SEGMENT_AGE,
        )
        return FileTrail(loaded.audit_folder, self.integrity_key, self.clock, manner)

    @cached_property
    def engine(self) -> Engine:
        """The registry's database, its schema made or checked; nobody replaces it meanwhile.

        Raises RegistryError.
        """
        from facevec.registry.engine import open_engine
        from facevec.registry.occupancy import Occupancy
        from facevec.registry.reserve import Reserve
        from facevec.registry.schema import prepare

        engine = open_engine(self.loaded.registry_url, key=self.integrity_key, master=lambda: self.master_key)
        try:
            self._occupancy = self._occupancy or Occupancy(engine)
            prepare(engine)
            if Reserve(engine).settle():
                from facevec.registry.reconciling import reconcile_if_possible

                reconcile_if_possible(engine, self.ledger, self.clock)
        except BaseException:
            engine.dispose()  # whoever asks again gets another one
            raise
        return engine

    @cached_property
    def ledger(self) -> RemovalLedger:
        """The ledger of removals, outside of the registry."""
        from facevec.registry.ledger import RemovalLedger

        return RemovalLedger(self.loaded.removals_file, self.integrity_key)

    @cached_property
    def key_sources(self) -> Sources:
        """Where the master key of this registry may be had. Raises RegistryError."""
        from facevec.masterkeys.sources import Sources
        from facevec.masterkeys.vault import VaultPlace
        from facevec.registry.engine import reading
        from facevec.registry.state import read_state

        keys = self.settings.keys
        with reading(self.engine) as connection:
            registry = read_state(connection).position.registry
        vault = keys.vault_url and VaultPlace(
            keys.vault_url,
            keys.vault_mount,
            keys.vault_key,
            keys.vault_namespace,
            keys.vault_ca,
            keys.vault_seconds,
        )
        return Sources(
            folder=self.loaded.master_folder,
            home=self.loaded.home,
            registry=registry,
            variable=config.variable,
            credentials=config.credentials_folder(),
            command=keys.command,
            command_seconds=keys.command_seconds,
            vault=vault or None,
            vault_token=keys.vault_token,
        )

    @cached_property
    def wrapped_keys(self) -> WrappedKeys:
        """What is wrapped under the master key: the keys of the registry. Raises RegistryError."""
        from facevec.masterkeys.envelope import wrapped_under
        from facevec.registry.rotation import SqlWrappedKeys

        return SqlWrappedKeys(self.engine, wrapped_under)

    @cached_property
    def master_key(self) -> MasterKey:
        """What wraps the keys of data; a file of it is made where nothing is wrapped under another.

        Raises MasterKeyUnavailable, RegistryError.
        """
        may_make = not self.wrapped_keys.names()
        return self.key_sources.master(
            self.settings.keys.master, self.settings.keys.before, make_at=self.clock() if may_make else None
        )

    @cached_property
    def registry(self) -> Registry:
        """The registry. Raises RegistryError."""
        with importing():
            from facevec.registry.repository import SqlRegistry

        return SqlRegistry(
            self.engine,
            self.clock,
            consent_required=self.settings.consent.required,
            ledger=self.ledger,
            encrypted=self.settings.privacy.encryption == "on",
        )

    @cached_property
    def records(self) -> Records:
        """All that is kept of workers, to be carried elsewhere. Raises RegistryError."""
        from facevec.registry.records import SqlRecords

        return SqlRecords(self.engine)

    @cached_property
    def receipts(self) -> Receipts:
        """What proves that something was destroyed."""
        from facevec.erasure.receipts import FileReceipts

        return FileReceipts(self.loaded.home / "receipts", self.integrity_key, self.clock)

    @cached_property
    def consent_records(self) -> ConsentRecords:
        """The consent ledger and the texts. Raises RegistryError."""
        from facevec.registry.consents import SqlConsentRecords

        return SqlConsentRecords(self.engine, self.clock)

    @cached_property
    def kept(self) -> Kept:
        """What is kept of people. Raises RegistryError."""
        from facevec.registry.kept import SqlKept

        return SqlKept(self.engine)

    @cached_property
    def visits(self) -> Visits:
        """When workers were seen who agreed to a record of it. Raises RegistryError."""
        from facevec.registry.visits import SqlVisits

        return SqlVisits(self.engine, self.settings.visits.longest_pause(), self.clock)

    @cached_property
    def visit_queue(self) -> VisitQueue:
        """Sightings that wait to be written. Raises RegistryError."""
        from facevec.usecases.visits import VisitQueue

        return VisitQueue(self.visits, self.settings.visits.longest_pause())

    def note_no_more_visits(self) -> None:
        """Sightings that wait are written."""
        if "visit_queue" in self.__dict__:
            self.visit_queue.close()

    @cached_property
    def references(self) -> KeptReferences:
        """References that the registry's database keeps, where it is PostgreSQL. Raises RegistryError."""
        from facevec.registry.reference_store import SqlReferences

        required = self.settings.consent.required
        return SqlReferences(self.engine, self.clock, consent_required=required)

    @cached_property
    def keys(self) -> ApiKeys:
        """The keys of the service. Raises RegistryError."""
        from facevec.registry.api_keys import SqlApiKeys

        return SqlApiKeys(self.engine, self.clock, ledger=self.ledger)

    @cached_property
    def local_key(self) -> LocalKey:
        """The key of this machine's own user."""
        from facevec.registry.local_key import LocalKeyFile

        return LocalKeyFile(self.loaded.home, self.clock)

    @cached_property
    def failed_claims(self) -> FailedClaims:
        """Who claimed to be a worker and was not. Raises RegistryError."""
        from facevec.registry.claims import SqlFailedClaims

        server = self.settings.server
        return SqlFailedClaims(
            self.engine, free=server.claim_failures, free_of_key=server.key_failures, clock=self.clock
        )

    @cached_property
    def approvals(self) -> Approvals:
        """What takes two keys. Raises RegistryError."""
        from facevec.registry.approvals import SqlApprovals

        return SqlApprovals(self.engine, self.clock)

    @cached_property
    def reviews(self) -> Reviews:
        """Identifications that people confirm. Raises RegistryError."""
        from facevec.registry.reviews import SqlReviews

        settings = self.settings.review
        return SqlReviews(
            self.engine,
            self.clock,
            persons=settings.persons,
            lasts=timedelta(minutes=settings.minutes),
            consent_required=self.settings.consent.required,
        )

    @cached_property
    def calibrations(self) -> Calibrations:
        """The calibrations of this registry. Raises RegistryError."""
        from facevec.registry.calibrations import SqlCalibrations

        return SqlCalibrations(self.engine)

    @cached_property
    def own_scales(self) -> OwnScales:
        """What was measured on those who are enrolled. Raises RegistryError."""
        from facevec.registry.own_scales import SqlOwnScales

        return SqlOwnScales(self.engine)

    @cached_property
    def census(self) -> ContractCensus:
        """Of which contracts the templates are. Raises RegistryError."""
        from facevec.registry.census import SqlContractCensus

        return SqlContractCensus(self.engine)

    @cached_property
    def leases(self) -> Leases:
        """Who does what only one may do. Raises RegistryError."""
        from facevec.registry.leases import SqlLeases

        return SqlLeases(self.engine, self.clock)

    @cached_property
    def moments(self) -> Moments:
        """When something was recorded. Raises RegistryError."""
        from facevec.registry.clocks import SqlMoments

        return SqlMoments(self.engine)

    @cached_property
    def night_reports(self) -> NightReports:
        """What the last night came to. Raises RegistryError."""
        from facevec.registry.night_reports import SqlNightReports

        return SqlNightReports(self.engine)

    @cached_property
    def model_changes(self) -> ModelChanges:
        """The change of the model that is under way. Raises RegistryError."""
        from facevec.registry.model_changes import SqlModelChanges

        return SqlModelChanges(self.engine, self.clock, self.ledger)
