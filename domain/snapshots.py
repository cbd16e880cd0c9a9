"""Snapshots of customers: a state at a version, so that a long past is not folded again.

A snapshot is a shortcut beside the log, never a source: history, replay and views read events.
It holds what the events hold, personal fields sealed as they are there, and may be deleted at any
time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from eventsourcing.utils import register_topic

from domain.contract import Contract
from domain.customer import Customer
from domain.events.disputes import Dispute
from domain.events.duplicates import Alias, Report
from domain.events.values import Bar, Contact, CustomerClass
from domain.protection import Protection

EVENTS_BETWEEN: Final = 100
"""A customer's snapshot is taken when its version passes a multiple of this."""


@dataclass(frozen=True)
class CustomerSnapshot:
    """Everything that a customer is at a version: each attribute, typed, as plain JSON once stored.

    Raise the number in TOPIC whenever an event leads to another state than before: an attribute
    comes or goes, here or in a value below, or an `apply` assigns something else. Snapshots under
    another number are passed over and replaced in time; one is never read as what it is not.
    bars: the aggregate keeps them by member, of whom one is nobody, which is no key in JSON.
    """

    TOPIC: ClassVar = "customer.snapshot.4"

    originator_id: UUID
    originator_version: int
    created_on: datetime
    modified_on: datetime
    profile: str
    name: str
    name_key: str
    core: str
    phone_hash: str
    phone_subject: UUID
    restricted: frozenset[UUID]
    erased: frozenset[UUID]
    contacts: dict[UUID, Contact]
    contact_topics: dict[UUID, str]
    warnings: tuple[str, ...]
    override_reason: str | None
    customer_class: CustomerClass | None
    classified_by: str | None
    protection: Protection | None
    bars: tuple[Bar, ...]
    claimants: frozenset[str]
    contracts: dict[str, Contract]
    signers: tuple[str, ...]
    reports: dict[int, Report]
    disputes: dict[int, Dispute]
    linked: frozenset[UUID]
    different_from: frozenset[UUID]
    merged_into: UUID | None
    aliases: tuple[Alias, ...]

    @classmethod
    def take(cls, customer: Customer) -> CustomerSnapshot:
        """The customer as it stands; its pending events must have been saved."""
        return cls(
            originator_id=customer.id,
            originator_version=customer.version,
            created_on=customer.created_on,
            modified_on=customer.modified_on,
            bars=tuple(Bar(member, until) for member, until in customer.bars.items()),
            **{name: getattr(customer, name) for name in _AS_THEY_ARE},
        )

    def restored(self) -> Customer:
        """The customer again, as its events would have made it."""
        customer = Customer.__new__(Customer)
        customer.__base_init__(self.originator_id, self.originator_version, self.created_on)
        customer.modified_on = self.modified_on
        customer.bars = {bar.member: bar.until for bar in self.bars}
        for name in _AS_THEY_ARE:
            setattr(customer, name, getattr(self, name))
        return customer


_AS_THEY_ARE: Final = tuple(
    field.name
    for field in fields(CustomerSnapshot)
    if field.name
    not in {"originator_id", "originator_version", "created_on", "modified_on", "bars"}
)
TOPICS: Final = (CustomerSnapshot.TOPIC,)
"""What may be restored from."""
register_topic(CustomerSnapshot.TOPIC, CustomerSnapshot)


def due(aggregates: Iterable[object]) -> list[Customer]:
    """The customers whose pending events take them past a multiple of EVENTS_BETWEEN."""
    return [found for found in aggregates if isinstance(found, Customer) and _is_due(found)]


def _is_due(customer: Customer) -> bool:
    before = customer.version - len(customer.pending_events)
    return customer.version // EVENTS_BETWEEN > before // EVENTS_BETWEEN
