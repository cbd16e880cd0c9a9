"""The view `pool`: what nobody holds, since when and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from domain.events import Bar
from projections import pool
from projections.pool import PoolEntry
from tests.projections.stories import DAY, START, TICK, Story, TestLog

LATE = START + 400 * DAY


@pytest.fixture
def entry(cursor: Any) -> Any:
    def of(story: Story, *, now: Any) -> PoolEntry | None:
        found = {entry.customer_id: entry for entry in _all(cursor, now=now)}
        return found.get(story.id)

    return of


@pytest.mark.clause("S1-050")
def test_a_customer_that_nobody_ever_held_is_in_the_pool_without_a_reason(
    log: TestLog, follow: Any, entry: Any
) -> None:
    story = Story().registered()
    log.append(story)
    follow()
    found = entry(story, now=START)
    assert (found.since, found.reason, found.last_holder) == (START, None, None)
    assert (found.name, found.industry, found.region) == ("上海春意科技有限公司", "科技", "上海")


@pytest.mark.clause("S1-314")
def test_a_claim_takes_a_customer_out_of_the_pool(log: TestLog, follow: Any, entry: Any) -> None:
    story = Story().registered().then(DAY).claimed()
    log.append(story)
    follow()
    assert entry(story, now=LATE) is None


@pytest.mark.clause("S1-035")
def test_a_deadline_puts_a_customer_into_the_pool_at_its_microsecond_before_any_sweep(
    log: TestLog, follow: Any, entry: Any
) -> None:
    story = Story().registered().claimed().review_passed()
    deadline = story.at + 30 * DAY
    log.append(story)
    follow()
    assert entry(story, now=deadline - TICK) is None
    found = entry(story, now=deadline)
    assert (found.since, found.reason, found.last_holder) == (deadline, "lapsed", "zhang")
    log.append(story.lapsed(deadline))
    follow()
    assert entry(story, now=deadline) == found
    assert entry(story, now=LATE) == found


@pytest.mark.clause("S1-318")
def test_a_removal_that_is_due_says_so_before_any_sweep(
    log: TestLog, follow: Any, entry: Any
) -> None:
    story = Story().registered().claimed().review_refused()
    due = story.at + 3 * DAY
    log.append(story)
    follow()
    assert entry(story, now=due - TICK) is None
    found = entry(story, now=due)
    assert found.reason == "removed"
    log.append(story.holder_removed(due))
    follow()
    assert entry(story, now=due) == found


@pytest.mark.clause("S1-037", "S1-038")
def test_a_release_says_who_gave_it_up_and_who_is_barred_until_when(
    log: TestLog, follow: Any, entry: Any
) -> None:
    story = Story().registered().claimed().review_passed().then(DAY)
    bar = Bar("zhang", story.at + 3 * DAY)
    log.append(story.released(bar=bar))
    follow()
    found = entry(story, now=story.at)
    assert (found.since, found.reason, found.last_holder) == (story.at, "released", "zhang")
    assert [(one.member, one.until) for one in found.bars] == [("zhang", bar.until)]
    assert entry(story, now=bar.until - TICK).bars != []
    assert entry(story, now=bar.until).bars == []


@pytest.mark.clause("S1-045")
def test_an_intent_customer_that_was_given_up_says_who_is_barred_until_when(
    log: TestLog, follow: Any, entry: Any
) -> None:
    story = Story().registered().claimed().review_passed().intent_requested().intent_granted()
    bar = Bar("zhang", story.then(DAY).at + 3 * DAY)
    log.append(story.released(bar=bar))
    follow()
    found = entry(story, now=bar.until - TICK)
    assert (found.reason, found.last_holder) == ("released", "zhang")
    assert [(one.member, one.until) for one in found.bars] == [("zhang", bar.until)]
    assert entry(story, now=bar.until).bars == []


def test_a_later_bar_of_the_same_member_replaces_the_earlier(
    log: TestLog, follow: Any, entry: Any
) -> None:
    story = Story().registered().claimed()
    story.claim_withdrawn(bar=Bar("zhang", story.at + DAY)).then(DAY).claimed("qian")
    story.claim_withdrawn(bar=Bar("qian", story.at + 9 * DAY)).claimed()
    story.claim_withdrawn(bar=Bar("zhang", story.at + 7 * DAY))
    log.append(story)
    follow()
    bars = entry(story, now=story.at).bars
    assert {bar.member: bar.until for bar in bars} == {
        "qian": story.at + 9 * DAY,
        "zhang": story.at + 7 * DAY,
    }


def test_the_pool_is_filtered_by_name_industry_and_region(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    food = Story("成都惊蛰食品有限公司").registered(industry="食品", address="成都市")
    tools = Story("惊蛰机械有限公司").registered(industry="机械", address="重庆市")
    held = Story("惊蛰贸易有限公司").registered(industry="食品").claimed()
    log.append(food, tools, held)
    follow()

    def ids(**asked: Any) -> set[Any]:
        return {entry.customer_id for entry in _all(cursor, now=LATE, **asked)}

    assert ids(name="惊蛰") == {food.id, tools.id}
    assert ids(name="驚蟄") == {food.id, tools.id}
    assert ids(name="惊蛰", industry="食品") == {food.id}
    assert ids(name="惊蛰", region="重庆") == {tools.id}
    assert ids(name="惊蛰", region="成都") == {food.id}
    assert ids(name="惊蜇") == set()
    assert ids(name="——") == set()


def test_a_renamed_customer_is_found_by_its_new_name(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = Story("寒露物流有限公司").registered()
    log.append(story.then(DAY).profile_changed(name="白露物流有限公司", industry="物流"))
    follow()
    assert _all(cursor, now=LATE, name="寒露") == []
    (found,) = _all(cursor, now=LATE, name="白露")
    assert (found.customer_id, found.industry) == (story.id, "物流")


KEYS: dict[pool.Sort, Callable[[PoolEntry], tuple[Any, ...]]] = {
    "since": lambda entry: (entry.since, entry.customer_id),
    "name": lambda entry: (entry.name, entry.customer_id),
    "industry": lambda entry: (entry.industry, entry.since, entry.customer_id),
    "last_holder": lambda entry: (entry.last_holder or "", entry.customer_id),
}


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", KEYS)
def test_pages_of_the_pool_hold_every_customer_once_in_the_order_of_what_they_show(
    log: TestLog, follow: Any, cursor: Any, sort: pool.Sort, descending: bool
) -> None:
    place = f"地方{sort}{descending}"
    stories = [
        Story(("乙", "甲")[n % 2] * 4, at=START + (n // 2) * DAY).registered(
            industry=f"行业{n % 3}", address=place
        )
        for n in range(8)
    ]
    for holder, story in zip(("wu", "chen", "wu"), stories, strict=False):
        story.claimed(holder).review_passed()
    deadline = stories[0].at + 30 * DAY
    log.append(*stories, stories[1].lapsed(stories[1].at + 30 * DAY))
    follow()
    asked = {"region": place, "sort": sort, "descending": descending}
    found = list(_all(cursor, now=deadline + DAY, **asked))
    assert {entry.customer_id for entry in found} == {story.id for story in stories}
    assert len(found) == len(stories)
    keys = [KEYS[sort](entry) for entry in found]
    assert keys == sorted(keys, reverse=descending)
    chosen = [entry for entry in found if entry.industry == "行业1"]
    assert list(_all(cursor, now=deadline + DAY, industry="行业1", **asked)) == chosen
    named = [entry for entry in found if "甲" in entry.name]
    assert list(_all(cursor, now=deadline + DAY, name="甲甲", **asked)) == named


def test_by_its_last_holder_a_customer_has_one_place_before_and_after_the_sweep(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    """Until a passed deadline is written down, the row still tells of the ending before."""
    story = Story().registered(address="一处").claimed("aa").review_passed()
    story.released(bar=Bar("aa", story.at + DAY)).then(2 * DAY).claimed("zz").review_passed()
    deadline = story.at + 30 * DAY
    other = Story().registered(address="一处").claimed("mm").review_passed().released()
    log.append(story, other)
    follow()

    def order() -> list[Any]:
        asked = {"region": "一处", "sort": "last_holder", "descending": False}
        return [entry.last_holder for entry in _all(cursor, now=deadline, **asked)]

    assert order() == ["mm", "zz"]
    log.append(story.lapsed(deadline))
    follow()
    assert order() == ["mm", "zz"]


def test_the_pool_says_at_which_position_it_is_true(log: TestLog, follow: Any, cursor: Any) -> None:
    position = log.append(Story().registered())
    follow()
    assert pool.in_pool(cursor, now=LATE).position == position
    assert pool.in_pool(cursor, now=LATE, name="没有这个").position == position
    cursor.execute("UPDATE views.positions SET position = 7 WHERE view = 'customers'")
    assert pool.in_pool(cursor, now=LATE).position == position
    assert pool.in_pool(cursor, now=LATE, name="春意").position == 7
    cursor.execute("UPDATE views.positions SET position = %s WHERE view = 'customers'", (position,))


def _all(cursor: Any, **asked: Any) -> list[PoolEntry]:
    return list(_walk(cursor, **asked))


def _walk(cursor: Any, **asked: Any) -> Iterator[PoolEntry]:
    after = None
    while True:
        page = pool.in_pool(cursor, limit=3, after=after, **asked)
        yield from page.items
        if page.next is None:
            return
        after = list(page.next)
