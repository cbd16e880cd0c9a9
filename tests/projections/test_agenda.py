"""The view `agenda`: what falls due, whose it is, and what the sweep finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from projections import agenda
from projections.agenda import AgendaItem
from tests.projections.stories import DAY, START, TICK, Story, TestLog

LATE = START + 400 * DAY


@pytest.fixture
def member() -> str:
    return f"member-{uuid4().hex[:8]}"


@pytest.fixture
def due(cursor: Any, member: str) -> Any:
    """Kind and instant of what is due for the test's member."""

    def items(*, now: datetime, **asked: Any) -> list[tuple[str, datetime]]:
        found = _walk(cursor, now=now, member=member, **asked)
        return [(item.kind, item.due_at) for item in found]

    return items


@pytest.mark.clause("S1-315")
def test_a_claimant_is_reminded_to_check_the_review_three_days_after_the_claim(
    log: TestLog, follow: Any, due: Any, member: str
) -> None:
    story = Story().registered().claimed(member)
    log.append(story)
    follow()
    assert due(now=START) == [("check_review", START + 3 * DAY)]
    assert due(now=LATE) == [("check_review", START + 3 * DAY)]
    log.append(story.then(DAY).review_passed())
    follow()
    assert due(now=story.at) == [("deadline", story.at + 30 * DAY)]


@pytest.mark.clause("S1-309", "S1-310")
def test_reviewers_see_what_they_should_decide_less_their_own_claims(
    log: TestLog, follow: Any, cursor: Any, member: str
) -> None:
    other = f"other-{member}"
    story = Story().registered().claimed(member)
    log.append(story)
    follow()

    def reviews(of: str) -> list[AgendaItem]:
        items = _walk(cursor, now=START, member=of, reviews=True, kinds=["review_due"])
        return [item for item in items if item.customer_id == story.id]

    (found,) = reviews(other)
    assert (found.due_at, found.member, found.holder) == (START + 3 * DAY, None, member)
    assert reviews(member) == []
    log.append(story.review_refused())
    follow()
    assert reviews(other) == []


@pytest.mark.clause("S1-032")
def test_the_next_contact_reminds_the_holder_until_it_was_made_or_the_customer_is_gone(
    log: TestLog, follow: Any, due: Any, member: str
) -> None:
    story = Story().registered().claimed(member).review_passed()
    story.followed_up(next_contact_at=START + 2 * DAY)
    deadline = START + 30 * DAY
    log.append(story)
    follow()
    reminder = ("next_contact", START + 2 * DAY)
    assert due(now=START) == [reminder, ("deadline", deadline)]
    assert due(now=START + 5 * DAY) == [reminder, ("deadline", deadline)]
    assert due(now=deadline) == []
    log.append(story.then(5 * DAY).followed_up(next_contact_at=START + 9 * DAY))
    follow()
    assert due(now=story.at, kinds=["next_contact"]) == [("next_contact", START + 9 * DAY)]
    log.append(story.then(DAY).followed_up())
    follow()
    assert due(now=story.at, kinds=["next_contact"]) == []


def test_the_reminder_of_one_holder_is_not_the_next_holders(
    log: TestLog, follow: Any, due: Any, member: str
) -> None:
    story = Story().registered().claimed("first").review_passed()
    story.followed_up(next_contact_at=START + 2 * DAY).then(DAY).released()
    log.append(story.then(DAY).claimed(member))
    follow()
    assert [kind for kind, _ in due(now=story.at)] == ["check_review"]


@pytest.mark.clause("S1-318")
def test_a_refused_claim_shows_its_removal(
    log: TestLog, follow: Any, due: Any, member: str
) -> None:
    story = Story().registered().claimed(member).then(DAY).review_refused()
    removal = story.at + 3 * DAY
    log.append(story)
    follow()
    assert due(now=removal - TICK) == [("removal", removal)]
    assert due(now=removal) == []


def test_what_is_due_is_bounded_by_an_instant(
    log: TestLog, follow: Any, due: Any, member: str
) -> None:
    log.append(Story().registered().claimed(member).review_passed())
    follow()
    deadline = START + 30 * DAY
    assert due(now=START, until=deadline) == []
    assert due(now=START, until=deadline + TICK) == [("deadline", deadline)]


@pytest.mark.clause("S1-035")
def test_the_sweep_finds_each_passed_deadline_until_its_end_is_recorded(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    stories = [Story().registered().claimed().review_passed() for _ in range(3)]
    refused = Story().registered().claimed().review_refused(removal_due=START + 30 * DAY)
    waiting = Story().registered().claimed()
    log.append(*stories, refused, waiting)
    follow()
    deadline = START + 30 * DAY
    expected = {refused.id, *(story.id for story in stories)}

    def found(now: datetime) -> set[Any]:
        ids: list[Any] = []
        after: Any = None
        while True:
            batch, after = agenda.due_deadlines(cursor, now=now, limit=2, after=after)
            assert len(batch) <= 2
            ids += batch
            if after is None:
                assert len(ids) == len(set(ids))
                return set(ids)

    assert found(deadline - TICK) & expected == set()
    assert found(deadline) >= expected
    assert waiting.id not in found(LATE)
    log.append(*(story.lapsed(deadline) for story in stories), refused.holder_removed(deadline))
    follow()
    assert found(LATE) & expected == set()


def _walk(cursor: Any, **asked: Any) -> Iterator[AgendaItem]:
    after = None
    while True:
        page = agenda.agenda(cursor, limit=1, after=after, **asked)
        yield from page.items
        if page.next is None:
            return
        after = list(page.next)
