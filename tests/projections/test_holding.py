"""What of a row follows from its protection, and how an entry tells it to all views."""

from __future__ import annotations

from dataclasses import replace

from projections.approval_rows import ApprovalRow
from projections.customers import HoldingRow
from projections.holding import derive
from projections.view import LogEntry
from tests.projections.stories import DAY, START, Story


def test_an_entry_leads_each_view_on_from_the_protection_that_the_view_has() -> None:
    story = Story().registered().claimed().review_passed()
    entry = LogEntry(3, START, "customer.review_passed", story.events[-1])
    (_, claimed, _) = story.events
    waiting = claimed.protection_after(None)
    passed = entry.protection_after(waiting)
    assert passed is not None
    assert entry.protection_after(replace(waiting)) is passed
    other = entry.protection_after(replace(waiting, holder="other"))
    assert other is not None
    assert (other.holder, passed.holder) == ("other", "zhang")
    assert entry.protection_after(None) is None


def test_a_row_has_the_columns_that_follow_from_its_protection_as_far_as_it_shows_them() -> None:
    story = Story().registered().claimed().review_passed().then(DAY).intent_requested()
    story.hand_over_arranged(START + 9 * DAY, to="heir")
    held = HoldingRow(customer_id=story.id, pool_from=START, version=1, position=1)
    held.protection = story.protection
    derive(held)
    assert (held.holder, held.stage, held.until) == ("zhang", "potential", START + 30 * DAY)
    assert (held.held_over_by, held.held_over_until) == ("intent", START + 33 * DAY)
    assert (held.pool_from, held.passes_at) == (START + 33 * DAY, START + 9 * DAY)
    assert (held.passes_to, held.holder_group) == ("heir", None)
    waits = ApprovalRow(
        customer_id=story.id,
        pool_from=START,
        name="",
        warnings=[],
        override_reason=None,
        likenesses=None,
    )
    waits.protection = story.protection
    derive(waits)
    assert (waits.applied_for, waits.applicant) == ("intent", "zhang")
    waits.protection = None
    derive(waits)
    assert (waits.applied_for, waits.holder, waits.pool_from) == (None, None, START + 33 * DAY)
