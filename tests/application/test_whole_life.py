"""A whole life through the application: applications, contracts, after-sales; and who decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.customer import Customer
from domain.errors import (
    DuplicateName,
    IdempotencyMismatch,
    Invalid,
    NotAllowed,
    NotFound,
    NothingPending,
    NotTheHolder,
    NumberTaken,
    OwnDecision,
    TenureError,
    WrongStage,
)
from domain.events.values import Product
from domain.orders import CONSOLE, Order
from domain.permissions import DECISIONS
from domain.rulebook import default_text
from tests.application.house import DAY, FILLED_IN, MICROSECOND, MONDAY, House
from tests.application.test_command_path import at_once, outcome

HOUR = timedelta(hours=1)
INTENT_DEADLINE = MONDAY + 15 * DAY


@pytest.mark.clause("S1-034", "S1-039", "S1-046", "S1-048", "S1-054", "S1-056", "S1-060", "S1-313")
def test_from_the_registration_to_after_sales(house: House) -> None:
    customer = house.register("li")
    house.claim("li", customer)
    assert house.pass_review("zhao", customer).until == MONDAY + 30 * DAY
    asked = house.ask_intent("li", customer)
    assert (asked.state, asked.held_over_by) == ("potential", "intent")
    assert asked.held_over_until is not None
    assert asked.held_over_until > MONDAY + 30 * DAY
    house.clock.at += 31 * DAY
    granted = house.decide_intent("wang", customer)
    assert (granted.state, granted.holder) == ("intent", "li")
    assert (granted.until, granted.held_over_by) == (MONDAY + 46 * DAY, None)
    number = house.contract_number()
    assert house.draw("li", customer, number).extra == {"number": number}
    signed = house.fill_in("li", customer, number)
    assert signed.held_over_by == "contract"
    confirmed = house.tenure.confirm_contract(house.order("he"), customer, number)
    assert (confirmed.state, confirmed.holder, confirmed.group) == ("formal", None, "after-sales")
    named = house.name_person(customer, "xu")
    assert (named.holder, named.group) == ("xu", None)
    house.tenure.follow_up(house.order("xu"), customer, follow_up=house.note())
    assert house.topics(customer) == [
        "customer.registered",
        "customer.claimed",
        "customer.followed_up",
        "customer.review_passed",
        "customer.intent_requested",
        "customer.intent_granted",
        "customer.contract_drawn",
        "customer.contract_detailed",
        "customer.contract_signed",
        *["customer.contract_detailed"] * 4,
        "customer.contract_confirmed",
        "customer.moved_to_after_sales",
        "customer.followed_up",
    ]


@pytest.mark.clause("S1-036")
def test_an_extension_and_what_its_receipt_says(house: House) -> None:
    customer = house.potential("li")
    asked = house.ask_extension("li", customer)
    assert (asked.until, asked.held_over_by) == (MONDAY + 30 * DAY, "extension")
    granted = house.tenure.decide_extension(
        house.order("dong"), customer, decision="grant", days=10
    )
    assert (granted.until, granted.held_over_by) == (MONDAY + 40 * DAY, None)


@pytest.mark.clause("S1-039", "S1-036")
@pytest.mark.parametrize("kind", ["intent", "extension"])
def test_the_holder_takes_an_application_back(house: House, kind: str) -> None:
    customer = house.potential("li")
    ask, decide = {
        "intent": (house.ask_intent, house.decide_intent),
        "extension": (house.ask_extension, house.decide_extension),
    }[kind]
    ask("li", customer)
    receipt = house.tenure.withdraw(house.order("li"), customer, what=kind, reason="误提交")
    assert (receipt.state, receipt.held_over_by) == ("potential", None)
    with pytest.raises(NothingPending):
        decide("wang", customer)
    assert [kept["rule"] for kept in house.refusals(customer)] == ["nothing-pending"]


@pytest.mark.clause("S1-035", "S1-043")
def test_the_sweep_records_the_end_of_a_hold_over(house: House) -> None:
    undecided, unconfirmed = house.potential("li"), house.intent("li")
    house.ask_intent("li", undecided)
    house.complete("li", unconfirmed)
    house.clock.at += 30 * DAY
    assert house.tenure.sweep([undecided, unconfirmed]) == 1
    house.clock.at += 20 * DAY
    assert house.tenure.sweep([undecided, unconfirmed]) == 1
    for customer in (undecided, unconfirmed):
        lapsed = house.tenure.history(customer).events[-1].event
        assert lapsed.cause == "undecided"


# Malformed.


@pytest.mark.clause("S1-040")
@pytest.mark.parametrize("reason", ["", " ", "\u200b"])
def test_an_application_and_a_refusal_need_a_reason(house: House, reason: str) -> None:
    customer = house.potential("li")
    for command in (
        lambda: house.tenure.request_intent(house.order("li"), customer, reason=reason),
        lambda: house.tenure.request_extension(house.order("li"), customer, reason=reason),
        lambda: house.tenure.decide_intent(
            house.order("wang"), customer, decision="refuse", reason=reason
        ),
        lambda: house.tenure.decide_intent(house.order("wang"), customer, decision="refuse"),
        lambda: house.tenure.decide_extension(
            house.order("wang"), customer, decision="refuse", reason=reason
        ),
        lambda: house.tenure.transfer(house.order("wang"), customer, to="chen", reason=reason),
        lambda: house.tenure.remove_holder(house.order("wang"), customer, reason=reason),
    ):
        with pytest.raises(Invalid) as refusal:
            command()
        assert refusal.value.problems[0].field == "reason"
    assert house.refusals(customer) == []


@pytest.mark.parametrize("decide", ["decide_intent", "decide_extension"])
def test_a_decision_is_one_of_two_words(house: House, decide: str) -> None:
    with pytest.raises(Invalid) as refusal:
        getattr(house, decide)("wang", house.potential("li"), "maybe")
    assert refusal.value.problems[0].field == "decision"


@pytest.mark.clause("S1-058", "S1-059", "S1-061")
@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ({}, ""),
        ({"colour": "red"}, "colour"),
        ({"type": "口头合同"}, "type"),
        ({"type": " "}, "type"),
        ({"type": FILLED_IN["type"], "signed_on": date(2026, 3, 3)}, "signed_on"),
        ({"payment_method": ""}, "payment_method"),
        ({"buyer": "\u202e"}, "buyer"),
        ({"products": []}, "products"),
        ({"products": [Product("", 1, None)]}, "products.0.name"),
        ({"products": [Product("套餐", 0, None)]}, "products.0.quantity"),
        ({"products": [Product("套餐", 1, Decimal("-0.01"))]}, "products.0.price"),
        ({"products": [Product("套餐", 1, Decimal("0.001"))]}, "products.0.price"),
        ({"products": [Product("套餐", 1, Decimal("NaN"))]}, "products.0.price"),
        ({"promises": [""]}, "promises.0"),
        ({"promises": ["赠品"] * 101}, "promises"),
    ],
)
def test_a_malformed_step_names_its_field_and_stores_nothing(
    house: House, steps: dict[str, Any], field: str
) -> None:
    customer = house.intent("li")
    number = house.contract_number()
    house.draw("li", customer, number)
    before = house.topics(customer)
    with pytest.raises(Invalid) as refusal:
        house.tenure.detail_contract(house.order("li"), customer, number, steps=steps)
    assert refusal.value.problems[0].field == field
    assert house.topics(customer) == before


@pytest.mark.clause("S1-058")
def test_a_signature_may_be_dated_today_in_shanghai(house: House) -> None:
    customer = house.intent("li")
    number = house.contract_number()
    house.draw("li", customer, number)
    house.clock.at = MONDAY + 15 * HOUR - MICROSECOND  # A microsecond before Tuesday there.
    steps = {"type": FILLED_IN["type"], "signed_on": date(2026, 3, 3)}

    def sign() -> object:
        return house.tenure.detail_contract(house.order("li"), customer, number, steps=steps)

    assert isinstance(outcome(sign), Invalid)
    house.clock.at += MICROSECOND
    assert not isinstance(outcome(sign), TenureError)


@pytest.mark.clause("S1-056")
def test_steps_that_do_not_follow_store_none_of_the_act(house: House) -> None:
    customer = house.intent("li")
    number = house.contract_number()
    house.draw("li", customer, number)
    before = house.topics(customer)
    with pytest.raises(WrongStage) as refusal:
        house.fill_in("li", customer, number, "type", "payment_method")
    assert (refusal.value.stage, refusal.value.allowed) == ("type", ["signed_on"])
    assert house.topics(customer) == before
    for step in FILLED_IN:
        house.fill_in("li", customer, number, step)
    house.fill_in("li", customer, number, "promises")
    assert house.topics(customer)[len(before) :].count("customer.contract_detailed") == 6
    assert [kept["rule"] for kept in house.refusals(customer)] == ["wrong-stage"]


# Who decides.


def party_to(house: House, customer: UUID, *roles: str) -> str:
    """Somebody with these roles who claimed the customer in vain."""
    member = house.hire("seller", *roles)
    assert house.rule_of(lambda: house.claim(member, customer)) == "already-protected"
    return member


EVERY_DECISION = {
    "review": ("reviewer", lambda house, member, c: house.pass_review(member, c)),
    "decide-intent": ("manager", lambda house, member, c: house.decide_intent(member, c)),
    "decide-extension": ("manager", lambda house, member, c: house.decide_extension(member, c)),
    "confirm-contract": (
        "finance",
        lambda house, member, c: house.tenure.confirm_contract(
            house.order(member), c, the_contract(house, c)
        ),
    ),
    "void-contract": (
        "finance",
        lambda house, member, c: house.tenure.void_contract(
            house.order(member), c, the_contract(house, c), reason="有误"
        ),
    ),
    "transfer": ("manager", lambda house, member, c: house.transfer(member, c, "chen")),
    "remove-holder": (
        "manager",
        lambda house, member, c: house.tenure.remove_holder(
            house.order(member), c, reason="长期未跟进"
        ),
    ),
    "resolve-duplicate": ("reviewer", lambda house, member, c: house.resolve(member, c, "merge")),
    "rule-dispute": (
        "director",
        lambda house, member, c: house.tenure.rule_dispute(
            house.order(member), c, 1, ruling="uphold", reason="先申请者有效"
        ),
    ),
}


def the_contract(house: House, customer: UUID) -> str:
    """The number of the customer's one contract."""
    (number,) = loaded(house, customer).contracts
    return number


def loaded(house: House, customer: UUID) -> Customer:
    found = house.tenure.reader.load([(customer, 0)]).streams[customer]
    assert isinstance(found, Customer)
    return found


def to_be_decided(house: House, command: str) -> UUID:
    """A customer of `li` on which the command waits for somebody."""
    if command == "review":
        customer = house.register("li")
        house.claim("li", customer)
        return customer
    if command in ("confirm-contract", "void-contract"):
        customer = house.intent("li")
        house.complete("li", customer)
        return customer
    customer = house.potential("li")
    if command == "decide-intent":
        house.ask_intent("li", customer)
    elif command == "decide-extension":
        house.ask_extension("li", customer)
    elif command == "resolve-duplicate":
        house.report("wu", customer, house.register("li"))
    elif command == "rule-dispute":
        house.tenure.open_dispute(
            house.order("wu"), customer, contested_at=house.clock.at, statement="先联系"
        )
    return customer


def test_every_decision_is_tried_below() -> None:
    assert set(EVERY_DECISION) == DECISIONS


@pytest.mark.clause("S1-310", "S1-041")
@pytest.mark.parametrize("command", EVERY_DECISION)
def test_who_was_refused_a_claim_decides_nothing_about_the_customer(
    house: House, command: str
) -> None:
    role, decide = EVERY_DECISION[command]
    customer = to_be_decided(house, command)
    member = party_to(house, customer, role)
    before = house.topics(customer)
    with pytest.raises(OwnDecision) as refusal:
        decide(house, member, customer)
    assert refusal.value.customer_id == customer
    assert house.topics(customer) == before
    assert [
        (kept["actor"], kept["command"], kept["rule"]) for kept in house.refusals(customer)
    ] == [
        (member, "claim", "already-protected"),
        (member, command, "own-decision"),
    ]
    decide(house, house.hire(role), customer)
    assert house.topics(customer) != before


@pytest.mark.clause("S1-310")
@pytest.mark.parametrize("command", EVERY_DECISION)
def test_nor_does_who_claimed_or_was_refused_a_record_reported_as_the_same(
    house: House, command: str
) -> None:
    role, decide = EVERY_DECISION[command]
    customer = to_be_decided(house, command)
    doubled = house.potential("chen")
    refused_there = party_to(house, doubled, role)
    claimed_there = house.hire("seller", role)
    house.tenure.release(house.order("chen"), doubled, reason="无预算")
    house.claim(claimed_there, doubled)
    assert not isinstance(
        outcome(lambda: house.tenure.rights(customer, refused_there)), TenureError
    )
    number = house.report("wu", doubled, customer)
    before = house.topics(customer)
    for party in (refused_there, claimed_there):
        with pytest.raises(OwnDecision):
            decide(house, party, customer)
        assert right(house, customer, party, command) == (False, "own-decision")
    assert house.topics(customer) == before
    assert [kept["rule"] for kept in house.refusals(customer)] == ["own-decision"] * 2
    house.resolve("zhao", doubled, "different", number)
    assert right(house, customer, refused_there, command) == (True, None)
    decide(house, refused_there, customer)
    assert house.topics(customer) != before


def right(house: House, customer: UUID, member: str, command: str) -> tuple[bool, str | None]:
    rights, _ = house.tenure.rights(customer, member)
    return next((one.allowed, one.rule) for one in rights if one.command == command)


@pytest.mark.clause("S1-310")
def test_who_was_refused_the_registration_reviews_no_claim_on_the_record_in_the_way(
    house: House,
) -> None:
    customer = house.register("li", "盐城市毕宿空调有限公司")
    member = house.hire("seller", "reviewer")
    with pytest.raises(DuplicateName):
        house.register(member, "盐城市毕宿空调有限公司")
    house.claim("li", customer)
    with pytest.raises(OwnDecision):
        house.pass_review(member, customer)
    assert [(kept["command"], kept["rule"]) for kept in house.refusals(customer)] == [
        ("register", "duplicate-name"),
        ("review", "own-decision"),
    ]


def test_the_part_in_a_customer_is_noted_once_however_often_one_is_refused(house: House) -> None:
    customer = house.potential("li")
    member = house.hire("seller", "manager")
    answers = at_once(*(lambda: house.claim(member, customer) for _ in range(4)))
    assert {type(answer).slug for answer in answers} == {"already-protected"}
    assert house.rule_of(lambda: house.claim(member, customer)) == "already-protected"
    noted = house.column(
        "SELECT count(*) FROM tenure.events WHERE topic = 'party.noted'"
        " AND convert_from(state, 'UTF8')::jsonb ->> 'customer_id' = %s",
        str(customer),
    )
    assert noted == [1]
    assert len(house.refusals(customer)) == 5


def test_who_was_only_told_that_nothing_is_pending_has_no_part(house: House) -> None:
    customer = house.register("li")
    assert house.rule_of(lambda: house.pass_review("zhao", customer)) == "nothing-pending"
    house.claim("li", customer)
    assert house.pass_review("zhao", customer).state == "potential"
    assert house.rule_of(lambda: house.decide_intent("wang", customer)) == "nothing-pending"
    house.ask_intent("li", customer)
    assert house.decide_intent("wang", customer).state == "intent"


@pytest.mark.clause("S1-060")
def test_a_holder_who_was_refused_before_still_voids_his_own_contract(house: House) -> None:
    customer = house.potential("chen")
    member = party_to(house, customer)
    house.tenure.release(house.order("chen"), customer, reason="无预算")
    house.claim(member, customer)
    house.pass_review("zhao", customer)
    house.ask_intent(member, customer)
    house.decide_intent("wang", customer)
    number = house.contract_number()
    house.draw(member, customer, number)
    assert right(house, customer, member, "void-contract") == (True, None)
    house.tenure.void_contract(house.order(member), customer, number, reason="填错")
    assert loaded(house, customer).contract(number).status == "voided"


@pytest.mark.clause("S1-046", "S1-047")
def test_finance_voids_a_confirmed_contract_and_the_customer_stays_formal(house: House) -> None:
    customer = house.formal("li")
    number = the_contract(house, customer)
    assert right(house, customer, "he", "void-contract") == (True, None)
    receipt = house.tenure.void_contract(house.order("he"), customer, number, reason="退款")
    assert (receipt.state, receipt.group) == ("formal", "after-sales")
    assert right(house, customer, "he", "void-contract") == (False, "nothing-pending")


@pytest.mark.clause("S1-041")
def test_a_decision_needs_the_role_at_its_own_instant(house: House) -> None:
    customer = house.potential("li")
    manager = house.hire("manager")
    house.ask_intent("li", customer)
    house.tenure.change_member(Order(CONSOLE), manager, roles=["seller"])
    with pytest.raises(NotAllowed) as refusal:
        house.decide_intent(manager, customer)
    assert refusal.value.needs == ("manager", "director")
    assert house.refusals(customer) == []
    house.tenure.change_member(Order(CONSOLE), manager, roles=["manager"])
    assert house.decide_intent(manager, customer).state == "intent"


@pytest.mark.clause("S1-041", "S1-060")
def test_the_rulebook_chooses_among_the_roles_that_may_decide(house: House) -> None:
    house.clock.at += 400 * DAY  # Far from other tests, which go by the default.
    text = (
        default_text()
        .replace('version = "2026-1"', 'version = "chosen"')
        .replace('decided_by = ["manager", "director"]', 'decided_by = ["director"]')
        .replace('confirmed_by = ["finance", "manager"]', 'confirmed_by = ["risk"]')
    )
    house.tenure.adopt_rulebook(
        house.order("root"), toml=text, effective_from=house.clock.at, reason="另行指定"
    )
    customer = house.potential("li")
    house.ask_intent("li", customer)
    with pytest.raises(NotAllowed) as refusal:
        house.decide_intent("wang", customer)
    assert (refusal.value.command, refusal.value.needs) == ("decide-intent", ("director",))
    house.decide_intent("dong", customer)
    house.ask_extension("li", customer)
    with pytest.raises(NotAllowed):
        house.decide_extension("wang", customer)
    house.decide_extension("dong", customer)
    number = house.complete("li", customer)
    for confirmer in ("he", "wang"):
        with pytest.raises(NotAllowed) as refusal:
            house.tenure.confirm_contract(house.order(confirmer), customer, number)
        assert (refusal.value.command, refusal.value.needs) == ("confirm-contract", ("risk",))
    assert house.refusals(customer) == []
    for confirmer in ("he", "wang"):
        with pytest.raises(NotTheHolder):
            house.tenure.void_contract(house.order(confirmer), customer, number, reason="有误")
    house.tenure.confirm_contract(house.order(house.hire("risk")), customer, number)


@pytest.mark.clause("S1-041")
@pytest.mark.parametrize("decide", ["grant", "refuse"])
def test_of_managers_who_decide_at_one_instant_exactly_one_does(house: House, decide: str) -> None:
    customer = house.potential("li")
    house.ask_intent("li", customer)
    answers = at_once(
        *(
            lambda m=member, d=decision: house.decide_intent(m, customer, d)
            for member in ("wang", "gao", "dong")
            for decision in (decide, "grant")
        )
    )
    lost = [answer for answer in answers if isinstance(answer, NothingPending)]
    (won,) = [answer for answer in answers if not isinstance(answer, TenureError)]
    assert len(lost) == 5
    assert won.state in ("potential", "intent")
    decided = [
        topic
        for topic in house.topics(customer)
        if topic in ("customer.intent_granted", "customer.intent_refused")
    ]
    assert len(decided) == 1
    assert len(house.refusals(customer)) == 5


# Transfers and after-sales.


@pytest.mark.clause("S1-283", "S1-284")
def test_a_transferred_customer_is_the_receivers_with_his_department(house: House) -> None:
    customer = house.potential("li")
    receiver = house.hire("seller")
    house.tenure.change_member(Order(CONSOLE), receiver, department="七部")
    house.ask_extension("li", customer)
    receipt = house.transfer("wang", customer, receiver)
    assert (receipt.holder, receipt.until) == (receiver, MONDAY + 30 * DAY)
    assert receipt.held_over_by == "extension"
    transferred = house.tenure.history(customer).events[-1].event
    assert (transferred.to, transferred.department) == (receiver, "七部")
    with pytest.raises(NotTheHolder):
        house.tenure.release(house.order("li"), customer, reason="无预算")
    house.tenure.release(house.order(receiver), customer, reason="无预算")


@pytest.mark.clause("S1-284", "S1-048")
def test_only_a_member_who_may_hold_it_and_stays_is_given_a_customer(house: House) -> None:
    potential, formal = house.potential("li"), house.formal("li")
    leaver, carer = house.hire("seller", "after-sales"), house.hire("after-sales")
    house.leave(leaver, leaves_at=MONDAY + DAY)
    for to, code in (("nobody", "unknown-member"), (carer, "role"), (leaver, "leaving")):
        with pytest.raises(Invalid) as refusal:
            house.transfer("wang", potential, to)
        assert [(p.field, p.code) for p in refusal.value.problems] == [("to", code)]
    for to, code in (("nobody", "unknown-member"), ("chen", "role"), (leaver, "leaving")):
        with pytest.raises(Invalid) as refusal:
            house.name_person(formal, to)
        assert [(p.field, p.code) for p in refusal.value.problems] == [("to", code)]
    assert house.rule_of(lambda: house.transfer("wang", potential, "wang")) == "own-decision"
    assert house.rule_of(lambda: house.name_person(formal, "lin")) == "own-decision"
    house.name_person(formal, carer)


@pytest.mark.clause("S1-049", "S1-048")
def test_follow_ups_of_a_formal_customer_are_after_saless(house: House) -> None:
    customer = house.formal("li")

    def follow_up(member: str) -> str:
        return house.rule_of(
            lambda: house.tenure.follow_up(house.order(member), customer, follow_up=house.note())
        )

    assert [follow_up(member) for member in ("li", "wang", "xu", "feng", "lin")] == [
        *["not-the-holder"] * 2,
        *["none"] * 3,
    ]
    house.name_person(customer, "xu")
    assert [follow_up(member) for member in ("li", "xu", "feng", "lin")] == [
        "not-the-holder",
        "none",
        *["not-the-holder"] * 2,
    ]


# Contract numbers.


@pytest.mark.clause("S1-057", "S1-058")
def test_a_number_is_drawn_once_however_it_is_written(house: House) -> None:
    one, other = house.intent("li"), house.intent("chen")
    house.draw("li", one, "Ht-7001")
    for typed in ("Ht-7001", "HT-7001", " ht - 7001 ", "ＨＴ－７００１"):
        with pytest.raises(NumberTaken) as refusal:
            house.draw("chen", other, typed)
        assert refusal.value.customer_id == other
        with pytest.raises(NumberTaken):
            house.draw("li", one, typed)
    assert house.draw("chen", other, "HT-7002").extra["number"] == "HT-7002"
    assert {kept["rule"] for kept in house.refusals(other)} == {"number-taken"}


@pytest.mark.clause("S1-057")
def test_of_draws_of_one_number_at_one_instant_exactly_one_stands(house: House) -> None:
    customers = [house.intent("li") for _ in range(4)]
    number = house.contract_number()
    answers = at_once(*(lambda c=customer: house.draw("li", c, number) for customer in customers))
    assert sum(isinstance(answer, NumberTaken) for answer in answers) == 3
    (won,) = [answer for answer in answers if not isinstance(answer, TenureError)]
    assert the_contract(house, won.customer_id) == number


@pytest.mark.clause("S1-057")
@pytest.mark.parametrize("how", ["expired", "voided", "lapsed"])
def test_a_number_that_nobody_signed_is_free_again(house: House, how: str) -> None:
    one, other = house.intent("li"), house.intent("chen")
    number = house.contract_number()
    house.draw("li", one, number)
    if how == "expired":
        for kept in (one, other):
            for _ in range(2):
                house.ask_extension("li" if kept == one else "chen", kept)
                house.decide_extension("wang", kept)
        house.clock.at += 30 * DAY - MICROSECOND
        with pytest.raises(NumberTaken):
            house.draw("chen", other, number)
        house.clock.at += MICROSECOND
    elif how == "voided":
        house.tenure.void_contract(house.order("li"), one, number, reason="填错")
    else:
        house.clock.at += 10 * DAY
        other = house.intent("chen")
        house.clock.at = INTENT_DEADLINE
        assert house.tenure.sweep([one]) == 1
    house.draw("chen", other, number)
    with pytest.raises(NumberTaken):
        house.draw("wang", held_by_wang(house), number)


def held_by_wang(house: House) -> UUID:
    customer = house.potential("wang")
    house.ask_intent("wang", customer)
    house.decide_intent("gao", customer)
    return customer


@pytest.mark.clause("S1-057")
def test_a_number_that_was_signed_is_never_free(house: House) -> None:
    one, other = house.intent("li"), house.intent("chen")
    number = house.contract_number()
    house.draw("li", one, number)
    house.fill_in("li", one, number, "type", "signed_on")
    house.tenure.void_contract(house.order("li"), one, number, reason="客户反悔")
    with pytest.raises(NumberTaken):
        house.draw("chen", other, number)


def test_a_contract_that_was_not_drawn_is_not_found(house: House) -> None:
    customer = house.intent("li")
    for command in (
        lambda: house.fill_in("li", customer, "NONE-1"),
        lambda: house.tenure.confirm_contract(house.order("he"), customer, "NONE-1"),
        lambda: house.tenure.void_contract(house.order("he"), customer, "NONE-1", reason="有误"),
    ):
        with pytest.raises(NotFound):
            command()


# Once a key, and the same after many events.


def commands_of_a_life(house: House) -> list[tuple[str, Callable[..., Any]]]:
    """The new commands in an order in which each is allowed; each takes conditions."""
    customer, doubled, receiver = house.potential("li"), house.register("li"), house.hire("seller")
    number, leaver = house.contract_number(), house.hire("seller")

    def confirm(**conditions: Any) -> Any:
        return house.tenure.confirm_contract(house.order("he", **conditions), customer, number)

    def void(**conditions: Any) -> Any:
        return house.tenure.void_contract(
            house.order("he", **conditions), customer, number, reason="退款"
        )

    def report(**conditions: Any) -> Any:
        return house.tenure.report_duplicate(
            house.order("wu", **conditions), doubled, of=customer, statement="同一税号"
        )

    return [
        ("intent", lambda **c: house.ask_intent("li", customer, **c)),
        ("decide-intent", lambda **c: house.decide_intent("wang", customer, **c)),
        ("extension", lambda **c: house.ask_extension("li", customer, **c)),
        ("decide-extension", lambda **c: house.decide_extension("wang", customer, **c)),
        ("transfer", lambda **c: house.transfer("wang", customer, receiver, **c)),
        ("draw-contract", lambda **c: house.draw(receiver, customer, number, **c)),
        ("detail-contract", lambda **c: house.fill_in(receiver, customer, number, **c)),
        ("confirm-contract", confirm),
        ("void-contract", void),
        ("name-after-sales", lambda **c: house.name_person(customer, "xu", **c)),
        ("report-duplicate", report),
        ("resolve-duplicate", lambda **c: house.resolve("zhao", doubled, "merge", 1, **c)),
        ("leave", lambda **c: house.leave(leaver, **c)),
    ]


def test_every_command_is_carried_out_once_a_key(house: House) -> None:
    for command, give in commands_of_a_life(house):
        first = give(key=f"once-{command}", request=b"r")
        events = house.column("SELECT count(*) FROM tenure.events")
        again = give(key=f"once-{command}", request=b"r")
        assert (first.replayed, again.replayed) == (False, True), command
        assert (again.version, again.position) == (first.version, first.position)
        assert (again.state, again.holder, again.group) == (first.state, first.holder, first.group)
        assert (again.held_over_by, again.held_over_until, again.until) == (
            first.held_over_by,
            first.held_over_until,
            first.until,
        )
        assert dict(again.extra) == dict(first.extra)
        with pytest.raises(IdempotencyMismatch):
            give(key=f"once-{command}", request=b"another")
        assert house.column("SELECT count(*) FROM tenure.events") == events


def test_a_refused_decision_is_answered_again_under_its_key(house: House) -> None:
    customer = house.potential("li")
    answers = [
        outcome(lambda: house.decide_intent("wang", customer, key="k-none", request=b"r"))
        for _ in range(2)
    ]
    assert [type(answer) for answer in answers] == [NothingPending, NothingPending]
    assert [answer.replayed for answer in answers] == [False, True]
    assert len(house.refusals(customer)) == 1


@pytest.mark.clause("S1-046", "S1-058")
def test_after_a_hundred_events_a_customer_is_what_it_was(house: House) -> None:
    """Whatever stands between the log and the fold, as a snapshot does."""
    customer, other = house.intent("li"), house.register("li")
    number = house.complete("li", customer)
    house.report("wu", customer, other)
    for _ in range(110):
        house.tenure.follow_up(house.order("li"), customer, follow_up=house.note())
    house.ask_extension("li", customer)
    house.decide_extension("wang", customer)
    folded: Any = None
    for past in house.tenure.history(customer).events:
        folded = past.event.mutate(folded)
    again = loaded(house, customer)
    for name, value in vars(folded).items():
        if name != "_pending_events":
            assert getattr(again, name) == value, name
    confirmed = house.tenure.confirm_contract(house.order("he"), customer, number)
    assert confirmed.state == "formal"
