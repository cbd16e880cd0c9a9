"""A customer's life step by step: each event, the state it led to, and what changed (design §8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.customer import Customer, RulesOf
from domain.errors import NotFound
from domain.events import (
    ClaimCorrected,
    Claimed,
    ContactAdded,
    DuplicateAbsorbed,
    ProfileChanged,
    Registered,
)
from domain.events.customer import CustomerEvent
from domain.events.values import Contact, CustomerClass
from domain.protection import ApplicationKind, HeldOverBy
from domain.replay import History, PastEvent


@dataclass(frozen=True, slots=True)
class Situation:
    """How a customer stands at an instant, by what is known: one flat record, so that two compare.

    until: the deadline that was given. contracts: number and state of each. bars: who may not
    claim before when; None for everybody. reporters: of the reports that are open.
    """

    state: str
    holder: str | None
    group: str | None
    department: str | None
    claimed_at: datetime | None
    until: datetime | None
    held_over_by: HeldOverBy | None
    held_over_until: datetime | None
    application: ApplicationKind | None
    extensions: int
    leaves_at: datetime | None
    handed_over_to: str | None
    bars: tuple[tuple[str | None, datetime], ...]
    contracts: tuple[tuple[str, str], ...]
    signers: tuple[str, ...]
    open_reports: tuple[int, ...]
    reporters: tuple[str, ...]
    open_disputes: tuple[int, ...]
    merged_into: UUID | None
    customer_class: CustomerClass | None
    classified_by: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """What the record of a customer said at an instant; of its contacts the sealed persons."""

    name: str
    address: str
    industry: str
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One event and what it did. changed: value before and after, by field of the situation."""

    past: PastEvent
    after: Situation
    changed: dict[str, tuple[Any, Any]]


def replay(history: History, *, until: datetime | None = None) -> Iterator[Step]:
    """The steps up to `until`, in the order of the log. until: None for all."""
    customer: Customer | None = None
    before: Situation | None = None
    for past in history.events:
        event = past.event
        if until is not None and until < event.timestamp:
            return
        customer = event.mutate(customer)
        if customer is None:
            continue
        after = situation(customer, event.timestamp)
        yield Step(past, after, _changes(before, after))
        before = after


def customer_at(history: History, at: datetime, rules_of: RulesOf) -> Customer:
    """The customer as of an instant, with the ends that recorded deadlines imply by then.

    Raises NotFound where it was not registered yet.
    """
    customer: Customer | None = None
    for past in history.events:
        if at < past.event.timestamp:
            break
        customer = past.event.mutate(customer)
    if customer is None:
        raise NotFound("customer", history.customer_id)
    customer.expire(at, rules_of)
    return customer


def situations_at(
    history: History, asked: Iterable[tuple[int, datetime]], rules_of: RulesOf
) -> Iterator[Situation]:
    """How the customer stood at instants that lie between its events, as what was refused is.

    asked: a place in the log and an instant each, in the order of the log. Told is what stood
    before that place and was so by then, with the ends that recorded deadlines imply, whether or
    not they were written down later. What lies before the registration is told as of it.
    """
    first, *rest = history.events
    customer: Any = first.event.mutate(None)
    place = 0
    for position, at in asked:
        while place < len(rest) and _is_before(rest[place], position, at):
            customer = rest[place].event.mutate(customer)
            place += 1
        ahead = copy(customer)
        ahead.expire(at, rules_of)
        # The list of what is pending is shared with the one that goes on.
        ahead.collect_events()
        yield situation(ahead, at)


def _is_before(past: PastEvent, position: int, at: datetime) -> bool:
    return past.position < position and past.event.timestamp <= at


def record_at(history: History, at: datetime) -> Record | None:
    """What the record said at `at`; None where it was not registered yet."""
    found: Record | None = None
    for past in history.events:
        event = past.event
        if at < event.timestamp:
            break
        if isinstance(event, Registered):
            found = Record(event.name, event.address, event.industry, tuple(event.contacts))
        elif found is not None:
            found = _amended(found, event)
    return found


def _amended(record: Record, event: CustomerEvent) -> Record:
    """The record after an event; most say nothing about it."""
    match event:
        case ProfileChanged():
            names = ("name", "address", "industry")
            changed = {name: getattr(event, name) for name in names}
            told = {name: value for name, value in changed.items() if value is not None}
            return replace(record, **told)
        case ContactAdded(contact=contact) | Claimed(contact=contact):
            return replace(record, contacts=(*record.contacts, contact))
        case ClaimCorrected(contact=contact):
            return replace(record, contacts=(*record.contacts, contact))
        case DuplicateAbsorbed(contacts=contacts):
            return replace(record, contacts=(*record.contacts, *contacts))
    return record


def situation(customer: Customer, at: datetime) -> Situation:
    """How the customer stands at `at`."""
    live = customer.live_protection(at)
    leaving = live.leaving if live is not None else None
    held_over_by = live.held_over_by if live is not None else None
    open_reports = {
        number: report for number, report in customer.reports.items() if report.resolution is None
    }
    return Situation(
        state=customer.state(at),
        holder=live.holder if live else None,
        group=live.group if live else None,
        department=live.department if live else None,
        claimed_at=live.claimed_at if live else None,
        until=live.until if live else None,
        held_over_by=held_over_by,
        held_over_until=live.held_over_until if live and held_over_by else None,
        application=live.application.kind if live and live.application else None,
        extensions=live.extensions if live else 0,
        leaves_at=leaving.at if leaving else None,
        handed_over_to=leaving.to if leaving else None,
        bars=tuple((member, end) for member, end in customer.bars.items() if at < end),
        contracts=tuple(
            (contract.number, contract.state(at)) for contract in customer.contracts.values()
        ),
        signers=customer.signers,
        open_reports=tuple(open_reports),
        reporters=tuple(dict.fromkeys(report.reporter for report in open_reports.values())),
        open_disputes=tuple(dispute.number for dispute in customer.open_disputes),
        merged_into=customer.merged_into,
        customer_class=customer.customer_class,
        classified_by=customer.classified_by,
    )


def _changes(before: Situation | None, after: Situation) -> dict[str, tuple[Any, Any]]:
    """The fields in which two situations differ; everything is new in the first."""
    changed = {}
    for field in fields(after):
        old = getattr(before, field.name) if before is not None else None
        new = getattr(after, field.name)
        if before is None or old != new:
            changed[field.name] = (old, new)
    return changed
