"""Whose personal data lies where: questions to the view `customers` (PIPL art. 47).

A subject is a contact person, or the phone of a company. Names and phones stay sealed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from projections.customers import NAME as VIEW
from projections.rows import ids

__all__ = ["VIEW", "HeldData", "customers_of", "held_by", "held_of"]

Kind = Literal["contact", "phone"]


@dataclass(frozen=True, slots=True)
class HeldData:
    """What one record holds of one subject.

    kind: `contact`: a person's name and phone; `phone`: the company's own. position: of the
    contact in the company. state: `open`, `restricted` or `erased`. recorded_at: since when.
    """

    subject_id: UUID
    customer_id: UUID
    customer_name: str
    kind: Kind
    position: str | None
    state: str
    recorded_at: datetime


_SELECT: Final = """
SELECT contact_id AS subject_id, held.customer_id, customers.name, 'contact' AS kind, job, state,
    added_at
FROM views.customer_contacts AS held JOIN views.customers USING (customer_id)
WHERE {contacts}
UNION ALL
SELECT (phone ->> 'subject')::uuid, customer_id, name, 'phone', NULL, phone_state, registered_at
FROM views.customers
WHERE {phones}
"""
_ORDER: Final = " ORDER BY kind DESC, added_at, subject_id, customer_id"
_OF_CUSTOMERS: Final = (
    _SELECT.format(
        contacts="held.customer_id = ANY (%(ids)s::uuid[])",
        phones="customer_id = ANY (%(ids)s::uuid[])",
    )
    + _ORDER
)
_OF_SUBJECTS: Final = (
    _SELECT.format(
        contacts="held.contact_id = ANY (%(ids)s::uuid[])",
        phones="customer_id = ANY (%(ids)s::uuid[]) AND phone ->> 'subject' = customer_id::text"
        " OR phone ->> 'subject' = ANY (%(texts)s) AND phone ->> 'subject' <> customer_id::text",
    )
    + _ORDER
)


def held_by(cursor: Cursor, customer_id: UUID) -> list[HeldData]:
    """Everything personal on one record."""
    cursor.execute(_OF_CUSTOMERS, {"ids": ids([customer_id])})
    return [HeldData(*row) for row in cursor.fetchall()]


def held_of(cursor: Cursor, subject_id: UUID) -> list[HeldData]:
    """Where one subject's data lies."""
    cursor.execute(_OF_SUBJECTS, {"ids": ids([subject_id]), "texts": [str(subject_id)]})
    return [HeldData(*row) for row in cursor.fetchall()]


def customers_of(cursor: Cursor, subject_id: UUID) -> list[UUID]:
    """The records where the subject's data lies, each once."""
    return list(dict.fromkeys(found.customer_id for found in held_of(cursor, subject_id)))
