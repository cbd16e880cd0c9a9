"""A customer restored from a snapshot is the customer that all its events make."""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from eventsourcing.persistence import JSONTranscoder, OperationalError, StoredEvent
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from domain import snapshots
from domain.customer import Customer
from domain.customer import state as customer_state
from domain.events import CustomerEvent
from domain.snapshots import CustomerSnapshot
from eventstore.mapper import Mapper
from projections.engine import Engine
from projections.holding import CUSTOMER_EVENTS
from tests.application.house import DAY, House
from tests.application.life_machine import LifeMachine

MAPPER: Mapper[UUID] = Mapper(JSONTranscoder())
FRAME = {"originator_id", "originator_version", "created_on", "modified_on"}
CUSTOMER, OTHER, THIRD = UUID(int=1), UUID(int=2), UUID(int=3)
LI, CHEN = {"holder": "li", "rulebook": "r"}, {"holder": "chen", "rulebook": "r"}
WHEN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def instant(days: float) -> str:
    return (WHEN + timedelta(days=days)).isoformat()


def contact(number: int) -> dict[str, Any]:
    sealed = {"subject": str(UUID(int=number)), "box": f"bm8{number}"}
    return {
        "id": str(UUID(int=number)),
        "position": "经理",
        "name": sealed,
        "phone": sealed,
        "phone_hash": "0" * 64,
    }


def claimed(number: int, holder: dict[str, str], **more: Any) -> dict[str, Any]:
    facts = {"department": "一部", "from_pool": False, "review_due": instant(9), "collision": []}
    return {**facts, "contact": contact(number), **holder, **more}


def passed(days: float) -> dict[str, Any]:
    return {"counted_from": instant(2), "until": instant(days), "different_company": None}


def ended(holder: dict[str, str], **more: Any) -> dict[str, Any]:
    bar = {"member": holder["holder"], "until": instant(33)}
    return {**holder, "stage": "potential", "bar": bar, "reason": "x", **more}


def awarded(number: int, to: str, **more: Any) -> dict[str, Any]:
    facts = {
        "number": number, "holder": None, "to": to, "department": "一部", "stage": "intent",
        "claimed_at": instant(51), "in_force_since": instant(51), "until": instant(80),
        "review_due": None, "corrections": 0, "extensions": 0, "held_over_until": None,
        "granted_by": "r", "rulebook": "r",
    }  # fmt: skip
    return {**facts, **more}


ASKED = {"deadline": instant(30), "held_over_until": instant(35), "provisional": False}
DECIDED = {**LI, "applicant": "li", "reason": "x"}
NEW = {"from_pool": True}

LIFE: list[tuple[str, dict[str, Any]]] = [
    ("registered", {
        "originator_topic": "customer", "profile": "enterprise", "name": "靖江市春意空调有限公司",
        "name_key": "春意", "core": "春意", "names_version": 1, "address": "x", "industry": "空调",
        "phone": {"subject": str(CUSTOMER), "box": "bm8="}, "phone_hash": "1" * 64,
        "introduction": "x", "contacts": [contact(10)], "collision": [],
        "override_reason": "x", "warnings": ["w"], "rulebook": "r",
    }),
    ("contact_added", {"contact": contact(11)}),
    ("profile_changed", {
        "name": "靖江市春意公司", "name_key": "春意公司", "core": "春意公司", "names_version": 1,
        "address": None, "industry": None, "phone": None, "phone_hash": "2" * 64,
        "introduction": None, "collision": [], "override_reason": "y", "warnings": ["v", "w"],
        "rulebook": "r",
    }),
    ("claimed", claimed(12, LI, leaves_at=instant(300))),
    ("review_refused", {**LI, "reason": "x", "removal_due": instant(8), "provisional": False}),
    ("claim_corrected", {**LI, "contact": contact(13), "review_due": instant(9)}),
    ("review_passed", {**LI, **passed(30)}),
    ("followed_up", {
        "holder": "li", "stage": "potential", "channel": "phone", "note": "x",
        "next_contact_at": None, "contact_id": None, "contacted_at": None,
    }),
    ("extension_requested", {**LI, **ASKED, "stage": "potential", "reason": "x", "days": 7}),
    ("extension_refused", DECIDED),
    ("extension_requested", {**LI, **ASKED, "stage": "potential", "reason": "x", "days": 7}),
    ("extension_granted", {
        **LI, "applicant": "li", "stage": "potential", "days": 7, "until": instant(37),
        "held_over_until": None,
    }),
    ("intent_requested", {**LI, **ASKED, "reason": "x"}),
    ("intent_refused", DECIDED),
    ("intent_requested", {**LI, **ASKED, "reason": "x"}),
    ("application_withdrawn", {**LI, "kind": "intent", "reason": "x"}),
    ("intent_requested", {**LI, **ASKED, "reason": "x"}),
    ("intent_granted", {
        **LI, "applicant": "li", "counted_from": instant(9), "until": instant(60),
        "held_over_until": instant(65),
    }),
    ("contract_drawn", {**LI, "stage": "intent", "number": "A", "expires_at": instant(40)}),
    ("contract_detailed", {"holder": "li", "number": "A", "step": "type", "type": "sale"}),
    ("contract_signed", {
        **LI, "number": "A", "signed_on": "2026-03-20", "deadline": instant(60),
        "held_over_until": instant(66), "provisional": False,
    }),
    ("contract_voided", {"number": "A", "reason": "x", "rulebook": "r"}),
    ("contract_drawn", {**LI, "stage": "intent", "number": "B", "expires_at": instant(40)}),
    ("transferred", {
        **LI, "to": "chen", "department": "二部", "stage": "intent", "until": instant(60),
        "reason": "x",
    }),
    ("hand_over_arranged", {
        "holder": "chen", "stage": "intent", "leaves_at": instant(50), "to": "sun",
        "department": "二部", "reason": "x",
    }),
    ("holder_removed", ended(CHEN, cause="manager")),
    ("claimed", claimed(14, LI, **NEW)),
    ("claim_withdrawn", ended(LI, stage="waiting")),
    ("claimed", claimed(15, CHEN, **NEW)),
    ("review_passed", {**CHEN, **passed(30)}),
    ("released", ended(CHEN)),
    ("claimed", claimed(16, LI, **NEW)),
    ("review_passed", {**LI, **passed(30)}),
    ("lapsed", {
        **ended(LI, bar={"member": None, "until": instant(34)}), "deadline": instant(30),
        "cause": "term-over",
    }),
    ("duplicate_reported", {"number": 1, "of": str(OTHER), "statement": "x"}),
    ("duplicate_linked", {"other": str(THIRD), "number": 1}),
    ("duplicate_resolved", {
        "number": 1, "of": str(OTHER), "resolution": "different", "reason": "x", "rulebook": "r",
    }),
    ("likeness_ended", {"other": str(THIRD), "number": 1, "reason": "x"}),
    ("duplicate_reported", {"number": 2, "of": str(UUID(int=4)), "statement": "x"}),
    ("duplicate_absorbed", {
        "absorbed": str(UUID(int=5)), "number": 1, "moved": True, "gave_way": None,
        "protection": {
            "holder": "sun", "stage": "potential", "claimed_at": instant(1), "since": instant(2),
            "in_force_since": instant(2), "until": instant(90), "review_due": None,
            "corrections": 0, "rulebook": "r",
        },
        "bars": [{"member": "he", "until": instant(44)}], "claimants": ["sun", "he"],
        "contacts": [contact(17)], "signers": ["he"], "rulebook": "r",
        "contracts": [{
            "number": "C", "drawn_by": "sun", "drawn_at": instant(3), "expires_at": instant(45),
        }],
    }),
    ("contract_detailed", {"holder": "sun", "number": "C", "step": "type", "type": "sale"}),
    ("contract_signed", {
        "holder": "sun", "number": "C", "signed_on": "2026-03-20", "deadline": instant(90),
        "held_over_until": instant(95), "provisional": True, "rulebook": "r",
    }),
    ("contract_detailed", {
        "holder": "sun", "number": "C", "step": "products",
        "products": [{"name": "x", "quantity": 2, "price": "19.90"}],
    }),
    ("contract_detailed", {
        "holder": "sun", "number": "C", "step": "promises", "promises": ["p", "q"],
    }),
    ("contract_confirmed", {
        "holder": "sun", "number": "C", "group": "after-sales", "rulebook": "r",
    }),
    ("moved_to_after_sales", {
        "holder": None, "to": "gao", "department": "三部", "rulebook": "r",
    }),
    ("merged", {
        "into": str(OTHER), "number": 2, "holder": "gao", "moved": True, "rulebook": "r",
    }),
    ("dispute_opened", {
        "number": 1, "contested_at": instant(40), "statement": "x", "is_held": True, "rule": None,
        "contested": {
            "holder": "sun", "group": None, "stage": "potential", "claimed_at": instant(1),
            "since": instant(2), "until": instant(45), "ended": "contract-confirmed",
            "rulebook": "r", "opened_version": 40, "grounds": [40, 45],
        },
    }),
    ("dispute_opened", {
        "number": 2, "contested_at": instant(1), "statement": "x", "is_held": False,
        "rule": "S1-053", "contested": None,
    }),
    ("dispute_ruled", {
        "number": 1, "opener": "actor-48", "ruling": "restore", "rule": "S1-053", "reason": "x",
        "rulebook": "r",
    }),
    ("restored", awarded(1, "he", claimed_at=instant(3), extensions=1)),
    ("dispute_moved", awarded(2, "sun", holder="he")),
    ("data_restricted", {"subject_id": str(UUID(int=10))}),
    ("data_restriction_lifted", {"subject_id": str(UUID(int=10))}),
    ("data_restricted", {"subject_id": str(CUSTOMER)}),
    ("data_erased", {"subject_id": str(CUSTOMER), "aliases": [0]}),
    ("data_erased", {"subject_id": str(UUID(int=10)), "aliases": []}),
    ("classified", {"old": None, "new": "A", "reason": "x"}),
    ("dispute_statement_made", {"number": 1, "statement": "x"}),
]  # fmt: skip
"""Every kind of fact there is, as the log holds it. Longer by a kind that is new; never edited."""


def stored_life() -> Iterator[StoredEvent]:
    for version, (kind, facts) in enumerate(LIFE, start=1):
        frame = {"timestamp": instant(version), "actor": f"actor-{version}"}
        state = msgspec.json.encode({**frame, **facts})
        yield StoredEvent(CUSTOMER, version, f"customer.{kind}", state)


def life() -> list[CustomerEvent]:
    return [MAPPER.to_domain_event(stored) for stored in stored_life()]  # type: ignore[misc]


def through_the_store(customer: Customer) -> Customer:
    """The customer after its snapshot was stored and read again."""
    stored = MAPPER.to_stored_event(CustomerSnapshot.take(customer))
    snapshot = MAPPER.to_domain_event(stored)
    assert isinstance(snapshot, CustomerSnapshot)
    return snapshot.restored()


def folded(events: list[CustomerEvent], onto: Customer | None = None) -> Customer:
    for event in events:
        onto = event.mutate(onto)
    assert onto is not None
    return onto


def require_same(found: Customer, wanted: Customer) -> None:
    """Every attribute, its type, and the order of what has one."""
    assert vars(found) == vars(wanted)
    for name, value in vars(wanted).items():
        assert type(vars(found)[name]) is type(value), name
        if isinstance(value, dict):
            assert list(vars(found)[name].items()) == list(value.items()), name


# What a snapshot holds.


def test_the_life_told_here_has_every_kind_of_fact() -> None:
    assert {stored.topic for stored in stored_life()} == {kind.TOPIC for kind in CUSTOMER_EVENTS}


def test_every_attribute_of_a_customer_is_restored() -> None:
    for version in range(1, len(LIFE) + 1):
        customer = folded(life()[:version])
        require_same(through_the_store(customer), customer)


def test_a_snapshot_names_every_attribute_that_a_customer_is_said_to_have() -> None:
    tree = ast.parse(inspect.getsource(customer_state))
    said = {
        node.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and not node.value
    }
    named = {field.name for field in fields(CustomerSnapshot)} - FRAME
    assert named == said
    customer = folded(life())
    assert named == {name for name in vars(customer) if not name.startswith("_")}


def test_the_log_after_any_snapshot_leads_where_the_whole_log_leads() -> None:
    events = life()
    for version in range(1, len(events) + 1):
        restored = through_the_store(folded(events[:version]))
        require_same(folded(events[version:], restored), folded(events))


def test_snapshots_of_snapshots_lead_where_the_whole_log_leads() -> None:
    restored = None
    for event in life():
        restored = through_the_store(folded([event], restored))
    assert restored is not None
    require_same(restored, folded(life()))


def test_a_snapshot_is_plain_json_and_holds_no_personal_field_in_plain() -> None:
    stored = MAPPER.to_stored_event(CustomerSnapshot.take(folded(life()[:4])))
    assert stored.topic == CustomerSnapshot.TOPIC
    assert (stored.originator_id, stored.originator_version) == (CUSTOMER, 4)
    told = msgspec.json.decode(stored.state)
    assert told["contacts"][str(UUID(int=12))] == contact(12)
    assert told["protection"]["stage"] == "waiting"
    assert told["modified_on"] == instant(4).replace("+00:00", "Z")
    assert told["bars"] == []


# The number in the topic.

SHAPES = {
    "customer.snapshot.1": "f2ebbe5c9fac",
    "customer.snapshot.2": "40611e270b7f",
    "customer.snapshot.3": "fddfef1f841b",
    "customer.snapshot.4": "e6f849cd3239",
}
"""Digest of what each number's snapshots look like."""

LEADS_TO = """\
registered 8d3399d087c4
contact_added 61e6858fe85e
profile_changed dd43d2de17eb
claimed ee0024b3dc32
review_refused ff91b55cc3f6
claim_corrected ebc0265e609a
review_passed 315cf2892451
followed_up 276e969031f8
extension_requested a82eaee6da35
extension_refused d38c23228142
extension_requested fb2feb702afb
extension_granted 29358551e4d8
intent_requested 13213a727132
intent_refused 307440d552be
intent_requested 0b829a1a48e4
application_withdrawn 1a8ff0c24143
intent_requested da78a3779078
intent_granted 2442f5956564
contract_drawn 5bbaa68a9b38
contract_detailed 04ad32cba86c
contract_signed a522c8b04567
contract_voided bdea4ccdcb9f
contract_drawn a40bd8193cca
transferred 968143035c2f
hand_over_arranged 3f54bffe7d0e
holder_removed e7c04c220788
claimed 64879c71751d
claim_withdrawn 47c381b74e33
claimed c02d15836746
review_passed 29734a50d28f
released 75462bd96e2f
claimed 1f7621a528e5
review_passed 7a21415e0dd1
lapsed e293174384f9
duplicate_reported f9843fbf0a65
duplicate_linked 994351678150
duplicate_resolved 9cbd541575e6
likeness_ended c956f114b3c4
duplicate_reported 7e123c9404bf
duplicate_absorbed 4ca6a63f23f8
contract_detailed 4a0ab193c00a
contract_signed 6fa65c8b4180
contract_detailed c05c10e1861c
contract_detailed f4cb0c4f04fc
contract_confirmed 12ce217da3ad
moved_to_after_sales 4140d893c223
merged 2f39dd49e01b
dispute_opened 273c7c6f112c
dispute_opened f6cd2984b631
dispute_ruled b48cbc876992
restored 275f5b10cef0
dispute_moved 985558a87006
data_restricted 0f7de2e4d00b
data_restriction_lifted 38e5008709ab
data_restricted 46cc65725c2e
data_erased 9ec76bbf4581
data_erased 8e2269b61fb1
classified 9f3112332e36
dispute_statement_made c40949988842
"""
"""Each fact of LIFE with a digest of the state after it."""


def test_a_snapshot_of_another_shape_has_another_number() -> None:
    """Red: an attribute, here or in a value inside, is not what stored snapshots have.

    Raise the number in CustomerSnapshot.TOPIC and add its digest; never change an old one.
    """
    shape = _without_words(msgspec.json.schema(CustomerSnapshot))
    assert CustomerSnapshot.TOPIC in SHAPES
    assert SHAPES[CustomerSnapshot.TOPIC] == digest(shape)


def test_a_fact_that_leads_to_another_state_has_another_number() -> None:
    """Red: stored snapshots hold states that their events do not lead to any more.

    Raise the number in CustomerSnapshot.TOPIC, then note the digests anew. Those of facts that
    were added to the end of LIFE are new, and no reason.
    """
    customer, found = None, []
    for event in life():
        customer = folded([event], customer)
        state = vars(CustomerSnapshot.take(customer))
        found.append(f"{event.TOPIC.removeprefix('customer.')} {digest(state)}")
    assert found == LEADS_TO.splitlines()


def digest(told: Any) -> str:
    plain = msgspec.to_builtins(told, str_keys=True, order="deterministic")
    return hashlib.sha256(msgspec.json.encode(plain)).hexdigest()[:12]


def _without_words(schema: Any) -> Any:
    """Names and docstrings of classes are not part of what is stored."""
    if isinstance(schema, dict):
        return {
            key: _without_words(value)
            for key, value in schema.items()
            if not (key in ("title", "description") and isinstance(value, str))
        }
    return [_without_words(value) for value in schema] if isinstance(schema, list) else schema


# Taken and read by the application.


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot every three events."""
    monkeypatch.setattr(snapshots, "EVENTS_BETWEEN", 3)


def kept(house: House, customer_id: UUID) -> list[int]:
    """Versions of the customer's snapshots."""
    return house.column(
        "SELECT originator_version FROM tenure.snapshots WHERE originator_id = %s", customer_id
    )


def follow_up(house: House, customer_id: UUID, times: int = 1) -> None:
    for _ in range(times):
        house.tenure.follow_up(house.order("li"), customer_id, follow_up=house.note())


def read(house: House, customer_id: UUID) -> Customer:
    found = house.tenure.reader.load([(customer_id, 0)]).streams[customer_id]
    assert isinstance(found, Customer)
    return found


def from_events(house: House, customer_id: UUID) -> Customer:
    return folded([past.event for past in house.tenure.history(customer_id).events])


def test_a_snapshot_is_taken_when_the_version_passes_a_hundred(house: House) -> None:
    customer_id = house.potential()
    version = read(house, customer_id).version
    follow_up(house, customer_id, 99 - version)
    assert kept(house, customer_id) == []
    follow_up(house, customer_id)
    assert kept(house, customer_id) == [100]
    follow_up(house, customer_id, 2)
    assert kept(house, customer_id) == [100]
    require_same(read(house, customer_id), from_events(house, customer_id))


@pytest.mark.usefixtures("often")
def test_the_newest_snapshot_alone_is_kept(house: House) -> None:
    customer_id = house.potential()
    follow_up(house, customer_id, 9)
    assert kept(house, customer_id) == [12]


@pytest.mark.usefixtures("often")
def test_a_command_that_passes_the_multiple_with_several_events_takes_one(house: House) -> None:
    customer_id = house.potential()
    house.tenure.release(house.order("li"), customer_id, reason="无预算")
    assert house.claim("chen", customer_id).version == 7  # the claim and its follow-up
    assert kept(house, customer_id) == [7]
    require_same(read(house, customer_id), from_events(house, customer_id))


@pytest.mark.usefixtures("often")
def test_a_command_reads_the_snapshot_and_what_came_later(house: House) -> None:
    customer_id = house.potential()
    loaded = house.tenure.recorder.load([(customer_id, 0)], snapshot_topics=snapshots.TOPICS)
    assert [found.originator_version for found in loaded.snapshots] == [3]
    assert [found.originator_version for found in loaded.events] == [4]
    house.column(
        "UPDATE tenure.snapshots SET state = convert_to(replace(convert_from(state, 'UTF8'),"
        " '\"li\"', '\"chen\"'), 'UTF8') WHERE originator_id = %s RETURNING 1",
        customer_id,
    )
    held = read(house, customer_id).protection
    assert held is not None
    assert held.holder == "chen"
    # What answers for the past asks the events alone.
    assert house.tenure.holder_at(customer_id).holder == "li"
    assert len(house.tenure.history(customer_id).events) == 4


@pytest.mark.usefixtures("often")
def test_a_snapshot_under_another_number_is_never_read(house: House) -> None:
    customer_id = house.potential()
    house.column(
        "UPDATE tenure.snapshots SET topic = 'customer.snapshot.0', state = 'unreadable'"
        " WHERE originator_id = %s RETURNING 1",
        customer_id,
    )
    follow_up(house, customer_id, 3)
    assert kept(house, customer_id) == [6]
    require_same(read(house, customer_id), from_events(house, customer_id))


@pytest.mark.usefixtures("often")
def test_a_sweep_takes_the_snapshots_of_all_that_it_ends(house: House) -> None:
    customers = [house.potential() for _ in range(3)]
    for customer_id in customers:
        follow_up(house, customer_id, 2)
    house.clock.at += 40 * DAY
    assert house.tenure.sweep(customers) == 3
    for customer_id in customers:
        assert kept(house, customer_id) == [6]
        require_same(read(house, customer_id), from_events(house, customer_id))


@pytest.mark.usefixtures("often")
def test_a_snapshot_that_cannot_be_stored_fails_no_command(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer_id = house.register()

    def refuse(_: Any) -> None:
        raise OperationalError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(house.tenure.recorder, "keep_snapshots", refuse)
        assert house.claim("li", customer_id).version == 3
    assert kept(house, customer_id) == []
    house.pass_review("zhao", customer_id)
    follow_up(house, customer_id, 2)
    assert kept(house, customer_id) == [6]


class FromSnapshots(LifeMachine):
    """Any life, lived from snapshots."""

    @invariant()
    def a_customer_is_what_its_events_say(self) -> None:
        for customer_id in self.believed:
            require_same(read(self.house, customer_id), from_events(self.house, customer_id))


def test_any_life_is_the_same_from_its_snapshots(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "EVENTS_BETWEEN", 2)
    FromSnapshots.house = house
    FromSnapshots.engine = Engine(
        house.database, house.tenure.recorder, house.tenure.mapper.to_domain_event
    )
    with closing(FromSnapshots.engine):
        run_state_machine_as_test(
            FromSnapshots,
            settings=settings(
                max_examples=8,
                stateful_step_count=40,
                deadline=None,
                derandomize=True,
                # What the machine itself gets wrong, test_any_life tells at more length.
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )
