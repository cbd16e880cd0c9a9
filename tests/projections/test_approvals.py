"""The view `approvals`: reviews that wait, and what the reviewer must know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from projections import approvals
from projections.approvals import Approval
from tests.projections.stories import DAY, START, TICK, Story, TestLog, a_likeness


@pytest.fixture
def waiting(cursor: Any) -> Any:
    def of(story: Story, *, now: datetime = START, **asked: Any) -> Approval | None:
        found = {claim.customer_id: claim for claim in _walk(cursor, now=now, **asked)}
        return found.get(story.id)

    return of


@pytest.mark.clause("S1-309", "S1-311")
def test_a_claim_waits_with_all_that_the_reviewer_must_know(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    other = Story().registered()
    story = Story().registered(
        collision=[a_likeness(other)], override_reason="另一家", warnings=["name-region-missing"]
    )
    story.then(DAY).claimed(collision=[a_likeness(other)])
    log.append(other, story)
    follow()
    found = waiting(story)
    assert (found.applicant, found.department, found.name) == (
        "zhang",
        "一部",
        "上海春意科技有限公司",
    )
    assert (found.claimed_at, found.asked_at) == (story.at, story.at)
    assert (found.warnings, found.override_reason) == (["name-region-missing"], "另一家")
    (similar,) = found.similar
    assert (similar.customer_id, similar.match) == (other.id, "similar")
    assert (similar.holder, similar.earlier_claim) == (None, False)


def test_a_review_is_overdue_from_its_due_instant_on(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    story = Story().registered().claimed()
    log.append(story)
    follow()
    due = START + 3 * DAY
    assert waiting(story, now=due - TICK).overdue is False
    assert waiting(story, now=due).overdue is True
    assert waiting(story, now=due - TICK, overdue=True) is None
    assert waiting(story, now=due, overdue=True).due_at == due


@pytest.mark.clause("S1-310")
def test_nobody_is_shown_a_claim_to_which_he_is_a_party(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    story = Story().registered().claimed("former").claim_withdrawn().then(DAY).claimed("present")
    log.append(story)
    follow()
    assert waiting(story).applicant == "present"
    assert waiting(story, decider="somebody").applicant == "present"
    assert waiting(story, decider="present") is None
    assert waiting(story, decider="former") is None


@pytest.mark.clause("S1-312")
def test_a_similar_record_with_an_earlier_live_claim_is_shown_as_such(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    earlier = Story().registered().claimed("first").review_passed()
    later = Story().registered().then(2 * DAY).claimed("third")
    story = (
        Story()
        .registered()
        .then(DAY)
        .claimed("second", collision=[a_likeness(earlier), a_likeness(later, "phone")])
    )
    log.append(earlier, later, story)
    follow()
    told = {one.customer_id: one for one in waiting(story, now=START + 2 * DAY).similar}
    assert (told[earlier.id].holder, told[earlier.id].earlier_claim) == ("first", True)
    assert (told[later.id].holder, told[later.id].earlier_claim) == ("third", False)
    deadline = START + 30 * DAY
    assert _told(waiting(story, now=deadline - TICK), earlier).earlier_claim is True
    lapsed = _told(waiting(story, now=deadline), earlier)
    assert (lapsed.holder, lapsed.earlier_claim) == (None, False)


@pytest.mark.parametrize("ending", ["review_passed", "review_refused", "claim_withdrawn"])
def test_a_decided_or_withdrawn_claim_waits_no_more(
    log: TestLog, follow: Any, waiting: Any, ending: str
) -> None:
    story = Story().registered().claimed()
    log.append(story)
    follow()
    assert waiting(story) is not None
    getattr(story.then(DAY), ending)()
    log.append(story)
    follow()
    assert waiting(story) is None


def test_a_corrected_claim_waits_again_and_keeps_its_time(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    story = Story().registered().claimed().then(DAY).review_refused().then(DAY).claim_corrected()
    log.append(story)
    follow()
    found = waiting(story)
    assert (found.claimed_at, found.asked_at) == (START, story.at)
    assert (found.corrections, found.due_at) == (1, story.at + 3 * DAY)


def test_claims_come_in_the_order_in_which_they_are_due(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    stories = [Story(at=START + n * DAY).registered().claimed() for n in (3, 1, 2)]
    log.append(*stories)
    follow()
    due = [claim.due_at for claim in _walk(cursor, now=START)]
    assert due == sorted(due)
    assert len(due) >= len(stories)


def _told(claim: Approval, other: Story) -> Any:
    return next(one for one in claim.similar if one.customer_id == other.id)


def _walk(cursor: Any, **asked: Any) -> Iterator[Approval]:
    after = None
    while True:
        page = approvals.approvals(cursor, kinds=["review"], limit=1, after=after, **asked)
        yield from page.items
        if page.next is None:
            return
        after = list(page.next)
