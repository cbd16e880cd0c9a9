"""A load is what the application would have recorded: repeatable, whole, decided by its rules."""

from __future__ import annotations

import itertools
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import psycopg2
import pytest
from eventsourcing.persistence import JSONTranscoder, StoredEvent
from pydantic import SecretStr

from api.composition import Service, build_service
from api.credentials import credentials_of
from api.embedded import EmbeddedPostgres
from api.settings import Settings
from benchmarks import finding, growing, growth_pictures
from benchmarks.figures import Section
from benchmarks.houses import Member, token_of
from benchmarks.load.filling import LogNotEmpty, fill
from benchmarks.load.place import Place
from benchmarks.load.plan import SHARDS, Plan
from benchmarks.load.writer import Shard
from domain.customer import Customer
from domain.errors import AlreadyProtected, DuplicateName
from domain.events import applications, contracts, holders
from domain.events import customer as facts
from domain.events.identity import IdentityReserved
from domain.events.party import PartyNoted
from domain.events.refusal import RefusalRecorded
from domain.events.values import Sealed
from domain.identity import Identity
from domain.names import parse
from domain.orders import Order, SealedAt
from domain.party import Party
from domain.replay import History, PastEvent
from domain.rulebook import default_text
from domain.rulebook_text import parse as parse_rulebook
from domain.sealing import Sealer
from domain.what_if import what_if
from eventstore.mapper import Mapper
from projections.customer_search import card
from projections.pool import in_pool

PLAN = Plan(customers=2_000, events=20_000, seed=7, until=datetime(2026, 3, 2, tzinfo=UTC))
KEY, HASH_KEY = b"k" * 32, b"h" * 32
RULES = parse_rulebook(default_text())


def rules_of(_version: str) -> Any:
    return RULES


def windows(plan: Plan, shard: int) -> Iterator[list[StoredEvent]]:
    for _, window in Shard(plan, shard, key=KEY, hash_key=HASH_KEY).windows():
        yield window.events


@cache
def lived(shard: int) -> tuple[tuple[StoredEvent, ...], ...]:
    """What one writer appends, turn by turn."""
    return tuple(tuple(events) for events in windows(PLAN, shard))


@cache
def log() -> tuple[StoredEvent, ...]:
    """As the writers append it: the shards in turn, window by window."""
    turns = zip(*(lived(shard) for shard in range(SHARDS)), strict=True)
    return tuple(event for turn in turns for events in turn for event in events)


@cache
def decoded() -> tuple[Any, ...]:
    mapper: Mapper[UUID] = Mapper(JSONTranscoder())
    return tuple(mapper.to_domain_event(event) for event in log())


def test_the_same_seed_writes_the_same_log() -> None:
    assert lived(0) == tuple(tuple(events) for events in windows(PLAN, 0))
    other = Plan(PLAN.customers, PLAN.events, PLAN.seed + 1, PLAN.until)
    assert tuple(next(windows(other, 0))) != lived(0)[0]


def test_a_load_has_the_customers_and_about_the_events_that_it_was_asked_for() -> None:
    topics = Counter(event.topic for event in log())
    assert topics["customer.registered"] == PLAN.customers
    assert abs(len(log()) - PLAN.events) < 0.1 * PLAN.events
    assert topics.keys() >= {
        "customer.claimed",
        "customer.claim_corrected",
        "customer.claim_withdrawn",
        "customer.contract_confirmed",
        "customer.extension_granted",
        "customer.followed_up",
        "customer.holder_removed",
        "customer.intent_granted",
        "customer.lapsed",
        "customer.moved_to_after_sales",
        "customer.released",
        "customer.review_passed",
        "customer.review_refused",
        "party.noted",
        "refusal.recorded",
    }
    of_one = Counter(event.originator_id for event in log() if event.topic.startswith("customer."))
    counts = sorted(of_one.values())
    assert counts[len(counts) // 2] < 6
    assert counts[-1] > 60


def test_events_lie_in_the_past_and_nearly_in_the_order_of_their_positions() -> None:
    instants = [event.timestamp for event in decoded()]
    assert PLAN.since <= min(instants)
    assert max(instants) < PLAN.until
    # Within one shard the order is whole: nothing is told before it happens.
    at = dict(zip(log(), instants, strict=True))
    for shard in range(SHARDS):
        own = [at[event] for events in lived(shard) for event in events]
        assert own == sorted(own)


def test_every_event_is_what_the_customer_would_have_decided() -> None:
    """Each is asked for again of the aggregate as it was, with the same words at the same time."""
    customers: dict[UUID, Customer] = {}
    pending: list[Any] = []
    for event in decoded():
        if isinstance(event, facts.CustomerEvent) and pending[:1] != [event]:
            assert pending == []
            customer = customers.get(event.originator_id)
            pending = _decided_again(customer, event)
            customers[event.originator_id] = _CREATED.pop() if customer is None else customer
        if isinstance(event, facts.CustomerEvent):
            assert pending.pop(0) == event
        elif isinstance(event, RefusalRecorded):
            refused = customers[event.customer_id]
            assert refused.version == event.customer_version
            with pytest.raises(AlreadyProtected) as raised:
                refused.require_claimable(event.actor, event.timestamp, RULES)
            assert event.facts["holder"] == raised.value.facts()["holder"]
    assert pending == []


def test_most_lives_are_told_and_not_lived() -> None:
    shard = Shard(PLAN, 0, key=KEY, hash_key=HASH_KEY)
    for _ in shard.windows():
        pass
    assert 5 * shard.patterns.lived < len(shard.births)


def test_under_the_very_rules_that_held_every_life_is_the_recorded_one() -> None:
    """Also where working days were counted, over weekends and holidays."""
    lives: dict[UUID, list[PastEvent]] = {}
    for position, event in enumerate(decoded(), start=1):
        if isinstance(event, facts.CustomerEvent):
            past = PastEvent(position, event.timestamp, event)
            lives.setdefault(event.originator_id, []).append(past)
    for customer_id, past in list(lives.items())[::7]:
        told = what_if(History(customer_id, PLAN.until, tuple(past)), RULES, rules_of)
        assert [step for step in told.steps if step.differs] == []
        assert [pair for pair in told.pairs if pair.differs] == []


def test_whatever_is_sealed_opens_under_the_key_that_came_with_it() -> None:
    sealer = Sealer(KEY, HASH_KEY, random=secrets.token_bytes)
    shard = Shard(PLAN, 1, key=KEY, hash_key=HASH_KEY)
    keys = {key.subject_id: key.wrapped for _, window in shard.windows() for key in window.keys}
    sealed = [
        (event, field, box)
        for event in map(Mapper[UUID](JSONTranscoder()).to_domain_event, itertools.chain(*lived(1)))
        for field, box in _sealed(event)
    ]
    assert len({box.subject for _, _, box in sealed}) == len(keys)
    for event, field, box in sealed:
        bare = sealer.unwrap(box.subject, keys[box.subject])
        stream, topic = event.originator_id, event.TOPIC
        assert sealer.unseal(bare, box, stream=stream, topic=topic, field=field)


def test_a_part_in_a_customer_lies_on_the_stream_that_a_decision_reads() -> None:
    noted = [event for event in decoded() if isinstance(event, PartyNoted)]
    assert len(noted) > 100
    for event in noted:
        assert event.originator_id == Party.id_of(event.customer_id, event.actor)
        assert event.member == event.actor


def test_a_registration_reserves_its_name_core_and_phone_as_the_application_does() -> None:
    registered = {
        event.originator_id: event for event in decoded() if isinstance(event, facts.Registered)
    }
    reserved: dict[UUID, set[tuple[str, str]]] = {}
    for event in decoded():
        if isinstance(event, IdentityReserved) and event.kind != "contract":
            reserved.setdefault(event.customer_id, set()).add((event.kind, event.key))
            (made,) = Identity.reserve(
                event.kind,  # type: ignore[arg-type]
                event.key,
                customer=event.customer_id,
                actor=event.actor,
                at=event.timestamp,
            ).collect_events()
            assert made == event
    for customer_id, event in registered.items():
        parts = parse(event.name)
        assert reserved[customer_id] == {
            ("name", parts.key),
            ("core", parts.core),
            ("phone", event.phone_hash),
        }


def _sealed(event: Any) -> Iterator[tuple[str, Sealed]]:
    """By the name of the field in its associated data."""
    if isinstance(event, facts.Registered):
        yield "phone", event.phone
    elif isinstance(event, facts.Claimed | facts.ClaimCorrected | facts.ContactAdded):
        yield f"contact.{event.contact.id}.name", event.contact.name
        yield f"contact.{event.contact.id}.phone", event.contact.phone


SMALL = Plan(customers=60, events=600, seed=3, until=datetime(2026, 3, 2, tzinfo=UTC))


@pytest.fixture(scope="module")
def service(database_url: str) -> Iterator[Service]:
    """On an empty log, with keys of its own."""
    keys = {name: SecretStr("ab" * 32) for name in ("key", "hash_key")}
    settings = Settings(_env_file=None, database=database_url, worker=False, **keys)  # type: ignore[call-arg, arg-type]
    with closing(build_service(settings)) as made:
        yield made


def test_a_load_that_is_interrupted_leaves_fewer_customers_and_every_stream_whole(
    postgres: EmbeddedPostgres, template_database: str
) -> None:
    with _empty(postgres, template_database) as interrupted:

        def interrupt(events: int, _customers: int) -> None:
            if events > 300:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fill(interrupted, SMALL, interrupt)
        left = _topics(interrupted)
        registered = left["customer.registered"]
        assert 0 < registered < SMALL.customers
        reserved = left["identity.reserved"] - left["customer.contract_drawn"]
        assert reserved == 3 * registered
        _fold(interrupted)


@pytest.fixture(scope="module")
def told(service: Service) -> list[tuple[int, int]]:
    """A load has filled it; what was told on the way."""
    told: list[tuple[int, int]] = []
    filled = fill(service, SMALL, lambda events, customers: told.append((events, customers)))
    assert (filled.events, filled.customers) == told[-1]
    _fold(service)
    return told


def test_the_application_goes_on_with_what_a_load_left(
    service: Service, told: list[tuple[int, int]]
) -> None:
    application = service.application
    events, customers = told[-1]
    assert customers == SMALL.customers
    assert application.reader.settled_position() == events
    with pytest.raises(LogNotEmpty):
        fill(service, SMALL)
    manager = application.member_at("manager-1")
    assert (manager.roles, manager.department) == ({"manager"}, "销售1部")
    seller = Order(credentials_of(token_of(service, "seller-1")))
    with service.database.autocommit() as cursor:
        page = in_pool(cursor, now=application.now(), limit=500)
        cards = [card(cursor, row.customer_id, now=application.now())[0] for row in page.items]
    shown = max((found for found in cards if found), key=lambda found: len(found.contacts))
    assert len(page.items) > SMALL.customers // 2
    with pytest.raises(DuplicateName):
        application.register(
            seller,
            name=shown.name,
            address="靖江市人民路1号",
            industry="空调",
            phone="0523-80000001",
            introduction="主营空调",
        )
    # Of somebody who was added to the contacts, and of one with whom a claim came.
    sealed = [
        SealedAt(shown.customer_id, field.topic, field.field, Sealed(field.subject, field.box))
        for contact in (shown, *shown.contacts)
        for field in [contact.phone]
    ]
    assert len(sealed) > 1
    assert all(str(text).lstrip("+").isdigit() for text in application.open_sealed(sealed))


@pytest.mark.usefixtures("told")
def test_questions_are_asked_of_whatever_load_there_is(service: Service) -> None:
    place = Place(service, service.database.url, (), {}, Member("auditor-1", ""))
    section = Section("find", "Questions")
    finding.in_database(place, finding.questions(place, 8), section)
    works = [figure.work for figure in section.figures]
    assert "holder at an instant, database" in works
    assert f"audit, page {finding.PAGES}, database" in works
    assert len(section.verdicts) == 3
    growth = growing.answers(place, finding.questions(place, 8)) + growing.sizes(place)
    assert all(figure.value > 0 for figure in growth)
    assert "whole database" in [figure.work for figure in growth]
    told = [{**asdict(figure), "side": "60 customers"} for figure in growth]
    for picture in (growth_pictures.pages_picture(told), growth_pictures.bytes_picture(told)):
        assert ElementTree.fromstring(picture).tag.endswith("svg")


def test_a_load_needs_four_events_a_customer() -> None:
    with pytest.raises(ValueError, match="four events"):
        Plan(customers=10, events=39, seed=1, until=PLAN.until)


@contextmanager
def _empty(postgres: EmbeddedPostgres, template: str) -> Iterator[Service]:
    """A service on a database of its own."""
    name = f"load_{secrets.token_hex(4)}"
    with closing(psycopg2.connect(postgres.url(database="postgres"))) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        keys = {key: SecretStr("ab" * 32) for key in ("key", "hash_key")}
        url = postgres.url(database=name)
        settings = Settings(_env_file=None, database=url, worker=False, **keys)  # type: ignore[call-arg, arg-type]
        try:
            with closing(build_service(settings)) as service:
                yield service
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _topics(service: Service) -> Counter[str]:
    with service.database.autocommit() as cursor:
        cursor.execute("SELECT topic, count(*) FROM tenure.events GROUP BY topic")
        return Counter(dict(cursor.fetchall()))


def _fold(service: Service) -> None:
    """Every view takes every event."""
    while service.engine.step():
        pass
    service.engine.close()
    assert {lag.lag for lag in service.engine.lag().values()} == {0}
    assert {lag.failed for lag in service.engine.lag().values()} == {None}


_CREATED: list[Customer] = []


def _decided_again(customer: Customer | None, event: Any) -> list[Any]:
    """What the aggregate records where it is asked for the event once more."""
    if customer is None:
        given = {
            name: value
            for name, value in vars(event).items()
            if name
            not in ("originator_id", "originator_version", "originator_topic", "timestamp", "actor")
        }
        made = Customer.register(
            event.originator_id, actor=event.actor, at=event.timestamp, **given
        )
        _CREATED.append(made)
        return list(made.collect_events())
    customer.expire(event.timestamp, rules_of)
    if not customer.pending_events:
        _COMMANDS[type(event)](customer, event)
    return list(customer.collect_events())


def _claim(customer: Customer, event: Any) -> None:
    customer.claim(
        member=event.actor,
        department=getattr(event, "department", "-"),
        contact=event.contact,
        collision=[],
        at=event.timestamp,
        rules=RULES,
    )


def _follow_up(customer: Customer, event: Any) -> None:
    customer.follow_up(
        member=event.actor,
        channel=event.channel,
        note=event.note,
        next_contact_at=event.next_contact_at,
        contact_id=event.contact_id,
        contacted_at=event.contacted_at,
        at=event.timestamp,
        rules=RULES,
    )


def _fill_in(customer: Customer, event: Any) -> None:
    customer.fill_in_contract(
        member=event.actor,
        number=event.number,
        step=event.step,
        at=event.timestamp,
        rules=RULES,
        text=event.type or event.payment_method or event.buyer,
        products=event.products,
        promises=event.promises,
    )


def _refuse(kind: Any) -> Callable[[Customer, Any], None]:
    return lambda customer, event: customer.refuse_application(
        kind, decider=event.actor, reason=event.reason, at=event.timestamp, rules_of=rules_of
    )


_COMMANDS: dict[type, Callable[[Customer, Any], None]] = {
    facts.ContactAdded: lambda customer, event: customer.add_contact(
        event.contact, actor=event.actor, at=event.timestamp
    ),
    facts.Claimed: _claim,
    facts.ClaimCorrected: _claim,
    facts.ClaimWithdrawn: lambda customer, event: customer.withdraw_claim(
        member=event.actor, reason=event.reason, at=event.timestamp, rules=RULES
    ),
    facts.ReviewPassed: lambda customer, event: customer.pass_review(
        reviewer=event.actor, different_company=None, at=event.timestamp, rules=RULES
    ),
    facts.ReviewRefused: lambda customer, event: customer.refuse_review(
        reviewer=event.actor, reason=event.reason, at=event.timestamp, rules=RULES
    ),
    facts.FollowedUp: _follow_up,
    facts.Released: lambda customer, event: customer.release(
        member=event.actor, reason=event.reason, at=event.timestamp, rules=RULES
    ),
    applications.IntentRequested: lambda customer, event: customer.request_intent(
        member=event.actor, reason=event.reason, at=event.timestamp, rules_of=rules_of
    ),
    applications.IntentGranted: lambda customer, event: customer.grant_intent(
        decider=event.actor, at=event.timestamp, rules=RULES
    ),
    applications.IntentRefused: _refuse("intent"),
    applications.ExtensionRequested: lambda customer, event: customer.request_extension(
        member=event.actor,
        reason=event.reason,
        days=event.days,
        at=event.timestamp,
        rules_of=rules_of,
    ),
    applications.ExtensionGranted: lambda customer, event: customer.grant_extension(
        decider=event.actor, days=event.days, at=event.timestamp, rules_of=rules_of
    ),
    applications.ExtensionRefused: _refuse("extension"),
    contracts.ContractDrawn: lambda customer, event: customer.draw_contract(
        member=event.actor, number=event.number, at=event.timestamp, rules=RULES
    ),
    contracts.ContractDetailed: _fill_in,
    contracts.ContractSigned: lambda customer, event: customer.sign_contract(
        member=event.actor,
        number=event.number,
        signed_on=event.signed_on,
        at=event.timestamp,
        rules=RULES,
        rules_of=rules_of,
    ),
    contracts.ContractConfirmed: lambda customer, event: customer.confirm_contract(
        confirmer=event.actor, number=event.number, at=event.timestamp, rules=RULES
    ),
    holders.MovedToAfterSales: lambda customer, event: customer.name_after_sales(
        actor=event.actor, to=event.to, department=event.department, at=event.timestamp, rules=RULES
    ),
}
