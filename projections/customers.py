"""The view `customers`: the card of every customer, and the index by name and phone.

What changes with every event (who holds it) lies apart from what seldom does (the profile, which is
large, and the name, whose index is costly), so that an event writes one narrow row. Personal fields
stay sealed; each carries the topic and the field name by which alone it opens. Two tables of the
view have modules of their own: `customer_contacts` and `customer_matters`. Queries are in
`projections.customer_search`, `projections.address_book` and `projections.briefing`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from domain.events import (
    DataErased,
    DataRestricted,
    DataRestrictionLifted,
    FollowedUp,
    Merged,
    ProfileChanged,
    Registered,
    ReviewPassed,
    ReviewRefused,
)
from projections import customer_contacts, customer_matters
from projections.customer_contacts import sealed_place
from projections.customer_rows import fold_customers, joined
from projections.holding import (
    CUSTOMER_EVENTS,
    MOVING,
    PoolHolding,
    derive,
    hold_and_remember,
    is_over,
)
from projections.name_index import GRAMS
from projections.rows import Table
from projections.view import LogBatch, LogEntry

NAME = "customers"
VERSION = 6
OTHERS: Final[frozenset[type]] = frozenset()
READS: Final = ()
TABLES = (
    "customers",
    "customer_holdings",
    "customer_contacts",
    "customer_matters",
    "customer_names",
)
DDL = (
    """
CREATE TABLE customers (
    customer_id uuid PRIMARY KEY,
    profile text NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    industry text NOT NULL,
    phone jsonb NOT NULL,
    phone_hash text NOT NULL,
    phone_state text NOT NULL,
    introduction text NOT NULL,
    warnings text[] NOT NULL,
    override_reason text,
    registered_at timestamptz NOT NULL,
    registered_by text NOT NULL
);
-- Nobody asks for these by what is in them, so the planner need not know it.
ALTER TABLE customers ALTER phone SET STATISTICS 0;
CREATE INDEX customers_by_phone ON customers (phone_hash);
-- A phone that was filled in after an erasure is a subject of its own; seldom is there one.
CREATE INDEX customers_by_phone_subject ON customers ((phone ->> 'subject'))
    WHERE phone ->> 'subject' <> customer_id::text;

CREATE TABLE customer_holdings (
    customer_id uuid PRIMARY KEY,
    protection jsonb,
    pool_from timestamptz,
    holder text,
    holder_group text,
    department text,
    stage text,
    claimed_at timestamptz,
    since timestamptz,
    in_force_since timestamptz,
    review_due timestamptz,
    until timestamptz,
    held_over_by text,
    held_over_until timestamptz,
    passes_at timestamptz,
    passes_to text,
    rulebook text,
    review_reason text,
    last_holder text,
    pool_reason text,
    bars jsonb,
    last_follow_up_at timestamptz,
    last_follow_up_by text,
    next_contact_at timestamptz,
    merged_into uuid,
    version integer NOT NULL,
    position bigint NOT NULL
) WITH (fillfactor = 80);
ALTER TABLE customer_holdings ALTER protection SET STATISTICS 0, ALTER bars SET STATISTICS 0;
-- The board counts and sorts thousands of rows at a look, so what it asks lies in the indexes.
CREATE INDEX customer_holdings_by_end ON customer_holdings
    (coalesce(pool_from, 'infinity'), customer_id)
    INCLUDE (pool_from, holder, department, stage, passes_at);
CREATE INDEX customer_holdings_by_department ON customer_holdings
    (department, coalesce(pool_from, 'infinity'), customer_id)
    INCLUDE (pool_from, holder, stage, passes_at) WHERE department IS NOT NULL;
CREATE INDEX customer_holdings_by_day ON customer_holdings
    (((coalesce(pool_from, 'infinity') AT TIME ZONE 'Asia/Shanghai'
        - interval '1 microsecond')::date), customer_id);
CREATE INDEX customer_holdings_by_holder ON customer_holdings
    (holder, coalesce(pool_from, 'infinity'), customer_id)
    INCLUDE (pool_from, department, stage, passes_at) WHERE holder IS NOT NULL;
CREATE INDEX customer_holdings_by_successor ON customer_holdings (passes_to, customer_id)
    WHERE passes_at IS NOT NULL;
CREATE INDEX customer_holdings_by_group ON customer_holdings (holder_group, customer_id)
    WHERE holder_group IS NOT NULL;
CREATE INDEX customer_holdings_merged ON customer_holdings (customer_id)
    WHERE merged_into IS NOT NULL;

CREATE TABLE customer_names (
    customer_id uuid PRIMARY KEY,
    name_key text NOT NULL,
    core text NOT NULL,
    registered_at timestamptz NOT NULL
);
CREATE INDEX customer_names_by_registration ON customer_names (registered_at, customer_id);
CREATE INDEX customer_names_by_key ON customer_names (name_key, customer_id);
CREATE INDEX customer_names_by_core ON customer_names (core);
-- Each name goes into some 25 places of this index. New names wait in a list until there is a bulk
-- to be sorted in, which is four times cheaper; every search reads the list, so it is kept short.
CREATE INDEX customer_names_by_gram ON customer_names USING gin ({grams})
    WITH (fastupdate = on, gin_pending_list_limit = 256);
""".replace("{grams}", GRAMS)
    + customer_contacts.DDL
    + customer_matters.DDL
)


class ProfileRow(msgspec.Struct, gc=False):
    """One row of `customers`. phone_state: `open`, `restricted` or `erased`."""

    customer_id: UUID
    profile: str
    name: str
    address: str
    industry: str
    phone: dict[str, Any]
    phone_hash: str
    phone_state: str
    introduction: str
    warnings: list[str]
    override_reason: str | None
    registered_at: datetime
    registered_by: str


class HoldingRow(PoolHolding, kw_only=True, gc=False):
    """One row of `customer_holdings`: what follows from the protection, and what the card shows
    besides. review_reason: why the claim was refused."""

    holder: str | None = None
    holder_group: str | None = None
    department: str | None = None
    stage: str | None = None
    claimed_at: datetime | None = None
    since: datetime | None = None
    in_force_since: datetime | None = None
    review_due: datetime | None = None
    until: datetime | None = None
    held_over_by: str | None = None
    held_over_until: datetime | None = None
    passes_at: datetime | None = None
    passes_to: str | None = None
    rulebook: str | None = None
    review_reason: str | None = None
    last_follow_up_at: datetime | None = None
    last_follow_up_by: str | None = None
    next_contact_at: datetime | None = None
    merged_into: UUID | None = None
    version: int
    position: int


class NameRow(msgspec.Struct, gc=False):
    """One row of `customer_names`."""

    customer_id: UUID
    name_key: str
    core: str
    registered_at: datetime


_KEY = ("customer_id",)
PROFILES: Final = Table("customers", ProfileRow, _KEY)
HOLDINGS: Final = Table("customer_holdings", HoldingRow, _KEY)
NAMES: Final = Table("customer_names", NameRow, _KEY)


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """Profiles, holdings, names, contacts and matters up to the end of `batch`."""
    fold_customers(
        cursor,
        PROFILES,
        batch,
        begins=Registered,
        begin=_profile,
        changes=_PROFILE_CHANGES,
    )
    fold_customers(
        cursor,
        HOLDINGS,
        batch,
        begins=Registered,
        begin=_holding,
        changes=_HOLDING_CHANGES,
        finish=derive,
    )
    fold_customers(
        cursor,
        NAMES,
        batch,
        begins=Registered,
        begin=_name,
        changes={ProfileChanged: _name_changed},
    )
    customer_contacts.fold_contacts(cursor, batch)
    customer_matters.fold_matters(cursor, batch)


def _profile(entry: LogEntry) -> ProfileRow:
    event: Registered = entry.event
    return ProfileRow(
        customer_id=event.originator_id,
        profile=event.profile,
        name=event.name,
        address=event.address,
        industry=event.industry,
        phone=sealed_place(event.phone, entry.topic, "phone"),
        phone_hash=event.phone_hash,
        phone_state=customer_contacts.OPEN,
        introduction=event.introduction,
        warnings=event.warnings,
        override_reason=event.override_reason,
        registered_at=event.timestamp,
        registered_by=event.actor,
    )


def _profile_changed(row: ProfileRow, entry: LogEntry) -> None:
    event: ProfileChanged = entry.event
    if event.name is not None:
        row.name = event.name
        row.warnings = event.warnings
    if event.phone is not None and event.phone_hash is not None:
        row.phone = sealed_place(event.phone, entry.topic, "phone")
        row.phone_hash = event.phone_hash
        row.phone_state = customer_contacts.OPEN
    row.address = event.address if event.address is not None else row.address
    row.industry = event.industry if event.industry is not None else row.industry
    row.introduction = event.introduction if event.introduction is not None else row.introduction
    if event.override_reason is not None:
        row.override_reason = event.override_reason


def _data_changed(row: ProfileRow, entry: LogEntry) -> None:
    event: DataRestricted | DataRestrictionLifted | DataErased = entry.event
    if row.phone["subject"] == str(event.subject_id):
        row.phone_state = customer_contacts.DATA_STATES[type(event)]
        if isinstance(event, DataErased):
            row.phone_hash = customer_contacts.FORGOTTEN


def _name(entry: LogEntry) -> NameRow:
    event: Registered = entry.event
    return NameRow(event.originator_id, event.name_key, event.core, event.timestamp)


def _name_changed(row: NameRow, entry: LogEntry) -> None:
    event: ProfileChanged = entry.event
    if event.name_key is not None and event.core is not None:
        row.name_key = event.name_key
        row.core = event.core


def _holding(entry: LogEntry) -> HoldingRow:
    event: Registered = entry.event
    return HoldingRow(
        customer_id=event.originator_id,
        pool_from=event.timestamp,
        version=event.originator_version,
        position=entry.position,
    )


def _held(row: HoldingRow, entry: LogEntry) -> None:
    before = row.protection
    hold_and_remember(row, entry)
    if is_over(before, row, entry):
        row.review_reason = None
        row.next_contact_at = None


def _review_passed(row: HoldingRow, _: LogEntry) -> None:
    row.review_reason = None


def _review_refused(row: HoldingRow, entry: LogEntry) -> None:
    row.review_reason = entry.event.reason


def _followed_up(row: HoldingRow, entry: LogEntry) -> None:
    event: FollowedUp = entry.event
    row.last_follow_up_at = event.timestamp
    row.last_follow_up_by = event.actor
    row.next_contact_at = event.next_contact_at


def _merged(row: HoldingRow, entry: LogEntry) -> None:
    row.merged_into = entry.event.into


def _noted(row: HoldingRow, entry: LogEntry) -> None:
    row.version = entry.event.originator_version
    row.position = entry.position


_PROFILE_CHANGES: Final = {
    ProfileChanged: _profile_changed,
    **dict.fromkeys(customer_contacts.DATA_STATES, _data_changed),
}
_HOLDING_CHANGES: Final = joined(
    dict.fromkeys(MOVING, _held),
    {
        FollowedUp: _followed_up,
        Merged: _merged,
        ReviewPassed: _review_passed,
        ReviewRefused: _review_refused,
    },
    {kind: _noted for kind in CUSTOMER_EVENTS if kind is not Registered},
)
"""Of each event: the protection's part, then the card's own, then the place in the log."""
