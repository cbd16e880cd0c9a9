"""Who protected the customer at T, as known at K: answered from events alone."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.contract import STEPS
from domain.customer import Customer
from domain.events import Stage
from domain.replay import Answer, History, PastEvent, holder_at
from tests.domain.stories import (
    DAY,
    MICROSECOND,
    MONDAY,
    RULES,
    a_customer,
    claimed,
    potential,
    refused,
    rules_of,
)

HOUR = timedelta(hours=1)
DEADLINE = MONDAY + 30 * DAY


def history(customer: Customer, *, now: datetime, delay: timedelta = HOUR) -> History:
    """The customer's new events, each recorded `delay` after it took effect."""
    events = tuple(
        PastEvent(position, event.timestamp + delay, event)
        for position, event in enumerate(customer.collect_events(), start=10)
    )
    return History(customer.id, now, events)


@pytest.mark.clause("S1-053", "S1-300")
def test_the_claim_instant_belongs_to_the_claimant_and_the_deadline_to_nobody() -> None:
    past = history(potential(a_customer(), "li"), now=DEADLINE + DAY)
    assert holder_at(past, at=MONDAY - MICROSECOND).holder is None
    assert holder_at(past, at=MONDAY).holder == "li"
    assert holder_at(past, at=DEADLINE - MICROSECOND).holder == "li"
    over = holder_at(past, at=DEADLINE)
    assert over.holder is None
    assert over.last is not None
    assert (over.last.holder, over.ended) == ("li", "lapsed")


@pytest.mark.clause("S1-035")
def test_a_deadline_that_no_sweep_recorded_ended_the_protection_all_the_same() -> None:
    customer = potential(a_customer(), "li")
    unswept = history(customer, now=DEADLINE + 5 * DAY)
    answer = holder_at(unswept, at=DEADLINE + DAY)
    assert (answer.holder, answer.ended) == (None, "lapsed")
    assert answer.last is not None
    assert answer.last.until == DEADLINE


@pytest.mark.clause("S1-035")
def test_swept_and_unswept_give_the_same_answer_at_every_instant() -> None:
    unswept = history(potential(a_customer(), "li"), now=DEADLINE + DAY)
    customer = potential(a_customer(), "li")
    customer.expire(DEADLINE + DAY, rules_of)
    swept = history(customer, now=DEADLINE + DAY)
    for offset in (-31 * DAY, -30 * DAY, -MICROSECOND, timedelta(), DAY):
        before = holder_at(unswept, at=DEADLINE + offset)
        after = holder_at(swept, at=DEADLINE + offset)
        assert (before.holder, before.stage, before.ended) == (
            after.holder,
            after.stage,
            after.ended,
        )


def test_what_was_not_yet_recorded_was_not_known() -> None:
    past = history(potential(a_customer(), "li"), now=MONDAY + DAY, delay=2 * HOUR)
    known = holder_at(past, at=MONDAY + HOUR, known_at=MONDAY + HOUR)
    assert known.holder is None
    assert not known.is_registered
    later = holder_at(past, at=MONDAY + HOUR, known_at=MONDAY + 2 * HOUR)
    assert later.holder == "li"
    assert later.is_registered is False  # The story's customer was registered before it began.


def test_known_by_position_is_exact_where_times_are_equal() -> None:
    past = history(potential(a_customer(), "li"), now=MONDAY + DAY)
    claim, passed = (event.position for event in past.events)
    assert holder_at(past, at=MONDAY, known_position=claim - 1).holder is None
    assert holder_at(past, at=MONDAY, known_position=claim).stage is Stage.WAITING
    assert holder_at(past, at=MONDAY, known_position=passed).stage is Stage.POTENTIAL


def test_a_lapse_that_a_recorded_deadline_implied_was_known_before_it_was_written() -> None:
    customer = potential(a_customer(), "li")
    customer.expire(DEADLINE + 10 * DAY, rules_of)
    past = history(customer, now=DEADLINE + 20 * DAY, delay=10 * DAY)
    known = holder_at(past, at=DEADLINE + DAY, known_at=DEADLINE + 2 * DAY)
    assert (known.holder, known.ended) == (None, "lapsed")


def test_how_a_tenure_ended_is_told_only_where_it_was_known() -> None:
    customer = potential(a_customer(), "li")
    customer.release(member="li", reason="无预算", at=MONDAY + 5 * DAY, rules=RULES)
    past = history(customer, now=MONDAY + 6 * DAY)
    now_known = holder_at(past, at=MONDAY + DAY)
    assert now_known.interval is not None
    assert (now_known.ended, now_known.interval.until) == ("released", MONDAY + 5 * DAY)
    then_known = holder_at(past, at=MONDAY + DAY, known_at=MONDAY + 2 * DAY)
    assert then_known.interval is not None
    assert (then_known.ended, then_known.interval.until) == (None, DEADLINE)


def test_the_grounds_are_the_events_that_granted_and_ended_the_tenure() -> None:
    customer = potential(a_customer(), "li")
    customer.release(member="li", reason="无预算", at=MONDAY + 5 * DAY, rules=RULES)
    answer = holder_at(history(customer, now=MONDAY + 6 * DAY), at=MONDAY + DAY)
    topics = [type(past.event).TOPIC for past in answer.grounds]
    assert topics == ["customer.claimed", "customer.review_passed", "customer.released"]


@pytest.mark.clause("S1-317", "S1-318")
def test_a_refused_claim_holds_as_rejected_until_its_removal() -> None:
    customer = refused(a_customer(), "li")
    past = history(customer, now=MONDAY + 10 * DAY)
    assert holder_at(past, at=MONDAY + DAY).stage is Stage.REJECTED
    gone = holder_at(past, at=MONDAY + 9 * DAY)
    assert (gone.holder, gone.ended) == (None, "removed")


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(0, 400))
def test_at_every_instant_at_most_one_tenure_holds(days: list[int], looked_at: int) -> None:
    customer, at = a_customer(), MONDAY
    for number, days_later in enumerate(days):
        customer.expire(at, rules_of)
        if customer.state(at) == "pool":
            potential(customer, f"m{number}", at)
        at += days_later * DAY
    past = history(customer, now=at)
    instant = MONDAY + looked_at * DAY
    assert sum(interval.holds(instant) for interval in past.intervals()) <= 1


def test_a_corrected_claim_keeps_the_time_that_orders_it() -> None:
    customer = claimed(refused(a_customer(), "li"), "li", MONDAY + HOUR)
    answer = holder_at(history(customer, now=MONDAY + DAY), at=MONDAY + 2 * HOUR)
    assert answer.interval is not None
    assert (answer.stage, answer.interval.claimed_at) == (Stage.WAITING, MONDAY)
    assert answer.interval.since == MONDAY + HOUR


HOLD_OVER_END = RULES.hold_over_end(DEADLINE).at
LEAVES_AT = MONDAY + 5 * DAY


def waiting_for_intent() -> Customer:
    """Potential, and applied for intent a day before the deadline."""
    customer = potential(a_customer(), "li")
    customer.request_intent(member="li", reason="已签意向书", at=DEADLINE - DAY, rules_of=rules_of)
    return customer


def leaving(to: str | None) -> Customer:
    """Potential, and its holder's leaving is arranged on the second day."""
    customer = potential(a_customer(), "li")
    customer.arrange_hand_over(
        actor="chen",
        leaves_at=LEAVES_AT,
        to=to,
        department="二部" if to else None,
        reason="离职",
        at=MONDAY + DAY,
    )
    return customer


def told(answer: Answer) -> tuple[object, ...]:
    """Everything that an answer says but by which events it is proved."""
    interval = answer.interval or answer.last
    assert interval is not None
    return (
        answer.holder,
        answer.group,
        answer.stage,
        answer.ended,
        interval.holder,
        interval.since,
        interval.until,
        interval.claimed_at,
        interval.rulebook,
    )


@pytest.mark.clause("S1-034", "S1-035")
def test_a_protection_held_over_ends_undecided_at_the_end_of_the_hold_over() -> None:
    past = history(waiting_for_intent(), now=HOLD_OVER_END + DAY)
    for at in (DEADLINE, HOLD_OVER_END - MICROSECOND):
        assert holder_at(past, at=at).holder == "li"
    over = holder_at(past, at=HOLD_OVER_END)
    assert over.last is not None
    assert (over.holder, over.ended, over.last.until) == (None, "undecided", HOLD_OVER_END)
    swept = waiting_for_intent()
    swept.expire(HOLD_OVER_END + DAY, rules_of)
    after = history(swept, now=HOLD_OVER_END + DAY)
    assert told(holder_at(after, at=HOLD_OVER_END)) == told(over)


def test_an_application_was_no_ground_for_a_hold_over_before_it_was_known() -> None:
    past = history(waiting_for_intent(), now=HOLD_OVER_END + DAY)
    unknown = holder_at(past, at=DEADLINE, known_at=DEADLINE - DAY)
    assert (unknown.holder, unknown.ended) == (None, "lapsed")
    known = holder_at(past, at=DEADLINE, known_at=DEADLINE - DAY + HOUR)
    assert known.holder == "li"
    assert [type(one.event).TOPIC for one in known.grounds][-1] == "customer.intent_requested"


@pytest.mark.clause("S1-042")
def test_a_granted_intent_and_a_later_extension_are_one_tenure_with_both_as_grounds() -> None:
    customer = waiting_for_intent()
    customer.grant_intent(decider="chen", at=DEADLINE + HOUR, rules=RULES)
    until = DEADLINE + HOUR + 15 * DAY
    customer.request_extension(
        member="li", reason="意向强烈", days=5, at=until - DAY, rules_of=rules_of
    )
    customer.grant_extension(decider="chen", days=5, at=until - HOUR, rules_of=rules_of)
    past = history(customer, now=until + 30 * DAY)
    before = holder_at(past, at=DEADLINE)
    assert (before.stage, before.ended) == (Stage.POTENTIAL, "intent-granted")
    answer = holder_at(past, at=until + DAY)
    assert answer.interval is not None
    assert (answer.holder, answer.stage) == ("li", Stage.INTENT)
    assert (answer.interval.since, answer.interval.until) == (DEADLINE + HOUR, until + 5 * DAY)
    assert [type(one.event).TOPIC for one in answer.grounds] == [
        "customer.claimed",
        "customer.review_passed",
        "customer.intent_requested",
        "customer.intent_granted",
        "customer.extension_requested",
        "customer.extension_granted",
    ]


@pytest.mark.clause("S1-284")
def test_a_successor_held_it_from_the_instant_of_leaving_recorded_or_not() -> None:
    now = DEADLINE + DAY
    unswept = history(leaving("wu"), now=now)
    swept = leaving("wu")
    swept.expire(now, rules_of)
    recorded = history(swept, now=now)
    for at in (MONDAY, LEAVES_AT - MICROSECOND, LEAVES_AT, DEADLINE - MICROSECOND, DEADLINE):
        assert told(holder_at(unswept, at=at)) == told(holder_at(recorded, at=at)), at
    leaver = holder_at(unswept, at=LEAVES_AT - MICROSECOND)
    assert leaver.interval is not None
    assert (leaver.holder, leaver.ended, leaver.interval.until) == ("li", "transferred", LEAVES_AT)
    heir = holder_at(unswept, at=LEAVES_AT)
    assert heir.interval is not None
    assert (heir.holder, heir.interval.since, heir.interval.until) == ("wu", LEAVES_AT, DEADLINE)
    (ground,) = heir.grounds
    assert type(ground.event).TOPIC == "customer.hand_over_arranged"
    assert heir.interval.opened_version == ground.event.originator_version


def test_a_hand_over_that_was_not_known_yet_had_no_successor() -> None:
    past = history(leaving("wu"), now=DEADLINE)
    unknown = holder_at(past, at=LEAVES_AT, known_at=MONDAY + DAY)
    assert unknown.interval is not None
    assert (unknown.holder, unknown.interval.until) == ("li", DEADLINE)
    assert holder_at(past, at=LEAVES_AT, known_at=MONDAY + DAY + HOUR).holder == "wu"


@pytest.mark.clause("S1-283")
def test_without_a_successor_nobody_held_it_from_the_instant_of_leaving() -> None:
    now = LEAVES_AT + DAY
    unswept = history(leaving(None), now=now)
    swept = leaving(None)
    swept.expire(now, rules_of)
    recorded = history(swept, now=now)
    for at in (LEAVES_AT - MICROSECOND, LEAVES_AT, now):
        assert told(holder_at(unswept, at=at)) == told(holder_at(recorded, at=at)), at
    left = holder_at(unswept, at=LEAVES_AT)
    assert (left.holder, left.ended) == (None, "left")


def test_a_transfer_is_a_tenure_of_its_own_of_the_same_protection() -> None:
    customer = potential(a_customer(), "li")
    customer.transfer(
        actor="chen", to="wu", department="二部", reason="调整", at=MONDAY + DAY, rules=RULES
    )
    answer = holder_at(history(customer, now=DEADLINE), at=MONDAY + DAY)
    assert answer.interval is not None
    assert (answer.holder, answer.ended) == ("wu", "lapsed")
    assert (answer.interval.claimed_at, answer.interval.until) == (MONDAY, DEADLINE)
    assert answer.interval.department == "二部"


def formal(customer: Customer) -> Customer:
    """Confirmed after the grant of its intent; held by the group of after-sales."""
    at = DEADLINE + HOUR
    customer.grant_intent(decider="chen", at=DEADLINE, rules=RULES)
    customer.draw_contract(member="li", number="HT-1", at=at, rules=RULES)
    steps: dict[str, dict[str, object]] = {
        "type": {"text": "采购"},
        "payment_method": {"text": "转账"},
        "buyer": {"text": "采购部"},
        "products": {"products": []},
        "promises": {"promises": ["保修"]},
    }
    for step in STEPS:
        if step == "signed_on":
            customer.sign_contract(
                member="li",
                number="HT-1",
                signed_on=at.date(),
                at=at,
                rules=RULES,
                rules_of=rules_of,
            )
        else:
            customer.fill_in_contract(
                member="li", number="HT-1", step=step, at=at, rules=RULES, **steps[step]
            )
    customer.confirm_contract(confirmer="sun", number="HT-1", at=at + HOUR, rules=RULES)
    return customer


@pytest.mark.clause("S1-047", "S1-048")
def test_a_formal_customer_is_held_by_after_sales_for_good() -> None:
    past = history(formal(waiting_for_intent()), now=DEADLINE + 900 * DAY)
    signed = holder_at(past, at=DEADLINE + HOUR)
    assert (signed.holder, signed.ended) == ("li", "contract-confirmed")
    for at in (DEADLINE + 2 * HOUR, DEADLINE + 900 * DAY):
        answer = holder_at(past, at=at)
        assert (answer.holder, answer.group, answer.stage) == (None, "after-sales", Stage.FORMAL)
        assert (answer.ended, answer.last) == (None, None)


@pytest.mark.clause("S1-048", "S1-283")
def test_a_formal_customer_of_a_leaver_was_the_groups_recorded_or_not() -> None:
    named, leaves_at = DEADLINE + DAY, DEADLINE + 9 * DAY

    def left() -> Customer:
        customer = formal(waiting_for_intent())
        customer.name_after_sales(actor="ma", to="ou", department="售后", at=named, rules=RULES)
        customer.arrange_hand_over(
            actor="ma", leaves_at=leaves_at, to=None, department=None, reason="离职", at=named
        )
        return customer

    unswept = history(left(), now=leaves_at + DAY)
    swept = left()
    swept.expire(leaves_at + DAY, rules_of)
    recorded = history(swept, now=leaves_at + DAY)
    for at in (named, leaves_at - MICROSECOND, leaves_at, leaves_at + DAY):
        assert told(holder_at(unswept, at=at)) == told(holder_at(recorded, at=at)), at
    person = holder_at(unswept, at=leaves_at - MICROSECOND)
    assert (person.holder, person.group, person.ended) == ("ou", None, "moved")
    assert holder_at(unswept, at=leaves_at).group == "after-sales"


@pytest.mark.clause("S1-020")
def test_two_protections_of_merged_records_are_two_tenures() -> None:
    first, second = potential(a_customer(), "li"), potential(a_customer(), "wu", MONDAY + DAY)
    at = MONDAY + 2 * DAY
    moved = second.absorb(first, number=1, contacts=[], actor="wang", at=at, rules=RULES)
    first.merge_into(second.id, number=1, moved=moved, actor="wang", at=at, rules=RULES)
    away = holder_at(history(first, now=at + DAY), at=at)
    assert (away.holder, away.ended) == (None, "merged")
    stands = history(second, now=at + DAY)
    gave_way = holder_at(stands, at=at - MICROSECOND)
    assert (gave_way.holder, gave_way.ended) == ("wu", "merged")
    answer = holder_at(stands, at=at)
    assert answer.interval is not None
    assert (answer.holder, answer.interval.since, answer.interval.until) == ("li", at, DEADLINE)
    assert [type(one.event).TOPIC for one in answer.grounds] == ["customer.duplicate_absorbed"]


def test_a_refusal_that_brings_back_a_deadline_before_a_transfer_ends_it_at_the_refusal() -> None:
    customer = waiting_for_intent()
    customer.transfer(
        actor="chen", to="wu", department="二部", reason="调整", at=DEADLINE + HOUR, rules=RULES
    )
    refused_at = DEADLINE + 2 * HOUR
    customer.refuse_application(
        "intent", decider="sun", reason="依据不足", at=refused_at, rules_of=rules_of
    )
    past = history(customer, now=DEADLINE + DAY)
    assert holder_at(past, at=refused_at - MICROSECOND).holder == "wu"
    over = holder_at(past, at=refused_at)
    assert (over.holder, over.ended) == (None, "lapsed")
    for interval in past.intervals():
        assert interval.until is None or interval.since <= interval.until
