"""Who protected the customer at T, as known at K: answered from events alone."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.customer import Customer
from domain.events import Stage
from domain.replay import History, PastEvent, holder_at
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
