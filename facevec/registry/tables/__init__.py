"""The registry's tables, by what they tell of: the same declarations serve SQLite and PostgreSQL."""

from facevec.registry.tables.base import Base
from facevec.registry.tables.consents import ConsentEntryRow, ConsentHeadRow, ConsentTextRow
from facevec.registry.tables.decisions import ApprovalRow, ReviewRow
from facevec.registry.tables.history import STATE_ID, ChangeRow, ModelChangeRow, RemovalRow, StateRow
from facevec.registry.tables.keys import DataKeyRow, GoingKeyRow, RegistryKeyRow
from facevec.registry.tables.measures import CalibrationRow, OwnScaleRow
from facevec.registry.tables.people import DistinctionRow, PhotoRow, SealRow, TemplateRow, WorkerRow
from facevec.registry.tables.service import ApiKeyRow, FailedClaimRow, LeaseRow, NightRow
from facevec.registry.tables.visits import VisitRow
