"""Commands on customers with a long past, beside customers that are hardly known yet."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle
from uuid import UUID

from eventsourcing.persistence import JSONTranscoder

from api.composition import Service
from api.credentials import credentials_of
from benchmarks.companies import Company, companies
from benchmarks.figures import Need, Section, at_most, percentile, timed
from benchmarks.ground import Ground
from benchmarks.houses import joined, migrated_database, opened
from benchmarks.lives import DAY, Author, Life, fill_log, written
from benchmarks.scales import Scale
from domain.member import Member
from domain.orders import FollowUpInput, Order
from domain.rulebook import RulebookStream
from domain.snapshots import EVENTS_BETWEEN, CustomerSnapshot
from eventstore.mapper import Mapper

NAME = "long"
FRESH, LONG, BARE = "short past", "long past", "no snapshots"
_SELLER = "seller-1"
_FRESH_EVENTS = 8
_COMMANDS_A_FRESH_ONE = 4
LONG_CUSTOMERS = 10
_EVENTS_A_CONTACT = 200
_COMMANDS_A_BARE_ONE = EVENTS_BETWEEN // 2
_ONE_BARE_IN = 5
_WARM_UP = 20
_REMARKS = (
    "Follow-ups through the application in this process, one after another, each durable when it "
    f"returns; the sides take turns. A short past is of {_FRESH_EVENTS} to "
    f"{_FRESH_EVENTS + _COMMANDS_A_FRESH_ONE} events. A long one also has a contact person for "
    f"every {_EVENTS_A_CONTACT} events.",
    f"A snapshot is taken every {EVENTS_BETWEEN} events, within the command that passes the "
    "number. Customers with a long past begin at every distance from their last one and take new "
    "ones on the way. Those without snapshots are as long and never come to the next number.",
    "Loading: what such a command reads, folded; nothing is decided or written.",
)


def measure(ground: Ground, scale: Scale) -> Section:
    section = Section(NAME, "Customers with a long past", remarks=list(_REMARKS))
    url = migrated_database(ground, "long_tenure")
    with opened(ground, url) as service:
        (seller,) = joined(service, [_SELLER])
        customers = _filled(ground, scale, service, url)
        ground.run_sql("long_tenure", "VACUUM ANALYZE")
        order = Order(credentials_of(seller.token))
        note = FollowUpInput("phone", "电话沟通采购计划", service.application.now() + 5 * DAY)
        shared = (Member.id_of(_SELLER), RulebookStream.the_id())

        def follow_up(customer_id: UUID) -> None:
            service.application.follow_up(order, customer_id, follow_up=note)

        def load(customer_id: UUID) -> None:
            service.application.reader.load([(customer_id, 0)], cached=shared)

        for work, carry_out in (("follow-up", follow_up), ("loading alone", load)):
            ground.tell(f"long: {work}, {scale.long_commands} a side")
            _report(section, work, _in_turns(customers, scale.long_commands, carry_out), scale)
    return section


def _filled(ground: Ground, scale: Scale, service: Service, url: str) -> dict[str, list[UUID]]:
    """The customers of each side, in the log; the long ones with a snapshot each."""
    author, now = Author(ground.sealer()), service.application.now()
    mapper: Mapper[UUID] = Mapper(JSONTranscoder())
    commands = scale.long_commands + _WARM_UP
    counts = {
        FRESH: commands // _COMMANDS_A_FRESH_ONE + 1,
        LONG: LONG_CUSTOMERS,
        BARE: commands // _ONE_BARE_IN // _COMMANDS_A_BARE_ONE + 1,
    }
    made = companies(sum(counts.values()))
    customers: dict[str, list[UUID]] = {side: [] for side in counts}
    lives, taken = [], []
    for side, count in counts.items():
        ground.tell(f"long: {count} customers, {side}")
        for number in range(count):
            company = next(made)
            events = _FRESH_EVENTS if side == FRESH else scale.long_events
            life = _grown(author, _begun(author, company, now), company, now, events)
            if side == LONG:
                taken.append(mapper.to_stored_event(CustomerSnapshot.take(life.customer)))
                events += number * EVENTS_BETWEEN // count
                life = _grown(author, life, company, now, events)
            lives.append(written(life, mapper))
            customers[side].append(life.customer.id)
    fill_log(url, lives)
    service.application.recorder.keep_snapshots(taken)
    return customers


def _begun(author: Author, company: Company, now: datetime) -> Life:
    """In force, and held by the one who will follow up."""
    claimed_at = now - 2 * DAY
    life = author.registered(company, claimed_at)
    life, _ = author.claimed(life, company, claimed_at, by=_SELLER)
    author.passed(life, claimed_at)
    return life


def _grown(author: Author, life: Life, company: Company, now: datetime, events: int) -> Life:
    """Followed up until there are so many events; now and then there is a new contact person."""
    for version in range(life.customer.version + 1, events + 1):
        at = now - DAY + timedelta(seconds=version)
        if version % _EVENTS_A_CONTACT == 0:
            life = author.contact_added(life, company, _SELLER, at)
        else:
            author.followed_up(life, _SELLER, at)
    return life


def _in_turns(
    customers: dict[str, list[UUID]], count: int, carry_out: Callable[[UUID], None]
) -> dict[str, list[float]]:
    """Milliseconds by side, customer after customer; the first ones warm up and are not counted.

    Without snapshots it takes so long that it is done less often.
    """
    turns = {side: cycle(found) for side, found in customers.items()}
    took_ms: dict[str, list[float]] = {side: [] for side in customers}
    for number in range(-_WARM_UP, count):
        for side, turn in turns.items():
            if side == BARE and number % _ONE_BARE_IN:
                continue
            began = time.perf_counter()
            carry_out(next(turn))
            if number >= 0:
                took_ms[side].append(1000 * (time.perf_counter() - began))
    return took_ms


def _report(section: Section, work: str, took_ms: dict[str, list[float]], scale: Scale) -> None:
    fresh = took_ms[FRESH]
    for side, found in took_ms.items():
        median = percentile(found, 0.5) / percentile(fresh, 0.5)
        section.figures.append(
            timed(
                work,
                side,
                found,
                seconds=sum(found) / 1000,
                unit="/s",
                remark="" if side == FRESH else f"p50 {median:.2f} x of a short past",
            )
        )
    if work == "follow-up":
        told = f"{work} after {scale.long_events:,} events"
        section.verdicts += [
            at_most(f"{told}, p{percent}", Need.MUST, 2.0, ratio, "x of a short past")
            for percent in (50, 99)
            for ratio in [
                percentile(took_ms[LONG], percent / 100) / percentile(fresh, percent / 100)
            ]
        ]
