"""Contact persons of customers, each as it was filled in: a table of the view `customers` (S1-027).

What is personal stays sealed; each field carries the topic and the field name by which alone it
opens.
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
    DataErased,
    DataRestricted,
    DataRestrictionLifted,
    DuplicateAbsorbed,
    Registered,
    Sealed,
)
from projections.rows import Table
from projections.view import LogBatch, LogEntry

DDL: Final = """
CREATE TABLE customer_contacts (
    customer_id uuid NOT NULL,
    version integer NOT NULL,
    contact_id uuid NOT NULL,
    job text NOT NULL,
    name jsonb NOT NULL,
    phone jsonb NOT NULL,
    phone_hash text NOT NULL,
    state text NOT NULL,
    added_by text,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, version, contact_id)
);
ALTER TABLE customer_contacts ALTER name SET STATISTICS 0, ALTER phone SET STATISTICS 0;
CREATE INDEX customer_contacts_by_phone ON customer_contacts (phone_hash);
CREATE INDEX customer_contacts_by_person ON customer_contacts (contact_id);
CREATE INDEX customer_contacts_by_member ON customer_contacts
    (added_by, added_at, customer_id, version, contact_id);
"""


OPEN: Final = "open"
DATA_STATES: Final[Mapping[type[Any], str]] = {
    DataRestricted: "restricted",
    DataRestrictionLifted: OPEN,
    DataErased: "erased",
}
"""What becomes of a person's data by each event (PIPL art. 47)."""
FORGOTTEN: Final = ""
"""In the place of the keyed hash of a phone that was erased: nobody is found by it."""
_CHANGE: Final = (
    "UPDATE customer_contacts SET state = %(state)s,"
    " phone_hash = CASE WHEN %(is_erased)s THEN %(forgotten)s ELSE phone_hash END"
    " WHERE customer_id = %(customer)s AND contact_id = %(contact)s"
)


class ContactRow(msgspec.Struct, gc=False):
    """One row of `customer_contacts`: a contact as filled in at a version of the customer.

    state: `open`, `restricted` or `erased`. added_by: who entered it; None for a copy that a merge
    made of another record's contact.
    """

    customer_id: UUID
    version: int
    contact_id: UUID
    job: str
    name: dict[str, Any]
    phone: dict[str, Any]
    phone_hash: str
    state: str
    added_by: str | None
    added_at: datetime


CONTACTS: Final = Table("customer_contacts", ContactRow, ("customer_id", "version", "contact_id"))


def fold_contacts(cursor: Cursor, batch: LogBatch) -> None:
    """The rows of `customer_contacts` up to the end of `batch`."""
    CONTACTS.insert(cursor, [row for entry in batch.entries for row in _contacts(entry)])
    for entry in batch.entries:
        if (state := DATA_STATES.get(type(entry.event))) is not None:
            _change(cursor, entry.event, state)


def _change(
    cursor: Cursor, event: DataRestricted | DataRestrictionLifted | DataErased, state: str
) -> None:
    """What becomes of one person's data on one record; seldom, and so one by one."""
    cursor.execute(
        _CHANGE,
        {
            "state": state,
            "is_erased": isinstance(event, DataErased),
            "forgotten": FORGOTTEN,
            "customer": str(event.originator_id),
            "contact": str(event.subject_id),
        },
    )


def sealed_place(sealed: Sealed, topic: str, field: str) -> dict[str, Any]:
    """A sealed field with its place, without which it does not open."""
    return {"topic": topic, "field": field, "subject": str(sealed.subject), "box": sealed.box}


def _contacts(entry: LogEntry) -> Iterator[ContactRow]:
    event = entry.event
    if isinstance(event, Registered | DuplicateAbsorbed):
        added = event.contacts
    elif isinstance(event, ContactAdded | Claimed | ClaimCorrected):
        added = [event.contact]
    else:
        return
    for contact in added:
        yield _contact(entry, contact)


def _contact(entry: LogEntry, contact: Contact) -> ContactRow:
    event = entry.event
    return ContactRow(
        customer_id=event.originator_id,
        version=event.originator_version,
        contact_id=contact.id,
        job=contact.position,
        name=sealed_place(contact.name, entry.topic, f"contact.{contact.id}.name"),
        phone=sealed_place(contact.phone, entry.topic, f"contact.{contact.id}.phone"),
        phone_hash=contact.phone_hash,
        state=OPEN,
        added_by=None if isinstance(event, DuplicateAbsorbed) else event.actor,
        added_at=event.timestamp,
    )
