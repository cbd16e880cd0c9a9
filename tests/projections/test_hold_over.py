"""An application or a signature in time keeps a protection alive, in every view, to the instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from projections import agenda, customer_search, pool, tenures
from tests.projections.stories import DAY, START, TICK, Story, TestLog

DEADLINE = START + 30 * DAY
END = DEADLINE + 3 * DAY


@pytest.fixture
def views(cursor: Any) -> Any:
    """What every view says of a customer's holding at an instant."""

    def of(story: Story, *, now: datetime) -> dict[str, Any]:
        card, _ = customer_search.card(cursor, story.id, now=now)
        assert card is not None
        entries = tenures.tenures(cursor, now=now, customer_id=story.id).items
        in_pool = pool.in_pool(cursor, now=now, limit=500).items
        return {
            "card": (card.state, card.holder, card.until, card.held_over_by, card.held_over_until),
            "gone": (card.pool_since, card.pool_reason, card.last_holder),
            "pool": [
                (entry.since, entry.reason, entry.last_holder)
                for entry in in_pool
                if entry.customer_id == story.id
            ],
            "tenures": [(one.holder, one.stage, one.until, one.ended) for one in entries][-1:],
        }

    return of


def _waiting_for_intent() -> Story:
    """Potential, and applied for intent a day before the deadline."""
    story = Story().registered().claimed().review_passed()
    return story.then(29 * DAY).intent_requested()


@pytest.mark.clause("S1-034", "S1-035")
def test_an_application_holds_the_protection_over_to_the_microsecond_in_every_view(
    log: TestLog, follow: Any, views: Any
) -> None:
    story = _waiting_for_intent()
    log.append(story)
    follow()
    for now in (DEADLINE - TICK, DEADLINE, END - TICK):
        held = views(story, now=now)
        assert held["card"] == ("potential", "zhang", DEADLINE, "intent", END)
        assert (held["gone"], held["pool"]) == ((None, None, None), [])
        assert held["tenures"] == [("zhang", "potential", END, None)]
    over = views(story, now=END)
    assert over["card"] == ("pool", None, None, None, None)
    assert over["gone"] == (END, "undecided", "zhang")
    assert over["pool"] == [(END, "undecided", "zhang")]
    assert over["tenures"] == [("zhang", "potential", END, "undecided")]
    log.append(story.lapsed(END, cause="undecided"))
    follow()
    assert views(story, now=END) == over


@pytest.mark.clause("S1-036", "S1-044")
def test_a_granted_extension_counts_from_the_old_deadline_and_is_a_ground_of_the_tenure(
    log: TestLog, follow: Any, views: Any, cursor: Any
) -> None:
    story = Story().registered().claimed().review_passed().then(29 * DAY).extension_requested()
    log.append(story)
    follow()
    card, _ = customer_search.card(cursor, story.id, now=story.at)
    assert card is not None
    assert card.application is not None
    assert (card.application.kind, card.application.days) == ("extension", 10)
    assert (card.application.applicant, card.application.asked_at) == ("zhang", story.at)
    assert (card.application.reason, card.extensions) == ("意向强烈", 0)
    log.append(story.then(2 * DAY).extension_granted())
    follow()
    until = DEADLINE + 10 * DAY
    assert views(story, now=until - TICK)["card"] == ("potential", "zhang", until, None, None)
    assert views(story, now=until)["gone"] == (until, "lapsed", "zhang")
    card, _ = customer_search.card(cursor, story.id, now=story.at)
    assert card is not None
    assert (card.application, card.extensions) == (None, 1)
    (_, potential) = tenures.tenures(cursor, now=story.at, customer_id=story.id).items
    assert (potential.since, potential.until, potential.grounds) == (START, until, [2, 3, 4, 5])


@pytest.mark.clause("S1-042")
def test_a_granted_intent_is_a_stage_of_its_own_with_fifteen_days(
    log: TestLog, follow: Any, views: Any, cursor: Any
) -> None:
    story = _waiting_for_intent().then(2 * DAY).intent_granted()
    granted_at, until = story.at, story.at + 15 * DAY
    log.append(story)
    follow()
    assert views(story, now=until - TICK)["card"] == ("intent", "zhang", until, None, None)
    assert views(story, now=until)["gone"] == (until, "lapsed", "zhang")
    (_, potential, intent) = tenures.tenures(cursor, now=until, customer_id=story.id).items
    assert (potential.until, potential.ended) == (granted_at, "intent-granted")
    assert (intent.since, intent.until, intent.ended) == (granted_at, until, "lapsed")
    assert (intent.rulebook, intent.claimed_at) == ("2026-2", START)


@pytest.mark.clause("S1-034")
def test_a_refusal_after_the_deadline_ends_the_protection_at_the_refusal(
    log: TestLog, follow: Any, views: Any
) -> None:
    story = _waiting_for_intent().then(2 * DAY).intent_refused()
    log.append(story.lapsed(story.at, cause="application-refused"))
    follow()
    over = views(story, now=story.at)
    assert over["gone"] == (story.at, "lapsed", "zhang")
    assert over["tenures"] == [("zhang", "potential", story.at, "lapsed")]


@pytest.mark.parametrize("refusal", ["intent_refused", "application_withdrawn"])
def test_a_decision_before_the_deadline_brings_it_back(
    log: TestLog, follow: Any, views: Any, refusal: str
) -> None:
    story = _waiting_for_intent()
    getattr(story, refusal)()
    log.append(story)
    follow()
    assert views(story, now=DEADLINE - TICK)["card"][2:] == (DEADLINE, None, None)
    assert views(story, now=DEADLINE)["gone"] == (DEADLINE, "lapsed", "zhang")


def test_a_refusal_stops_no_view_where_the_old_deadline_lies_before_a_transfer(
    log: TestLog, follow: Any, views: Any
) -> None:
    story = _waiting_for_intent().then(2 * DAY).transferred("qian").then(DAY).intent_refused()
    log.append(story)  # Alone in its batch: the end that belongs to it comes in the next one.
    follow()
    assert views(story, now=story.at)["card"][0] == "pool"
    log.append(story.lapsed(story.at, cause="application-refused"))
    follow()
    over = views(story, now=story.at)
    assert over["gone"] == (story.at, "lapsed", "qian")
    assert over["tenures"] == [("qian", "potential", story.at, "lapsed")]


@pytest.mark.clause("S1-043")
def test_a_signature_in_time_holds_an_intent_over_until_it_is_confirmed_or_void(
    log: TestLog, follow: Any, views: Any
) -> None:
    story = _waiting_for_intent().intent_granted()
    until = story.at + 15 * DAY
    story.contract_drawn().then(14 * DAY).contract_detailed("type", type="采购").contract_signed()
    log.append(story)
    follow()
    end = until + 3 * DAY
    held = ("intent", "zhang", until, "contract", end)
    assert views(story, now=end - TICK)["card"] == held
    assert views(story, now=end)["gone"] == (end, "undecided", "zhang")
    log.append(story.contract_voided())
    follow()
    assert views(story, now=until - TICK)["card"] == ("intent", "zhang", until, None, None)
    assert views(story, now=until)["gone"] == (until, "lapsed", "zhang")


def test_the_agenda_tells_the_end_of_the_hold_over_and_the_deadline_that_was_given(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = _waiting_for_intent()
    log.append(story)
    follow()
    items = agenda.agenda(cursor, now=DEADLINE, member="zhang", kinds=["deadline"], limit=500).items
    (item,) = [item for item in items if item.customer_id == story.id]
    assert (item.due_at, item.until) == (END, DEADLINE)
    assert (item.held_over_by, item.held_over_until) == ("intent", END)


def test_the_sweep_is_offered_a_hold_over_at_its_end_and_not_before(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = _waiting_for_intent()
    log.append(story)
    follow()
    assert story.id not in agenda.due_deadlines(cursor, now=END - TICK, limit=500)[0]
    assert story.id in agenda.due_deadlines(cursor, now=END, limit=500)[0]
    assert agenda.next_due(cursor, END - TICK) == END
    log.append(story.lapsed(END, cause="undecided"))
    follow()
    assert story.id not in agenda.due_deadlines(cursor, now=END, limit=500)[0]
