"""A member's address book: every contact person that the member ever entered (S1-028).

Kept for good: it also holds those of customers that the member holds no more, and of records that
were merged away. A copy that a merge made is not one more entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL

from projections.answers import After, Order, Page, ask_page
from projections.cards import SealedField, sealed_field
from projections.customers import NAME as VIEW


@dataclass(frozen=True, slots=True)
class AddressBookEntry:
    """A contact person as the member filled it in last. customer_name: as it is called now.

    The sealed fields open at their place in the stream of `customer_id`.
    """

    customer_id: UUID
    customer_name: str
    contact_id: UUID
    position: str
    name: SealedField
    phone: SealedField
    added_at: datetime


def address_book(
    cursor: Cursor, member: str, *, limit: int = 50, after: After | None = None
) -> Page[AddressBookEntry]:
    """The contact persons that `member` entered, the newest first."""
    return ask_page(
        cursor,
        (VIEW,),
        SQL(
            "entered.customer_id, customers.name AS customer_name, contact_id, job AS position,"
            " entered.name, entered.phone, added_at"
        ),
        SQL("views.customer_contacts AS entered JOIN views.customers USING (customer_id)"),
        conditions=(SQL("added_by = %(member)s"), _FILLED_IN_LAST),
        parameters={"member": member},
        order=_ORDER,
        make=_entry,
        descending=True,
        limit=limit,
        after=after,
    )


def _entry(row: Mapping[str, Any]) -> AddressBookEntry:
    sealed = {field: sealed_field(row[field]) for field in ("name", "phone")}
    return AddressBookEntry(**{**row, **sealed})


_FILLED_IN_LAST: Final = SQL(
    "NOT EXISTS (SELECT FROM views.customer_contacts AS again"
    " WHERE again.customer_id = entered.customer_id AND again.contact_id = entered.contact_id"
    " AND again.added_by = entered.added_by AND again.version > entered.version)"
)
_ORDER: Final = Order(
    ("added_at", "timestamptz"),
    ("customer_id", "uuid"),
    ("version", "integer"),
    ("contact_id", "uuid"),
)
