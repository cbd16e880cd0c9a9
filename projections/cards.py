"""A customer's card as of an instant: what the view `customers` answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from domain import names
from domain.contract import Contract, State, Step, dropped
from domain.events import Product
from domain.events.values import CustomerClass
from domain.protection import Application, HeldOverBy, Protection
from projections.customer_matters import OpenReport
from projections.holding import (
    MERGED,
    POOL,
    Barred,
    bars_at,
    is_in_pool,
    last_holder_at,
    pool_reason_at,
    protection_of,
)


@dataclass(frozen=True, slots=True)
class SealedField:
    """A personal field with its place in the stream, without which it does not open."""

    topic: str
    field: str
    subject: UUID
    box: str


@dataclass(frozen=True, slots=True)
class ContactCard:
    """A contact person (S1-027); name and phone are sealed. state: `open`, or by the law
    `restricted` or `erased`."""

    id: UUID
    position: str
    name: SealedField
    phone: SealedField
    state: str


@dataclass(frozen=True, slots=True)
class ContractCard:
    """A contract as far as it has come (S1-056). next_steps: those that may be taken now."""

    number: str
    state: State
    type: str | None
    signed_on: date | None
    signed_by: str | None
    step: Step | None
    next_steps: tuple[Step, ...]
    payment_method: str | None
    buyer: str | None
    products: tuple[Product, ...]
    promises: tuple[str, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LeavingCard:
    """The holder leaves at `leaves_at`. to: who takes over then; None: nobody, or after-sales for a
    formal customer (S1-283, S1-284)."""

    leaves_at: datetime
    to: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """A customer as of an instant.

    holder to next_contact_at: None while it is in the pool. group: who holds it while no one member
    does. until: the deadline that was given; held_over_by and held_over_until: what keeps the
    protection alive beyond it, and until when. pool_since, pool_reason, last_holder: None while it
    is held; the last two also for a customer that nobody ever held. bars: those that still run.
    review_reason: why the claim was refused (S1-317). reports: of duplicates, those that are open.
    merged_into: the record that answers for this one; merged_from: those that this one answers for.
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
    phone_state: str
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
    group: str | None
    department: str | None
    claimed_at: datetime | None
    since: datetime | None
    in_force_since: datetime | None
    until: datetime | None
    held_over_by: HeldOverBy | None
    held_over_until: datetime | None
    application: Application | None
    extensions: int
    leaving: LeavingCard | None
    review_due: datetime | None
    review_reason: str | None
    rulebook: str | None
    next_contact_at: datetime | None
    pool_since: datetime | None
    pool_reason: str | None
    last_holder: str | None
    bars: list[Barred]
    contracts: list[ContractCard]
    signers: list[str]
    merged_into: UUID | None
    merged_from: list[UUID]
    different_from: list[UUID]
    reports: list[OpenReport]
    customer_class: CustomerClass | None
    classified_by: str | None


_ALWAYS = (
    "customer_id",
    "version",
    "position",
    "profile",
    "name",
    "address",
    "industry",
    "phone_state",
    "introduction",
    "warnings",
    "override_reason",
    "registered_at",
    "registered_by",
    "last_follow_up_at",
    "last_follow_up_by",
    "merged_into",
    "customer_class",
    "classified_by",
)
_OF_PROTECTION = (
    "holder",
    "group",
    "department",
    "claimed_at",
    "since",
    "in_force_since",
    "until",
    "held_over_by",
    "application",
    "review_due",
    "rulebook",
)


def state_of(live: Protection | None, merged_into: UUID | None) -> str:
    """`merged`, `pool`, or the stage of the protection that is live."""
    if merged_into is not None:
        return MERGED
    return POOL if live is None else live.stage.value


def card_at(row: Mapping[str, Any], now: datetime) -> Card:
    """The card that a row of `customers` makes at `now`."""
    in_pool = is_in_pool(row, now)
    held = protection_of(row)
    live = held and held.as_of(now)
    columns: dict[str, Any] = {field: row[field] for field in _ALWAYS}
    columns.update({field: live and getattr(live, field) for field in _OF_PROTECTION})
    return Card(
        **columns,
        phone=sealed_field(row["phone"]),
        contacts=[contact_card(contact) for contact in row["contacts"]],
        region=names.parse(row["name"]).region,
        state=state_of(live, row["merged_into"]),
        held_over_until=live.held_over_until if live and live.held_over_by else None,
        extensions=live.extensions if live else 0,
        leaving=LeavingCard(live.leaving.at, live.leaving.to) if live and live.leaving else None,
        review_reason=row["review_reason"] if live else None,
        next_contact_at=row["next_contact_at"] if live else None,
        pool_since=row["pool_from"] if in_pool else None,
        pool_reason=pool_reason_at(row, now),
        last_holder=last_holder_at(row, now),
        bars=bars_at(row, now),
        contracts=_contracts(row["contracts"], now, is_held=live is not None),
        signers=row["signers"] or [],
        merged_from=row["merged_from"] or [],
        different_from=row["different_from"] or [],
        reports=msgspec.convert(row["reports"] or [], list[OpenReport]),
    )


def contact_card(contact: Mapping[str, Any]) -> ContactCard:
    """A contact person from its row as JSON."""
    return ContactCard(
        id=UUID(contact["contact_id"]),
        position=contact["job"],
        name=sealed_field(contact["name"]),
        phone=sealed_field(contact["phone"]),
        state=contact["state"],
    )


def sealed_field(sealed: Mapping[str, Any]) -> SealedField:
    """A sealed field from its column."""
    return SealedField(sealed["topic"], sealed["field"], UUID(sealed["subject"]), sealed["box"])


def _contracts(told: Any, now: datetime, *, is_held: bool) -> list[ContractCard]:
    """Contracts in the order in which they were drawn; an ended protection dropped the open ones,
    whether or not that is written down."""
    known = msgspec.convert(told or {}, dict[str, Contract])
    found = known if is_held else dropped(known)
    ordered = sorted(found.values(), key=lambda contract: (contract.drawn_at, contract.number))
    return [
        ContractCard(
            number=contract.number,
            state=contract.state(now),
            type=contract.type,
            signed_on=contract.signed_on,
            signed_by=contract.signed_by,
            step=contract.step,
            next_steps=contract.next_steps if contract.is_open(now) else (),
            payment_method=contract.payment_method,
            buyer=contract.buyer,
            products=contract.products,
            promises=contract.promises,
            expires_at=contract.expires_at,
        )
        for contract in ordered
    ]
