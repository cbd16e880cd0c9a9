"""A customer's card as of an instant: what the view `customers` answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import names
from projections.holding import Barred, bars_at, is_in_pool, pool_reason_at, state_at


@dataclass(frozen=True, slots=True)
class SealedField:
    """A personal field with its place in the stream, without which it does not open."""

    topic: str
    field: str
    subject: UUID
    box: str


@dataclass(frozen=True, slots=True)
class ContactCard:
    """A contact person (S1-027); name and phone are sealed."""

    id: UUID
    position: str
    name: SealedField
    phone: SealedField


@dataclass(frozen=True, slots=True)
class Card:
    """A customer as of an instant.

    holder to next_contact_at: None while it is in the pool. pool_since, pool_reason, last_holder:
    None while it is held; the last two also for a customer that nobody ever held. bars: those
    that still run. review_reason: why the claim was refused (S1-317).
    """

    customer_id: UUID
    version: int
    position: int
    profile: str
    name: str
    region: str
    address: str
    industry: str
    phone: SealedField
    introduction: str
    contacts: list[ContactCard]
    warnings: list[str]
    override_reason: str | None
    registered_at: datetime
    registered_by: str
    last_follow_up_at: datetime | None
    last_follow_up_by: str | None
    state: str
    holder: str | None
    department: str | None
    claimed_at: datetime | None
    since: datetime | None
    in_force_since: datetime | None
    until: datetime | None
    review_due: datetime | None
    review_reason: str | None
    rulebook: str | None
    next_contact_at: datetime | None
    pool_since: datetime | None
    pool_reason: str | None
    last_holder: str | None
    bars: list[Barred]


_ALWAYS = (
    "customer_id",
    "version",
    "position",
    "profile",
    "name",
    "address",
    "industry",
    "introduction",
    "warnings",
    "override_reason",
    "registered_at",
    "registered_by",
    "last_follow_up_at",
    "last_follow_up_by",
)
_WHILE_HELD = (
    "holder",
    "department",
    "claimed_at",
    "since",
    "in_force_since",
    "review_due",
    "review_reason",
    "rulebook",
    "next_contact_at",
)


def card_at(row: Mapping[str, Any], now: datetime) -> Card:
    """The card that a row of `customers` makes at `now`."""
    in_pool = is_in_pool(row, now)
    columns: dict[str, Any] = {field: row[field] for field in _ALWAYS}
    columns.update({field: None if in_pool else row[field] for field in _WHILE_HELD})
    return Card(
        **columns,
        phone=_sealed(row["phone"]),
        contacts=[_contact(contact) for contact in row["contacts"]],
        region=names.parse(row["name"]).region,
        state=state_at(row, now),
        until=None if in_pool else row["pool_from"],
        pool_since=row["pool_from"] if in_pool else None,
        pool_reason=pool_reason_at(row, now),
        last_holder=(row["holder"] or row["last_holder"]) if in_pool else None,
        bars=bars_at(row, now),
    )


def _contact(contact: Mapping[str, Any]) -> ContactCard:
    return ContactCard(
        id=UUID(contact["contact_id"]),
        position=contact["job"],
        name=_sealed(contact["name"]),
        phone=_sealed(contact["phone"]),
    )


def _sealed(sealed: Mapping[str, Any]) -> SealedField:
    return SealedField(sealed["topic"], sealed["field"], UUID(sealed["subject"]), sealed["box"])
