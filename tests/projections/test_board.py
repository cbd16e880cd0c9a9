"""The board: who holds what until when, what falls on the coming days, the load of each member."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.working_days import start_of_day
from projections import board, customer_search
from projections.board import Held, Wanted
from projections.counting import local_day
from tests.projections.stories import DAY, START, TICK, Story, TestLog

HOUR = timedelta(hours=1)
ENDLESS = datetime(9000, 1, 1, tzinfo=START.tzinfo)
WEEK = datetime(2026, 3, 8, 16, tzinfo=START.tzinfo)
"""The midnight in Asia/Shanghai at which the seventh day from START's on ends."""


@pytest.fixture
def house() -> Callable[[str], str]:
    """Departments and members of one test alone."""
    mark = uuid4().hex[:8]
    return lambda name: f"{name}-{mark}"


def every(cursor: Any, wanted: Wanted, *, now: datetime, limit: int = 3, **order: bool) -> Any:
    """All pages together, in their order."""
    found: list[Held] = []
    after: Sequence[Any] | None = None
    while True:
        page = board.held(cursor, wanted, now=now, limit=limit, after=after, **order)
        assert len(page.items) <= limit
        found += page.items
        after = page.next
        if after is None:
            return found


def load_of(cursor: Any, wanted: Wanted, *, now: datetime) -> dict[str, tuple[int, int]]:
    page = board.load(cursor, wanted, now=now, before=WEEK, limit=500)
    assert all(one.held == sum(one.stages.values()) for one in page.items)
    return {one.member: (one.held, one.falls) for one in page.items}


@pytest.mark.clause("S1-032", "S1-035")
def test_the_board_tells_who_holds_what_until_its_last_instant(
    log: TestLog, follow: Any, cursor: Any, house: Callable[[str], str]
) -> None:
    li, department = house("li"), house("一部")
    story = Story("上海看板科技有限公司").registered().claimed(li, department=department)
    log.append(story.review_passed(until=START + 3 * DAY))
    follow()
    wanted = Wanted(departments=[department])
    (found,) = every(cursor, wanted, now=START)
    assert (found.customer_id, found.name) == (story.id, "上海看板科技有限公司")
    assert (found.state, found.holder, found.department) == ("potential", li, department)
    assert found.until == found.ends_at == START + 3 * DAY
    assert len(every(cursor, wanted, now=START + 3 * DAY - TICK)) == 1
    assert every(cursor, wanted, now=START + 3 * DAY) == []
    assert load_of(cursor, wanted, now=START) == {li: (1, 1)}
    assert load_of(cursor, wanted, now=START + 3 * DAY) == {}


@pytest.mark.clause("S1-048")
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by_day", [False, True])
def test_what_a_group_holds_shows_beside_departments_until_a_person_is_named(
    log: TestLog,
    follow: Any,
    cursor: Any,
    house: Callable[[str], str],
    descending: bool,
    by_day: bool,
) -> None:
    li, department = house("li"), house("一部")
    of_li = [Story().registered().claimed(li, department=department) for _ in range(2)]
    for story in of_li:
        story.review_passed(until=START + DAY)
    of_group = [_formal() for _ in range(3)]
    named, left = _formal(), _formal()
    named.moved_to_after_sales(house("an"))
    left.moved_to_after_sales(house("shi")).hand_over_arranged(START + DAY)
    log.append(*of_li, *of_group, named, left)
    follow()
    ours = {story.id for story in (*of_li, *of_group, named, left)}

    def shown(wanted: Wanted, now: datetime = START) -> list[UUID]:
        page = every(cursor, wanted, now=now, descending=descending, by_day=by_day)
        return [one.customer_id for one in page if one.customer_id in ours]

    both = Wanted(departments=[department], group="after-sales")
    apart = [{story.id for story in of_li}, {story.id for story in of_group}]
    first, last = reversed(apart) if descending else apart
    found = shown(both)
    assert (set(found[: len(first)]), set(found[len(first) :])) == (first, last)
    # At the deadline what li held is over, and who left has nobody after him but the group.
    assert set(shown(both, START + DAY)) == apart[1] | {left.id}
    formal = replace(both, stage="formal")
    assert set(shown(formal)) == apart[1]
    assert set(shown(replace(both, stage="potential"))) == apart[0]
    assert set(shown(replace(both, until=START + 2 * DAY))) == apart[0]
    assert set(shown(Wanted(departments=[department]))) == apart[0]
    assert load_of(cursor, both, now=START) == {li: (2, 2)}
    days, _ = board.falling(cursor, both, now=START, before=WEEK)
    assert sum(one.count for one in days) == 2


def _formal() -> Story:
    story = Story().registered().claimed().review_passed().intent_requested().intent_granted()
    return story.contract_drawn().contract_signed().contract_confirmed()


@pytest.mark.clause("S1-283", "S1-284")
def test_what_a_leaver_hands_over_is_his_successors_from_that_instant_before_any_sweep(
    log: TestLog, follow: Any, cursor: Any, house: Callable[[str], str]
) -> None:
    leaver, heir, first, second = house("leaver"), house("heir"), house("一部"), house("二部")
    story = Story().registered().claimed(leaver, department=first).review_passed()
    log.append(story.hand_over_arranged(START + DAY, to=heir, department=second))
    follow()
    for now, holder, department in (
        (START + DAY - TICK, leaver, first),
        (START + DAY, heir, second),
    ):
        (found,) = every(cursor, Wanted(member=holder), now=now)
        assert (found.holder, found.department) == (holder, department)
        assert [one.customer_id for one in every(cursor, Wanted(departments=[department]), now=now)]
        both = Wanted(departments=[first, second])
        assert load_of(cursor, both, now=now) == {holder: (1, 0)}
    assert every(cursor, Wanted(departments=[first]), now=START + DAY) == []


def test_a_midnight_in_asia_shanghai_ends_its_day(
    log: TestLog, follow: Any, cursor: Any, house: Callable[[str], str]
) -> None:
    department = house("一部")
    midnight = datetime(2026, 3, 3, 16, tzinfo=START.tzinfo)
    stories = [
        Story().registered().claimed(department=department).review_passed(until=until)
        for until in (midnight - TICK, midnight, midnight + TICK)
    ]
    log.append(*stories)
    follow()
    wanted = Wanted(departments=[department])
    days, _ = board.falling(cursor, wanted, now=START, before=WEEK)
    assert {one.day.day: one.count for one in days} == {3: 2, 4: 1}


def test_filters_hold_for_the_board_and_its_order_turns(
    log: TestLog, follow: Any, cursor: Any, house: Callable[[str], str]
) -> None:
    li, chen, department = house("li"), house("chen"), house("一部")
    waiting = Story().registered().claimed(li, department=department)
    soon = Story().registered().claimed(li, department=department)
    soon.review_passed(until=START + DAY)
    later = Story().registered().claimed(chen, department=department)
    later.review_passed(until=START + 9 * DAY)
    log.append(waiting, soon, later)
    follow()

    def ids(wanted: Wanted, **order: bool) -> list[UUID]:
        return [one.customer_id for one in every(cursor, wanted, now=START, limit=1, **order)]

    whole = Wanted(departments=[department])
    assert ids(whole) == [soon.id, later.id, waiting.id]
    assert ids(whole, descending=True) == [waiting.id, later.id, soon.id]
    assert ids(whole, by_day=True) == [soon.id, later.id, waiting.id]
    assert ids(Wanted(member=li, departments=[department])) == [soon.id, waiting.id]
    assert ids(Wanted(departments=[department], stage="waiting")) == [waiting.id]
    assert ids(Wanted(departments=[department], until=START + 2 * DAY)) == [soon.id]
    assert ids(Wanted(departments=[])) == []


LIVES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 1),
        st.sampled_from(["waiting", "rejected", "potential", "intent", "released"]),
        st.integers(1, 300),
        st.sampled_from(["stays", "hands over", "drops"]),
        st.integers(1, 300),
    ),
    max_size=12,
)


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lives=LIVES,
    hours=st.integers(0, 320),
    limit=st.integers(1, 5),
    descending=st.booleans(),
    by_day=st.booleans(),
)
def test_pages_together_are_exactly_what_is_held_once_each_and_the_load_is_their_sum(
    log: TestLog,
    follow: Any,
    cursor: Any,
    lives: list[tuple[int, int, str, int, str, int]],
    hours: int,
    limit: int,
    descending: bool,
    by_day: bool,
) -> None:
    mark = uuid4().hex[:8]
    departments = [f"{mark}-{number}" for number in range(2)]
    stories = [_lived(f"{mark}-seller", departments, *life) for life in lives]
    log.append(Story().registered(), *stories)
    follow()
    now, wanted = START + hours * HOUR, Wanted(departments=departments)
    found = every(cursor, wanted, now=now, limit=limit, descending=descending, by_day=by_day)
    cards = [customer_search.card(cursor, story.id, now=now)[0] for story in stories]
    held = {
        card.customer_id: (card.state, card.holder, card.department, card.until)
        for card in cards
        if card is not None and card.state in board.STAGES
    }
    told = {one.customer_id: (one.state, one.holder, one.department, one.until) for one in found}
    assert told == held
    assert len(found) == len(told)
    ends = [one.ends_at or ENDLESS for one in found]
    keys = [local_day(end - TICK) for end in ends] if by_day else ends
    assert keys == sorted(keys, reverse=descending)
    before = start_of_day(local_day(now) + 7 * DAY)
    page = board.load(cursor, wanted, now=now, before=before)
    assert {one.member: one.held for one in page.items} == Counter(one.holder for one in found)
    assert sum(one.falls for one in page.items) == sum(end <= before for end in ends)
    days, _ = board.falling(cursor, wanted, now=now, before=before)
    fallen = Counter(local_day(end - TICK) for end in ends if end <= before)
    assert {one.day: one.count for one in days} == fallen


def _lived(
    seller: str,
    departments: list[str],
    who: int,
    where: int,
    state: str,
    until: int,
    leaving: str,
    leaves: int,
) -> Story:
    """A customer in a state, perhaps of a holder who is to leave."""
    story = Story().registered().claimed(f"{seller}-{who}", department=departments[where])
    if state == "rejected":
        story.review_refused(removal_due=START + until * HOUR)
    elif state != "waiting":
        story.review_passed(until=START + until * HOUR)
    if state == "intent":
        story.intent_requested().intent_granted(until=START + until * HOUR)
    if state == "released":
        return story.released()
    if leaving == "hands over":
        heir = f"{seller}-{(who + 1) % 3}"
        story.hand_over_arranged(START + leaves * HOUR, to=heir, department=departments[1 - where])
    elif leaving == "drops":
        story.hand_over_arranged(START + leaves * HOUR)
    return story
