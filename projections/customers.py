"""The view `customers`: the card of every customer, and the index by name and phone.

What changes with every event (who holds it) lies apart from what seldom does (the profile, which is
large, and the name, whose index is costly), so that an event writes one narrow row. Personal fields
stay sealed; each carries the topic and the field name by which alone it opens. Queries are in
`projections.customer_search`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from domain.events import (
    ClaimCorrected,
    Claimed,
    Contact,
    ContactAdded,
    FollowedUp,
    ProfileChanged,
    Registered,
    ReviewPassed,
    ReviewRefused,
    Sealed,
)
from projections.customer_rows import Change, fold_customers
from projections.holding import POOL_HOLDING, PoolHolding
from projections.name_index import GRAMS
from projections.rows import Table
from projections.view import LogBatch, LogEntry

NAME = "customers"
VERSION = 1
TABLES = ("customers", "customer_holdings", "customer_contacts", "customer_names")
DDL = """
CREATE TABLE customers (
    customer_id uuid PRIMARY KEY,
    profile text NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    industry text NOT NULL,
    phone jsonb NOT NULL,
    phone_hash text NOT NULL,
    introduction text NOT NULL,
    warnings text[] NOT NULL,
    override_reason text,
    registered_at timestamptz NOT NULL,
    registered_by text NOT NULL
);
CREATE INDEX customers_by_phone ON customers (phone_hash);

CREATE TABLE customer_holdings (
    customer_id uuid PRIMARY KEY,
    holder text,
    department text,
    stage text,
    claimed_at timestamptz,
    since timestamptz,
    in_force_since timestamptz,
    review_due timestamptz,
    review_reason text,
    pool_from timestamptz,
    rulebook text,
    last_holder text,
    pool_reason text,
    bars jsonb,
    last_follow_up_at timestamptz,
    last_follow_up_by text,
    next_contact_at timestamptz,
    version integer NOT NULL,
    position bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX customer_holdings_by_end ON customer_holdings
    (coalesce(pool_from, 'infinity'), customer_id);
CREATE INDEX customer_holdings_by_holder ON customer_holdings (holder, customer_id)
    WHERE holder IS NOT NULL;

CREATE TABLE customer_contacts (
    customer_id uuid NOT NULL,
    version integer NOT NULL,
    contact_id uuid NOT NULL,
    job text NOT NULL,
    name jsonb NOT NULL,
    phone jsonb NOT NULL,
    phone_hash text NOT NULL,
    PRIMARY KEY (customer_id, version, contact_id)
);
CREATE INDEX customer_contacts_by_phone ON customer_contacts (phone_hash);

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


class ProfileRow(msgspec.Struct, gc=False):
    """One row of `customers`."""

    customer_id: UUID
    profile: str
    name: str
    address: str
    industry: str
    phone: dict[str, Any]
    phone_hash: str
    introduction: str
    warnings: list[str]
    override_reason: str | None
    registered_at: datetime
    registered_by: str


class HoldingRow(PoolHolding, kw_only=True, gc=False):
    """One row of `customer_holdings`: what `PoolHolding` keeps, and what the card shows of it."""

    department: str | None = None
    since: datetime | None = None
    in_force_since: datetime | None = None
    review_reason: str | None = None
    rulebook: str | None = None
    last_follow_up_at: datetime | None = None
    last_follow_up_by: str | None = None
    next_contact_at: datetime | None = None
    version: int
    position: int


class ContactRow(msgspec.Struct, gc=False):
    """One row of `customer_contacts`: a contact as filled in at a version of the customer."""

    customer_id: UUID
    version: int
    contact_id: UUID
    job: str
    name: dict[str, Any]
    phone: dict[str, Any]
    phone_hash: str


class NameRow(msgspec.Struct, gc=False):
    """One row of `customer_names`."""

    customer_id: UUID
    name_key: str
    core: str
    registered_at: datetime


_KEY = ("customer_id",)
PROFILES: Final = Table("customers", ProfileRow, _KEY)
HOLDINGS: Final = Table("customer_holdings", HoldingRow, _KEY)
CONTACTS: Final = Table("customer_contacts", ContactRow, ("customer_id", "version", "contact_id"))
NAMES: Final = Table("customer_names", NameRow, _KEY)


def fold(cursor: Cursor, batch: LogBatch) -> None:
    """Profiles, holdings, contacts and names up to the end of `batch`."""
    fold_customers(
        cursor,
        PROFILES,
        batch,
        begins=Registered,
        begin=_profile,
        changes={ProfileChanged: _profile_changed},
    )
    fold_customers(
        cursor, HOLDINGS, batch, begins=Registered, begin=_holding, changes=_HOLDING_CHANGES
    )
    fold_customers(
        cursor,
        NAMES,
        batch,
        begins=Registered,
        begin=_name,
        changes={ProfileChanged: _name_changed},
    )
    CONTACTS.insert(cursor, [row for entry in batch.entries for row in _contacts(entry)])


def _contacts(entry: LogEntry) -> Iterator[ContactRow]:
    event = entry.event
    if isinstance(event, Registered):
        added = event.contacts
    elif isinstance(event, ContactAdded | Claimed | ClaimCorrected):
        added = [event.contact]
    else:
        return
    for contact in added:
        yield _contact(entry, contact)


def _contact(entry: LogEntry, contact: Contact) -> ContactRow:
    """A contact as the card keeps it: what is personal stays sealed."""
    return ContactRow(
        customer_id=entry.event.originator_id,
        version=entry.event.originator_version,
        contact_id=contact.id,
        job=contact.position,
        name=_sealed(contact.name, entry.topic, f"contact.{contact.id}.name"),
        phone=_sealed(contact.phone, entry.topic, f"contact.{contact.id}.phone"),
        phone_hash=contact.phone_hash,
    )


def _sealed(sealed: Sealed, topic: str, field: str) -> dict[str, Any]:
    """A sealed field with its place, without which it does not open."""
    return {"topic": topic, "field": field, "subject": str(sealed.subject), "box": sealed.box}


def _profile(entry: LogEntry) -> ProfileRow:
    event: Registered = entry.event
    return ProfileRow(
        customer_id=event.originator_id,
        profile=event.profile,
        name=event.name,
        address=event.address,
        industry=event.industry,
        phone=_sealed(event.phone, entry.topic, "phone"),
        phone_hash=event.phone_hash,
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
        row.phone = _sealed(event.phone, entry.topic, "phone")
        row.phone_hash = event.phone_hash
    row.address = event.address if event.address is not None else row.address
    row.industry = event.industry if event.industry is not None else row.industry
    row.introduction = event.introduction if event.introduction is not None else row.introduction
    if event.override_reason is not None:
        row.override_reason = event.override_reason


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


def _claimed(row: HoldingRow, entry: LogEntry) -> None:
    event: Claimed = entry.event
    row.department = event.department
    row.since = event.timestamp
    row.rulebook = event.rulebook


def _claim_corrected(row: HoldingRow, entry: LogEntry) -> None:
    row.since = entry.event.timestamp


def _review_passed(row: HoldingRow, entry: LogEntry) -> None:
    event: ReviewPassed = entry.event
    row.since = event.timestamp
    row.in_force_since = event.timestamp
    row.rulebook = event.rulebook
    row.review_reason = None


def _review_refused(row: HoldingRow, entry: LogEntry) -> None:
    event: ReviewRefused = entry.event
    row.since = event.timestamp
    row.review_reason = event.reason


def _followed_up(row: HoldingRow, entry: LogEntry) -> None:
    event: FollowedUp = entry.event
    row.last_follow_up_at = event.timestamp
    row.last_follow_up_by = event.actor
    row.next_contact_at = event.next_contact_at


def _ended(row: HoldingRow, _: LogEntry) -> None:
    row.department = None
    row.since = None
    row.in_force_since = None
    row.review_reason = None
    row.rulebook = None
    row.next_contact_at = None


def _unchanged(row: HoldingRow, _: LogEntry) -> None:
    """Nothing but the place in the log moves."""


def _holding_changes() -> Mapping[type, Change[HoldingRow]]:
    """Of each event: the protection's part, then the card's own, then the place in the log."""
    own: dict[type, Change[HoldingRow]] = {
        ContactAdded: _unchanged,
        ProfileChanged: _unchanged,
        FollowedUp: _followed_up,
        **dict.fromkeys(POOL_HOLDING, _ended),
        Claimed: _claimed,
        ClaimCorrected: _claim_corrected,
        ReviewPassed: _review_passed,
        ReviewRefused: _review_refused,
    }

    def change_of(kind: type) -> Change[HoldingRow]:
        hold, change = POOL_HOLDING.get(kind), own[kind]

        def changed(row: HoldingRow, entry: LogEntry) -> None:
            if hold is not None:
                hold(row, entry)
            change(row, entry)
            row.version = entry.event.originator_version
            row.position = entry.position

        return changed

    return {kind: change_of(kind) for kind in own}


_HOLDING_CHANGES: Final = _holding_changes()
