"""The view `statistics`: what each event counts as, for whom, where, and after what wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.events import ClaimCounted, DepartmentChanged, MemberJoined
from projections.counting import COUNTS, local_day
from projections.figures import FIGURES, Line, figure_events, figures
from projections.holding import CUSTOMER_EVENTS
from projections.statistics import plain_note
from tests.projections.stories import DAY, START, Story, TestLog, a_member, a_refusal

HOUR = timedelta(hours=1)
UNCOUNTED = {
    "customer.contact_added",
    "customer.followed_up",
    "customer.hand_over_arranged",
    "customer.contract_detailed",
    "customer.dispute_opened",
    "customer.dispute_statement_made",
    "customer.dispute_ruled",
    "customer.duplicate_reported",
    "customer.duplicate_linked",
    "customer.duplicate_resolved",
    "customer.likeness_ended",
    "customer.classified",
    "customer.data_restricted",
    "customer.data_restriction_lifted",
    "customer.data_erased",
}
"""Events of a customer that are no figure: those that move nothing, or only prepare it."""


def rows(cursor: Any, *columns: str, **where: Any) -> list[tuple[Any, ...]]:
    """Columns of the rows for which every given column has this value, in the log's order."""
    conditions = " AND ".join(f"{name} = %({name})s" for name in where)
    cursor.execute(
        f"SELECT {', '.join(columns)} FROM views.statistics_events WHERE {conditions}"
        " ORDER BY position",
        {name: str(value) for name, value in where.items()},
    )
    return list(cursor.fetchall())


def moved_to(joined: MemberJoined, department: str) -> DepartmentChanged:
    return DepartmentChanged(
        originator_id=joined.originator_id,
        originator_version=2,
        timestamp=START,
        actor="root",
        department=department,
    )


def test_every_event_of_a_customer_is_a_figure_or_is_known_to_be_none() -> None:
    topics = {vars(kind)["TOPIC"] for kind in CUSTOMER_EVENTS if kind not in COUNTS}
    assert topics == UNCOUNTED


def test_a_life_counts_event_by_event_for_the_holder_and_his_department(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = Story().registered().claimed("zhang").then(HOUR).review_passed().then(DAY)
    story.intent_requested().then(2 * DAY).intent_granted().contract_drawn("HT-9")
    story.contract_completed("HT-9").contract_confirmed("HT-9")
    log.append(story)
    follow()
    assert rows(
        cursor, "figure", "member", "department", "waited_seconds", "rule", customer_id=story.id
    ) == [
        ("claims", "zhang", "一部", None, None),
        ("reviews_passed", "zhang", "一部", 3_600.0, None),
        ("intents_requested", "zhang", "一部", None, None),
        ("intents_granted", "zhang", "一部", 2 * 86_400.0, None),
        ("contracts_drawn", "zhang", "一部", None, None),
        ("contracts_signed", "zhang", "一部", None, None),
        ("contracts_confirmed", "zhang", "一部", None, "formal"),
    ]


def test_what_a_transferred_customer_does_counts_for_its_new_holder(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = Story().registered().claimed("zhang").review_passed()
    story.transferred("chen").then(DAY).released()
    log.append(story)
    follow()
    told = rows(cursor, "figure", "member", "department", customer_id=story.id)
    assert told[-2:] == [
        ("transfers", "zhang", "一部"),
        ("releases", "chen", story.events[-2].department),
    ]


def test_a_corrected_claim_waits_from_its_correction(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = Story().registered().claimed().then(DAY).review_refused().then(DAY)
    log.append(story.claim_corrected().then(HOUR).review_passed())
    follow()
    told = rows(cursor, "figure", "waited_seconds", customer_id=story.id)
    assert told[1:] == [
        ("reviews_refused", 86_400.0),
        ("corrections", None),
        ("reviews_passed", 3_600.0),
    ]


@pytest.mark.clause("S1-035")
def test_a_lapse_counts_on_the_day_of_its_deadline_whenever_it_was_recorded(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = Story().registered().claimed().review_passed()
    deadline = START + 30 * DAY
    log.append(story)
    follow()
    log.append(story.then(50 * DAY).lapsed(deadline, cause="undecided"))
    follow()
    (told,) = rows(cursor, "day", "rule", "member", customer_id=story.id, figure="lapses")
    assert told == (date(2026, 4, 1), "undecided", "zhang")


def test_a_refusal_counts_for_who_was_refused_in_the_department_of_that_time(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    rival = f"rival-{uuid4().hex[:6]}"
    joined = a_member(rival)
    story = Story().registered().claimed()
    refusals = [a_refusal(story.id, actor=rival) for _ in range(3)]
    log.append(story, joined, refusals[0])
    follow()
    log.append(refusals[1], moved_to(joined, "二部"), refusals[2])
    follow()
    told = rows(cursor, "department", "rule", "figure", "version", member=rival)
    assert [row[0] for row in told] == ["一部", "一部", "二部"]
    assert {row[1:] for row in told} == {("already-protected", "refusals", None)}


def test_a_refusal_keeps_the_deadline_that_it_met_and_no_bar(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    rival = f"rival-{uuid4().hex[:6]}"
    until = (START + DAY).isoformat()
    met = replace(a_refusal(uuid4(), actor=rival), facts={"until": until})
    barred = replace(a_refusal(uuid4(), actor=rival, rule="barred"), facts={"until": until})
    log.append(met, barred)
    follow()
    assert rows(cursor, "rule", "due_at", member=rival) == [
        ("already-protected", START + DAY),
        ("barred", None),
    ]


def test_a_claim_that_was_counted_against_a_quota_is_kept(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    joined = a_member(f"seller-{uuid4().hex[:6]}")
    counted = ClaimCounted(
        originator_id=joined.originator_id,
        originator_version=2,
        timestamp=START,
        actor=joined.member,
        customer_id=uuid4(),
        held=8,
        held_max=10,
    )
    log.append(joined, counted)
    follow()
    assert rows(cursor, "figure", "held", "held_max", "department", member=joined.member) == [
        ("quotas", 8, 10, "一部")
    ]


def test_figures_and_their_events_agree_to_the_last_one(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    member = f"seller-{uuid4().hex[:6]}"
    for number in range(7):
        story = Story().registered().claimed(member, department="总账部").then(number * DAY)
        story.review_passed() if number % 3 else story.review_refused()
        log.append(story, a_refusal(story.id, actor=member, at=story.at))
    follow()
    asked = {"start": date(2026, 3, 1), "end": date(2026, 3, 20), "member": member}
    found = figures(cursor, now=START, by=("day", "department"), limit=500, **asked)
    assert found.next is None
    for figure in FIGURES:
        listed = figure_events(cursor, figure=figure, limit=500, **asked).items
        assert found.total.figures[figure] == len(listed)
        assert sum(line.figures[figure] for line in found.lines) == len(listed)
    assert found.total.figures["reviews_passed"] == 4
    waiting = found.total.review_waiting
    assert (waiting.count, waiting.seconds_sum, waiting.seconds_max) == (7, 21 * 86_400, 6 * 86_400)
    assert waiting.seconds_median == 3 * 86_400
    assert found.total.refusals_by_rule == {"already-protected": 7}


def test_pages_of_lines_follow_one_another_and_the_total_is_that_of_all(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    department = f"部{uuid4().hex[:6]}"
    for number in range(5):
        log.append(Story().registered().claimed(f"s{number}", department=department))
    follow()
    asked = {
        "now": START,
        "start": date(2026, 3, 1),
        "end": date(2026, 3, 20),
        "by": ("department", "member"),
        "department": department,
        "limit": 2,
    }
    lines: list[Line] = []
    after = None
    while True:
        page = figures(cursor, after=after, **asked)
        lines += page.lines
        assert page.total.figures["claims"] == 5
        after = page.next
        if after is None:
            break
    assert [line.member for line in lines] == [f"s{number}" for number in range(5)]
    assert {(line.department, line.figures["claims"]) for line in lines} == {(department, 1)}


@pytest.mark.parametrize("is_house", [False, True])
def test_pages_of_members_tell_each_once_and_count_the_events_of_all(
    log: TestLog, follow: Any, cursor: Any, *, is_house: bool
) -> None:
    department = f"部{uuid4().hex[:6]}"
    for number in range(5):
        story = Story().registered().claimed(f"m{number}", department=department)
        log.append(story.then(HOUR).review_passed())
    follow()
    span = {"now": START, "start": date(2026, 2, 1), "end": date(2026, 4, 1), "by": ("member",)}
    whose = {} if is_house else {"departments": [department, "elsewhere"]}
    exact = figures(cursor, limit=500, **span, **whose)
    lines: list[Line] = []
    after = None
    while True:
        page = figures(cursor, after=after, limit=2, percentiles=False, **span, **whose)
        lines += page.lines
        assert page.total.figures == exact.total.figures
        after = page.next
        if after is None:
            break
    assert [line.member for line in lines] == [line.member for line in exact.lines]
    assert {f"m{number}" for number in range(5)} <= {line.member for line in lines}
    for told, found in zip(exact.lines, lines, strict=True):
        assert replace(found, review_waiting=told.review_waiting) == told
        assert found.review_waiting.count == told.review_waiting.count


@pytest.mark.parametrize("by", [("day",), ("department",), ("day", "department"), ("member",)])
def test_sums_of_days_say_what_their_events_say(
    log: TestLog, follow: Any, cursor: Any, by: tuple[Any, ...]
) -> None:
    department = f"部{uuid4().hex[:6]}"
    for number in range(6):
        story = Story().registered().claimed(f"s{number}", department=department)
        story.then(number * HOUR + timedelta(microseconds=number))
        story.review_passed() if number % 3 else story.review_refused()
        log.append(story)
        if number % 2:
            follow()
    follow()
    for whose in ({"department": department}, {"departments": [department]}, {}):
        asked = {"now": START, "start": date(2026, 2, 1), "end": date(2026, 4, 1), "by": by}
        exact = figures(cursor, limit=500, **asked, **whose)
        sums = figures(cursor, limit=500, percentiles=False, **asked, **whose)
        assert sums.total.figures["claims"] >= 6
        for told, found in zip([*exact.lines, exact.total], [*sums.lines, sums.total], strict=True):
            waiting = found.review_waiting
            assert waiting.seconds_median is None
            assert waiting.seconds_sum == pytest.approx(told.review_waiting.seconds_sum)
            assert waiting.seconds_max == pytest.approx(told.review_waiting.seconds_max)
            assert waiting.count == told.review_waiting.count
            assert replace(found, review_waiting=told.review_waiting) == told


def test_no_events_are_no_lines_and_a_total_of_nothing(cursor: Any) -> None:
    found = figures(cursor, now=START, start=date(1999, 1, 1), end=date(1999, 2, 1))
    assert (found.lines, found.next) == ([], None)
    assert set(found.total.figures.values()) == {0}
    assert found.total.review_waiting.seconds_max is None
    sums = figures(
        cursor, now=START, start=date(1999, 1, 1), end=date(1999, 2, 1), percentiles=False
    )
    assert sums == found


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 3, 1, 15, 59, 59, 999999, UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 1, 16, tzinfo=UTC), date(2026, 3, 2)),
        (datetime.fromisoformat("2026-03-01T23:00:00-03:00"), date(2026, 3, 2)),
    ],
)
def test_a_day_begins_at_midnight_in_shanghai(at: datetime, day: date) -> None:
    assert local_day(at) == day


def test_notes_are_equal_by_what_they_say_and_not_by_their_signs() -> None:
    assert (
        plain_note(" 电话沟通，报价３万！\n") == plain_note("电话沟通 报价3万") == "电话沟通报价3万"
    )
    assert plain_note("ＯＫ") == plain_note("ok")
    assert plain_note("报价3万") != plain_note("报价4万")
    assert plain_note("……") == ""
