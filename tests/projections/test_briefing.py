"""A manager's morning: what fell, what waits, what is about to go wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from projections.briefing import Briefing, briefing
from tests.projections.stories import (
    DAY,
    START,
    TICK,
    Story,
    TestLog,
    a_leave,
    a_likeness,
    a_member,
    a_refusal,
)

DEADLINE = START + 30 * DAY
NIGHT = timedelta(hours=12)
MORNING = DEADLINE + NIGHT / 2


@pytest.fixture
def department() -> str:
    """A department of the test's own, so that other tests' customers are not in its morning."""
    return f"部门{uuid4().hex[:8]}"


@pytest.fixture
def morning(cursor: Any, department: str) -> Any:
    def at(now: datetime = MORNING, **asked: Any) -> Briefing:
        given: dict[str, Any] = {"department": department, "member": "chen", "limit": 500}
        given |= {"since": now - NIGHT, "no_contact_days": 7}
        return briefing(cursor, now=now, **{**given, **asked})

    return at


@pytest.fixture
def potential(department: str) -> Any:
    def held(holder: str = "zhang", **claimed: Any) -> Story:
        story = Story().registered().claimed(holder, department=department, **claimed)
        return story.review_passed()

    return held


@pytest.mark.clause("S1-035")
def test_what_fell_overnight_is_told_with_who_lost_it_and_who_took_it(
    log: TestLog, follow: Any, morning: Any, potential: Any
) -> None:
    unswept, swept, taken, undecided, left, released = (potential() for _ in range(6))
    swept.lapsed(DEADLINE)
    taken.lapsed(DEADLINE).then(30 * DAY + timedelta(hours=1)).claimed("qian", department="二部")
    undecided.then(27 * DAY).intent_requested(held_over_until=DEADLINE + TICK)
    left.hand_over_arranged(DEADLINE - TICK)
    released.then(30 * DAY - TICK).released()
    log.append(unswept, swept, taken, undecided, left, released)
    follow()
    fell = {one.customer_id: one for one in morning().fell}
    assert {key: (one.reason, one.fell_at) for key, one in fell.items()} == {
        unswept.id: ("lapsed", DEADLINE),
        swept.id: ("lapsed", DEADLINE),
        taken.id: ("lapsed", DEADLINE),
        undecided.id: ("undecided", DEADLINE + TICK),
        left.id: ("left", DEADLINE - TICK),
    }
    assert {one.last_holder for one in fell.values()} == {"zhang"}
    assert (fell[taken.id].holder, fell[taken.id].taken_at) == ("qian", taken.at)
    assert (fell[unswept.id].holder, fell[unswept.id].taken_at) == (None, None)
    assert morning(DEADLINE - TICK).fell == []
    assert morning(DEADLINE + 2 * NIGHT).fell == []
    assert morning(department="没有的部门").fell == []


def test_a_removal_of_a_refused_claim_is_no_news_of_the_night(
    log: TestLog, follow: Any, morning: Any, department: str
) -> None:
    story = Story().registered().claimed(department=department)
    log.append(story.review_refused(removal_due=DEADLINE))
    follow()
    assert morning().fell == []


def test_what_a_successor_lost_is_told_as_his(
    log: TestLog, follow: Any, morning: Any, department: str
) -> None:
    story = Story().registered().claimed(department="别的部门").review_passed()
    story.hand_over_arranged(START + DAY, to="heir", department=department)
    log.append(story)
    follow()
    (fell,) = morning().fell
    assert (fell.last_holder, fell.department) == ("heir", department)


def test_what_waits_is_told_with_its_hour_less_what_is_not_the_managers(
    log: TestLog, follow: Any, morning: Any, potential: Any, department: str
) -> None:
    asked, own = potential(), potential("chen")
    overdue = Story().registered().claimed(department=department)
    log.append(asked.then(27 * DAY).intent_requested())
    log.append(own.then(27 * DAY).intent_requested(), overdue)
    follow()
    found = morning()
    assert [(one.customer_id, one.due_at) for one in found.waiting if one.kind == "intent"] == [
        (asked.id, DEADLINE)
    ]
    assert [one.customer_id for one in found.overdue_reviews] == [overdue.id]
    assert {one.kind for one in morning(kinds=["extension", "intent"]).waiting} == {"intent"}


def test_signed_contracts_that_nobody_confirmed_are_told_complete_or_not(
    log: TestLog, follow: Any, morning: Any, potential: Any
) -> None:
    story = potential().then(20 * DAY).intent_requested().intent_granted()
    story.contract_drawn("HT-1").contract_completed("HT-1")
    story.contract_drawn("HT-2").contract_detailed("type", "HT-2", type="采购")
    story.contract_signed("HT-2").contract_drawn("HT-3")
    log.append(story)
    follow()
    found = {one.number: one for one in morning().unconfirmed}
    assert {number: one.is_complete for number, one in found.items()} == {
        "HT-1": True,
        "HT-2": False,
    }
    assert found["HT-2"].next_steps == ("payment_method",)
    assert (found["HT-1"].holder, found["HT-1"].until) == ("zhang", START + 35 * DAY)
    assert found["HT-1"].held_over_until == START + 38 * DAY
    log.append(story.contract_confirmed("HT-1"))
    follow()
    assert morning(department=None).unconfirmed != []
    assert [one.number for one in morning().unconfirmed] == []  # The group is in no department.


@pytest.mark.clause("S1-283")
def test_customers_of_leavers_that_nobody_takes_over_are_told(
    log: TestLog, follow: Any, morning: Any, potential: Any
) -> None:
    leaver, leaves_at = f"leaver-{uuid4().hex[:8]}", START + 20 * DAY
    joined = a_member(leaver)
    raced, alone, handed = (potential(leaver) for _ in range(3))
    alone.hand_over_arranged(leaves_at)
    handed.hand_over_arranged(leaves_at, to="heir")
    log.append(joined, a_leave(joined, leaves_at), raced, alone, handed, potential())
    follow()
    found = {one.customer_id: one for one in morning(START + DAY).held_by_leavers}
    assert found.keys() == {raced.id, alone.id}
    assert {one.leaves_at for one in found.values()} == {leaves_at}
    assert (found[alone.id].holder, found[alone.id].until) == (leaver, DEADLINE)
    assert alone.id not in {one.customer_id for one in morning(leaves_at).held_by_leavers}


@pytest.mark.clause("S1-048")
def test_formal_customers_without_a_person_are_told_in_every_department(
    log: TestLog, follow: Any, morning: Any, potential: Any
) -> None:
    story = potential().intent_requested().intent_granted().contract_drawn()
    log.append(story.contract_completed().contract_confirmed())
    follow()
    assert story.id in {one.customer_id for one in morning().without_person}
    log.append(story.moved_to_after_sales("ou"))
    follow()
    assert story.id not in {one.customer_id for one in morning().without_person}


def test_customers_that_nobody_followed_up_for_days_are_told(
    log: TestLog, follow: Any, morning: Any, potential: Any, department: str
) -> None:
    quiet, spoken, earlier = potential(), potential(), potential()
    spoken.then(5 * DAY).followed_up()
    earlier.then(DAY).followed_up().released().then(5 * DAY)
    earlier.claimed("qian", department=department).review_passed()
    log.append(quiet, spoken, earlier, Story().registered().claimed(department=department))
    follow()

    def found(now: datetime) -> dict[Any, datetime]:
        return {one.customer_id: one.quiet_since for one in morning(now).quiet}

    assert found(START + 7 * DAY - TICK) == {}
    assert found(START + 7 * DAY) == {quiet.id: START}
    assert found(START + 12 * DAY) == {quiet.id: START, spoken.id: START + 5 * DAY}
    assert found(DEADLINE).keys() == {earlier.id}


@pytest.mark.clause("S1-302")
def test_rivals_attempts_and_overrides_of_the_night_are_told_with_who_holds_it(
    log: TestLog, follow: Any, morning: Any, potential: Any, department: str
) -> None:
    story, other = potential(), Story().registered()
    beside = Story().registered(override_reason="另一家", collision=[a_likeness(other)])
    beside.claimed("qian", department=department)
    log.append(story, other, beside)
    log.append(
        a_refusal(story.id, at=START),
        a_refusal(story.id, at=START - NIGHT - TICK),
        a_refusal(story.id, at=START, rule="barred"),
        a_refusal(story.id, at=START, actor="zhang"),
    )
    follow()
    found = morning(START)
    (attempt,) = found.attempts
    assert (attempt.actor, attempt.holder, attempt.customer_id) == ("zhao", "zhang", story.id)
    (override,) = found.overrides
    assert (override.reason, override.similar) == ("另一家", [other.id])
    assert (override.holder, override.actor) == ("qian", "li")
    assert morning(START + NIGHT + TICK).attempts == []


@pytest.mark.clause("S1-020")
def test_open_duplicates_are_told(log: TestLog, follow: Any, morning: Any, potential: Any) -> None:
    story = potential()
    log.append(story.duplicate_reported(Story()))
    follow()
    (found,) = morning().duplicates
    assert (found.customer_id, found.number) == (story.id, "1")


def test_a_briefing_is_true_at_the_position_of_the_view_furthest_behind(
    log: TestLog, follow: Any, morning: Any, cursor: Any
) -> None:
    position = log.append(Story().registered())
    follow()
    assert morning().position == position
    cursor.execute("UPDATE views.positions SET position = 0 WHERE view = 'agenda'")
    assert morning().position == 0
    cursor.execute("UPDATE views.positions SET position = %s WHERE view = 'agenda'", (position,))


def test_no_list_is_longer_than_asked(
    log: TestLog, follow: Any, morning: Any, potential: Any
) -> None:
    log.append(potential(), potential(), potential())
    follow()
    assert len(morning(limit=2).fell) == 2
