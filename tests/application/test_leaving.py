"""Leaving: in one act, at a stated instant, of everything that a member holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.errors import Invalid, NotAllowed, NotFound, NotSignedIn, OwnDecision
from domain.orders import CONSOLE, Order
from tests.application.house import DAY, MICROSECOND, MONDAY, House

HOUR = timedelta(hours=1)
LEAVES_AT = MONDAY + 5 * DAY


def state(house: House, customer: UUID) -> tuple[str, str | None]:
    """Stage and holder now, recorded or not."""
    answer = house.tenure.holder_at(customer)
    return answer.stage or "pool", answer.holder


def waiting(house: House, member: str) -> UUID:
    customer = house.register(member)
    house.claim(member, customer)
    return customer


def refused(house: House, member: str) -> UUID:
    customer = waiting(house, member)
    house.refuse_review("zhao", customer)
    return customer


@pytest.mark.clause("S1-283", "S1-284", "S1-319")
def test_a_leaving_is_arranged_in_one_act_for_all_that_is_held(house: House) -> None:
    leaver, successor = house.hire("seller"), house.hire("seller")
    handed_over = {
        house.potential(leaver): "potential",
        house.intent(leaver): "intent",
        waiting(house, leaver): "waiting",
    }
    left = [house.potential(leaver), house.intent(leaver), waiting(house, leaver)]
    left.append(refused(house, leaver))
    elsewhere = house.potential("li")
    receipt = house.leave(
        leaver,
        *handed_over,
        *left,
        elsewhere,
        leaves_at=LEAVES_AT,
        hand_over=[(customer, successor) for customer in handed_over],
    )
    assert receipt.extra == {"leaves_at": LEAVES_AT.isoformat(), "customers": 7}
    arranged = house.tenure.member_at(leaver)
    assert arranged.leaves_at == LEAVES_AT
    for customer, stage in handed_over.items():
        assert house.topics(customer)[-1] == "customer.hand_over_arranged"
        assert state(house, customer) == (stage, leaver)
    house.tenure.release(house.order(leaver), left[0], reason="无预算")
    assert "customer.hand_over_arranged" not in house.topics(elsewhere)

    house.clock.at = LEAVES_AT
    for customer, stage in handed_over.items():
        assert state(house, customer) == (stage, successor)
    assert {state(house, customer) for customer in left} == {("pool", None)}
    assert state(house, elsewhere) == ("potential", "li")
    # The refused claim had been removed before.
    assert house.tenure.sweep([*handed_over, *left, elsewhere]) == 6
    assert {house.topics(customer)[-1] for customer in handed_over} == {"customer.transferred"}
    assert {house.topics(customer)[-1] for customer in left[1:]} == {"customer.holder_removed"}
    assert house.tenure.sweep([*handed_over, *left]) == 0
    house.tenure.follow_up(house.order(successor), next(iter(handed_over)), follow_up=house.note())


@pytest.mark.clause("S1-283")
def test_who_leaves_now_holds_nothing_from_this_instant_on(house: House) -> None:
    leaver, successor = house.hire("seller"), house.hire("seller")
    given, left = house.potential(leaver), house.potential(leaver)
    house.leave(leaver, given, left, hand_over=[(given, successor)])
    assert state(house, given) == ("potential", successor)
    assert state(house, left) == ("pool", None)
    assert house.topics(given)[-2:] == ["customer.hand_over_arranged", "customer.transferred"]
    assert house.topics(left)[-2:] == ["customer.hand_over_arranged", "customer.holder_removed"]
    with pytest.raises(NotSignedIn):
        house.tenure.authenticate(house.credentials[leaver])


@pytest.mark.clause("S1-048", "S1-283")
def test_a_formal_customer_goes_to_another_person_or_back_to_the_group(house: House) -> None:
    leaver = house.hire("after-sales")
    given, left = house.formal("li"), house.formal("li")
    for customer in (given, left):
        house.name_person(customer, leaver)
    house.leave(leaver, given, left, leaves_at=LEAVES_AT, hand_over=[(given, "feng")])
    house.clock.at = LEAVES_AT
    assert state(house, given) == ("formal", "feng")
    assert state(house, left) == ("formal", None)
    house.tenure.follow_up(house.order("xu"), left, follow_up=house.note())
    assert house.topics(left)[-2:] == ["customer.moved_to_after_sales", "customer.followed_up"]
    house.name_person(left, "xu")
    assert state(house, left) == ("formal", "xu")


@pytest.mark.clause("S1-283")
def test_the_tokens_and_rights_of_a_leaver_end_at_the_instant(house: House) -> None:
    leaver = house.hire("seller")
    customer = house.potential(leaver)
    house.leave(leaver, customer, leaves_at=LEAVES_AT)
    house.clock.at = LEAVES_AT - MICROSECOND
    signed = house.tenure.authenticate(house.credentials[leaver])
    assert (signed.roles, signed.leaves_at) == ({"seller"}, LEAVES_AT)
    house.tenure.follow_up(house.order(leaver), customer, follow_up=house.note())
    house.clock.at = LEAVES_AT
    with pytest.raises(NotSignedIn):
        house.tenure.authenticate(house.credentials[leaver])
    with pytest.raises(NotSignedIn):
        house.claim(leaver, customer)
    rights, _ = house.tenure.rights(customer, leaver)
    assert {right.rule for right in rights} == {"not-allowed"}
    issued = house.tenure.issue_token(Order(CONSOLE), leaver)
    assert issued.extra["token"]
    with pytest.raises(NotSignedIn):
        house.claim(leaver, customer)
    with pytest.raises(Invalid) as refusal:
        house.tenure.change_member(Order(CONSOLE), leaver, roles=["manager"])
    assert refusal.value.problems[0].code == "has-left"


@pytest.mark.clause("S1-284", "S1-035")
@pytest.mark.parametrize(
    ("leaves_at", "ending"),
    [
        (MONDAY + 30 * DAY - MICROSECOND, "left"),
        (MONDAY + 30 * DAY, "lapsed"),
        (MONDAY + 31 * DAY, "lapsed"),
    ],
)
def test_deadlines_go_on_whether_before_at_or_after_the_leaving(
    house: House, leaves_at: Any, ending: str
) -> None:
    leaver, successor = house.hire("seller"), house.hire("seller")
    given, left = house.potential(leaver), house.potential(leaver)
    house.leave(leaver, given, left, leaves_at=leaves_at, hand_over=[(given, successor)])
    house.clock.at += 40 * DAY
    house.tenure.sweep([given, left])
    answer = house.tenure.holder_at(left, at=MONDAY + 30 * DAY)
    assert (answer.holder, answer.ended) == (None, ending)
    last = house.tenure.history(given).events[-1].event
    assert last.TOPIC == "customer.lapsed"
    assert last.holder == (successor if ending == "left" else leaver)


@pytest.mark.clause("S1-283")
def test_claims_of_one_whose_leaving_is_arranged_end_with_it(house: House) -> None:
    leaver = house.hire("seller")
    house.leave(leaver, leaves_at=LEAVES_AT)
    potential = house.potential(leaver)
    early, late = waiting(house, leaver), house.intent(leaver)
    house.clock.at = LEAVES_AT - MICROSECOND
    last = waiting(house, leaver)
    everything = [potential, early, late, last]
    assert {state(house, customer)[1] for customer in everything} == {leaver}
    house.clock.at = LEAVES_AT
    assert {state(house, customer) for customer in everything} == {("pool", None)}
    assert house.tenure.arrange_for_leavers([(customer, leaver) for customer in everything]) == 0
    assert house.tenure.sweep(everything) == 4
    removed = house.tenure.history(last).events[-1].event
    assert (removed.cause, removed.timestamp) == ("left", LEAVES_AT)


# A claim that did not see the arrangement.


def missed(house: House, leaver: str, *, leaves_at: Any = LEAVES_AT) -> UUID:
    """A customer that the arrangement passed over, as in a race with its claim."""
    customer = house.potential(leaver)
    house.leave(leaver, leaves_at=leaves_at)
    return customer


@pytest.mark.clause("S1-283")
def test_what_an_arrangement_missed_is_arranged_afterwards(house: House) -> None:
    leaver = house.hire("seller")
    customer, others = missed(house, leaver), house.potential("li")
    held = [(customer, leaver), (others, "li"), (others, leaver), (house.register("li"), leaver)]
    assert house.tenure.arrange_for_leavers(held) == 1
    assert house.tenure.arrange_for_leavers(held) == 0
    arranged = house.tenure.history(customer).events[-1].event
    assert (arranged.actor, arranged.holder, arranged.to) == ("system", leaver, None)
    assert (arranged.leaves_at, arranged.timestamp) == (LEAVES_AT, MONDAY)
    house.clock.at = LEAVES_AT - MICROSECOND
    assert state(house, customer) == ("potential", leaver)
    house.clock.at = LEAVES_AT
    assert state(house, customer) == ("pool", None)


@pytest.mark.clause("S1-283")
def test_found_after_the_leaving_it_ends_when_it_is_found(house: House) -> None:
    leaver = house.hire("seller")
    customer = missed(house, leaver)
    house.clock.at = LEAVES_AT + HOUR
    assert state(house, customer) == ("potential", leaver)
    assert house.tenure.arrange_for_leavers([(customer, leaver)]) == 1
    assert house.topics(customer)[-2:] == [
        "customer.hand_over_arranged",
        "customer.holder_removed",
    ]
    removed = house.tenure.history(customer).events[-1].event
    assert (removed.cause, removed.timestamp) == ("left", LEAVES_AT + HOUR)


def test_what_has_ended_meanwhile_needs_no_arrangement(house: House) -> None:
    leaver = house.hire("seller")
    customer = missed(house, leaver, leaves_at=MONDAY + 60 * DAY)
    house.clock.at += 31 * DAY
    assert house.tenure.arrange_for_leavers([(customer, leaver)]) == 0


# What is refused.


@pytest.mark.clause("S1-283")
def test_the_act_names_what_is_wrong_and_stores_nothing(house: House) -> None:
    leaver, carer = house.hire("seller"), house.hire("after-sales")
    gone = house.hire("seller")
    house.leave(gone, leaves_at=LEAVES_AT)
    customer, others = house.potential(leaver), house.potential("li")
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"leaves_at": MONDAY - MICROSECOND}, "leaves_at", "out-of-range"),
        ({"leaves_at": MONDAY + 366 * DAY + MICROSECOND}, "leaves_at", "out-of-range"),
        ({"hand_over": [(customer, "li"), (customer, "chen")]}, "hand_over", "twice"),
        ({"hand_over": [(others, "chen")]}, "hand_over.0.customer_id", "not-held"),
        ({"hand_over": [(customer, "nobody")]}, "hand_over.0.to", "unknown-member"),
        ({"hand_over": [(customer, carer)]}, "hand_over.0.to", "role"),
        ({"hand_over": [(customer, gone)]}, "hand_over.0.to", "leaving"),
        ({"hand_over": [(customer, leaver)]}, "to", "same-holder"),
    ]
    before = house.topics(customer)
    for conditions, field, code in cases:
        with pytest.raises(Invalid) as refusal:
            house.leave(leaver, customer, **conditions)
        assert (refusal.value.problems[0].field, refusal.value.problems[0].code) == (field, code)
    with pytest.raises(OwnDecision):
        house.leave(leaver, customer, hand_over=[(customer, "wang")])
    with pytest.raises(NotFound):
        house.leave("nobody")
    assert house.topics(customer) == before
    assert house.tenure.member_at(leaver).leaves_at is None
    assert [kept["command"] for kept in house.refusals(customer)] == ["leave"]
    house.leave(leaver, customer, leaves_at=MONDAY + 366 * DAY)


@pytest.mark.clause("S1-283")
def test_nobody_arranges_his_own_leaving_and_one_is_arranged_once(house: House) -> None:
    manager = house.hire("manager")
    with pytest.raises(NotAllowed):
        house.leave(manager, by=manager)
    house.leave(manager, leaves_at=LEAVES_AT)
    with pytest.raises(Invalid) as refusal:
        house.leave(manager, leaves_at=LEAVES_AT + DAY)
    assert refusal.value.problems[0].code == "already-leaving"
    with pytest.raises(NotAllowed):
        house.leave(house.hire("seller"), by="li")


@pytest.mark.clause("S1-284", "S1-310")
def test_who_has_a_part_in_a_customer_hands_it_over_to_nobody(house: House) -> None:
    leaver, manager = house.hire("seller"), house.hire("manager")
    customer = house.potential(manager)
    house.tenure.release(house.order(manager), customer, reason="无预算")
    house.claim(leaver, customer)
    with pytest.raises(OwnDecision):
        house.leave(leaver, customer, hand_over=[(customer, "chen")], by=manager)
    house.leave(leaver, customer, by=manager)
    assert state(house, customer) == ("pool", None)


@pytest.mark.clause("S1-283", "S1-284")
def test_a_successor_who_left_before_holds_nothing_for_long(house: House) -> None:
    leaver, successor = house.hire("seller"), house.hire("seller")
    customer = house.potential(leaver)
    house.leave(leaver, customer, leaves_at=LEAVES_AT, hand_over=[(customer, successor)])
    house.leave(successor, leaves_at=LEAVES_AT - DAY)
    house.clock.at = LEAVES_AT
    assert state(house, customer) == ("potential", successor)
    assert house.tenure.arrange_for_leavers([(customer, successor)]) == 1
    assert state(house, customer) == ("pool", None)
    assert house.topics(customer)[-3:] == [
        "customer.transferred",
        "customer.hand_over_arranged",
        "customer.holder_removed",
    ]


@pytest.mark.clause("S1-284", "S1-310")
def test_nor_does_who_was_refused_the_customer_hand_it_over(house: House) -> None:
    leaver, manager = house.hire("seller"), house.hire("manager")
    customer = house.potential(leaver)
    assert house.rule_of(lambda: house.claim(manager, customer)) == "already-protected"
    with pytest.raises(OwnDecision):
        house.leave(leaver, customer, hand_over=[(customer, "chen")], by=manager)
