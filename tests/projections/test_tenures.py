"""The view `tenures`: one row an interval, and no two of a customer overlap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest

from eventstore.connections import Database
from projections import tenures
from projections.tenures import TenureEntry
from tests.projections.stories import DAY, RULEBOOK, START, TICK, Story, TestLog

LATE = START + 400 * DAY


@pytest.fixture
def intervals(cursor: Any) -> Any:
    def of(story: Story, *, now: datetime = LATE) -> list[TenureEntry]:
        return tenures.tenures(cursor, now=now, customer_id=story.id).items

    return of


@pytest.fixture
def holder(cursor: Any) -> Any:
    def of(story: Story, at: datetime) -> tuple[str, str] | None:
        found = tenures.tenures(cursor, now=at, customer_id=story.id, at=at).items
        assert len(found) <= 1
        return (found[0].holder, found[0].stage) if found else None

    return of


@pytest.mark.clause("S1-313", "S1-314", "S1-038")
def test_a_protection_is_one_row_a_stage_with_its_grounds(
    log: TestLog, follow: Any, intervals: Any
) -> None:
    story = Story().registered().then(DAY).claimed()
    claimed_at = story.at
    story.then(DAY).review_passed()
    passed_at = story.at
    story.followed_up().then(DAY).released()
    log.append(story)
    follow()
    waiting, potential = intervals(story)
    assert (waiting.stage, waiting.since, waiting.until) == ("waiting", claimed_at, passed_at)
    assert (waiting.ended, waiting.grounds) == ("review-passed", [2, 3])
    assert (potential.stage, potential.since, potential.until) == ("potential", passed_at, story.at)
    assert (potential.ended, potential.grounds) == ("released", [2, 3, 5])
    assert (potential.claimed_at, potential.in_force_since) == (claimed_at, passed_at)
    assert (potential.opened_version, potential.holder, potential.rulebook) == (
        3,
        "zhang",
        RULEBOOK,
    )


@pytest.mark.clause("S1-035", "S1-033")
def test_who_held_it_is_the_same_before_and_after_the_sweep(
    log: TestLog, follow: Any, intervals: Any, holder: Any
) -> None:
    story = Story().registered().claimed().review_passed()
    deadline = story.at + 30 * DAY
    log.append(story)
    follow()

    def asked() -> list[Any]:
        return [
            holder(story, START),
            holder(story, deadline - TICK),
            holder(story, deadline),
            holder(story, LATE),
            [(one.until, one.ended) for one in intervals(story, now=deadline)],
        ]

    before = asked()
    assert before[:4] == [("zhang", "potential"), ("zhang", "potential"), None, None]
    assert before[4][-1] == (deadline, "lapsed")
    assert intervals(story, now=deadline - TICK)[-1].ended is None
    log.append(story.lapsed(deadline))
    follow()
    assert asked() == before


def test_a_release_before_the_deadline_makes_room_for_the_next_holder(
    log: TestLog, follow: Any, holder: Any
) -> None:
    story = Story().registered().claimed().review_passed()
    log.append(story)
    follow()
    log.append(story.then(DAY).released().then(DAY).claimed("qian").then(DAY).review_passed())
    follow()
    assert holder(story, START + DAY - TICK) == ("zhang", "potential")
    assert holder(story, START + DAY) is None
    assert holder(story, START + 2 * DAY) == ("qian", "waiting")
    assert holder(story, START + 3 * DAY) == ("qian", "potential")


@pytest.mark.clause("S1-317", "S1-318")
def test_a_refusal_a_correction_and_a_removal_are_intervals_of_their_own(
    log: TestLog, follow: Any, intervals: Any
) -> None:
    story = Story().registered().claimed().then(DAY).review_refused().then(DAY).claim_corrected()
    story.then(DAY).review_refused()
    due = story.at + 3 * DAY
    log.append(story.holder_removed(due))
    follow()
    assert [(one.stage, one.ended) for one in intervals(story)] == [
        ("waiting", "review-refused"),
        ("rejected", "corrected"),
        ("waiting", "review-refused"),
        ("rejected", "removed"),
    ]


def test_the_database_refuses_two_tenures_that_overlap(database: Database) -> None:
    customer = uuid4()
    with pytest.raises(Exception, match="tenures_never_overlap") as raised:
        _insert(
            database, (customer, 2, START, START + DAY), (customer, 5, START + DAY - TICK, None)
        )
    assert isinstance(raised.value.__cause__, psycopg2.errors.ExclusionViolation)


def test_the_database_allows_tenures_that_touch_and_those_of_no_length(database: Database) -> None:
    customer = uuid4()
    _insert(
        database,
        (customer, 2, START, START + DAY),
        (customer, 3, START, START),
        (customer, 4, START + DAY, START + DAY),
        (customer, 5, START + DAY, None),
    )
    with pytest.raises(Exception, match="tenures_never_overlap"):
        _insert(database, (customer, 6, START + 9 * DAY, None))


def test_a_claim_that_needs_no_review_waits_for_no_time(
    log: TestLog, follow: Any, intervals: Any, holder: Any
) -> None:
    story = Story().registered().then(DAY).claimed().review_passed(actor="system")
    log.append(story)
    follow()
    waiting, _ = intervals(story)
    assert waiting.since == waiting.until
    assert holder(story, story.at) == ("zhang", "potential")


def test_tenures_are_found_by_holder_at_and_time_in_between(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    first = Story().registered().claimed("tenant").then(DAY).review_passed()
    second = Story().registered().then(40 * DAY).claimed("tenant")
    log.append(first, second, Story().registered().claimed("somebody"))
    follow()

    def found(**asked: Any) -> list[tuple[UUID, str]]:
        entries = _walk(cursor, now=LATE, holder="tenant", **asked)
        return [(entry.customer_id, entry.stage) for entry in entries]

    waiting, potential = (first.id, "waiting"), (first.id, "potential")
    assert found() == [waiting, potential, (second.id, "waiting")]
    assert found(at=START) == [waiting]
    assert found(at=START + 31 * DAY) == []
    assert found(start=START + DAY, end=START + 2 * DAY) == [potential]
    assert found(end=START + DAY) == [waiting]
    assert found(start=START + 31 * DAY) == [(second.id, "waiting")]
    assert found(customer_id=second.id) == [(second.id, "waiting")]


def _walk(cursor: Any, **asked: Any) -> Iterator[TenureEntry]:
    after = None
    while True:
        page = tenures.tenures(cursor, limit=1, after=after, **asked)
        yield from page.items
        if page.next is None:
            return
        after = list(page.next)


def _insert(database: Database, *intervals: tuple[Any, ...]) -> None:
    with database.transaction() as cursor:
        for interval in intervals:
            cursor.execute(
                "INSERT INTO views.tenures (customer_id, opened_version, since, until, holder,"
                " stage, claimed_at, rulebook, grounds)"
                " VALUES (%s, %s, %s, %s, 'zhang', 'waiting', now(), '1', '{}')",
                interval,
            )
