"""A holder leaves: every view passes the customer on at that instant, swept or not (S1-283)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from projections import agenda, customer_search, pool, tenures
from tests.projections.stories import DAY, START, TICK, Story, TestLog, a_leave, a_member

LEAVES_AT = START + 5 * DAY
DEADLINE = START + 30 * DAY
LATE = START + 400 * DAY


@pytest.fixture
def leaver() -> str:
    return f"leaver-{uuid4().hex[:8]}"


@pytest.fixture
def heir() -> str:
    return f"heir-{uuid4().hex[:8]}"


@pytest.fixture
def views(cursor: Any) -> Any:
    """Who has the customer at an instant, by every view, and who is shown it as his."""

    def of(story: Story, *members: str, now: datetime) -> dict[str, Any]:
        card, _ = customer_search.card(cursor, story.id, now=now)
        assert card is not None
        (collision,), _ = customer_search.collisions(
            cursor, now=now, phone_hash=f"hash of {story.id}"
        )
        held = tenures.tenures(cursor, now=now, customer_id=story.id, at=now).items
        every = tenures.tenures(cursor, now=now, customer_id=story.id).items
        in_pool = pool.in_pool(cursor, now=now, limit=500).items
        entries = [entry for entry in in_pool if entry.customer_id == story.id]
        return {
            "card": (card.state, card.holder, card.group, card.department, card.until),
            "gone": (card.pool_since, card.pool_reason, card.last_holder),
            "collision": (collision.state, collision.holder, collision.group),
            "tenures": [(one.holder, one.group, one.since, one.until) for one in held],
            "endings": [(one.holder, one.since, one.until, one.ended) for one in every],
            "pool": [(entry.since, entry.reason, entry.last_holder) for entry in entries],
            "lists": [member for member in members if _lists(cursor, story, member, now)],
            "agendas": [member for member in members if _has_due(cursor, story, member, now)],
        }

    return of


def _lists(cursor: Any, story: Story, member: str, now: datetime) -> bool:
    page = customer_search.customers(cursor, now=now, holder=member)
    return story.id in {card.customer_id for card in page.items}


def _has_due(cursor: Any, story: Story, member: str, now: datetime) -> bool:
    page = agenda.agenda(cursor, now=now, member=member)
    return story.id in {item.customer_id for item in page.items}


@pytest.mark.clause("S1-284")
def test_a_successor_has_the_customer_from_the_instant_of_leaving_before_and_after_the_sweep(
    log: TestLog, follow: Any, views: Any, leaver: str, heir: str
) -> None:
    story = Story().registered().claimed(leaver).review_passed().then(DAY)
    log.append(story.hand_over_arranged(LEAVES_AT, to=heir))
    follow()

    def asked(now: datetime) -> dict[str, Any]:
        found: dict[str, Any] = views(story, leaver, heir, now=now)
        return found

    before = asked(LEAVES_AT - TICK)
    assert before["card"] == ("potential", leaver, None, "一部", DEADLINE)
    assert before["tenures"] == [(leaver, None, START, LEAVES_AT)]
    assert (before["lists"], before["agendas"]) == ([leaver], [leaver])
    passed = asked(LEAVES_AT)
    assert passed["card"] == ("potential", heir, None, "二部", DEADLINE)
    assert passed["collision"] == ("potential", heir, None)
    assert passed["tenures"] == [(heir, None, LEAVES_AT, DEADLINE)]
    assert passed["endings"][-2:] == [
        (leaver, START, LEAVES_AT, "transferred"),
        (heir, LEAVES_AT, DEADLINE, None),
    ]
    assert (passed["lists"], passed["agendas"]) == ([heir], [heir])
    over = asked(DEADLINE)
    assert over["gone"] == (DEADLINE, "lapsed", heir)
    assert over["pool"] == [(DEADLINE, "lapsed", heir)]
    assert over["endings"][-1] == (heir, LEAVES_AT, DEADLINE, "lapsed")
    assert (over["tenures"], over["lists"], over["agendas"]) == ([], [], [])

    log.append(story.transferred(heir, timestamp=LEAVES_AT))
    follow()
    assert asked(LEAVES_AT) == passed
    assert asked(DEADLINE) == over
    log.append(story.lapsed(DEADLINE))
    follow()
    assert asked(DEADLINE) == over


@pytest.mark.clause("S1-283")
def test_without_a_successor_it_is_in_the_pool_from_the_instant_of_leaving(
    log: TestLog, follow: Any, views: Any, leaver: str
) -> None:
    story = Story().registered().claimed(leaver).review_passed().then(DAY)
    log.append(story.hand_over_arranged(LEAVES_AT))
    follow()
    before = views(story, leaver, now=LEAVES_AT - TICK)
    assert before["card"] == ("potential", leaver, None, "一部", DEADLINE)
    assert (before["pool"], before["lists"]) == ([], [leaver])
    left = views(story, leaver, now=LEAVES_AT)
    assert left["card"] == ("pool", None, None, None, None)
    assert left["gone"] == (LEAVES_AT, "left", leaver)
    assert left["pool"] == [(LEAVES_AT, "left", leaver)]
    assert left["endings"][-1] == (leaver, START, LEAVES_AT, "left")
    assert (left["tenures"], left["lists"], left["agendas"]) == ([], [], [])
    log.append(story.holder_removed(LEAVES_AT, cause="left"))
    follow()
    assert views(story, leaver, now=LEAVES_AT) == left


@pytest.mark.clause("S1-283")
def test_a_leaver_who_claims_again_has_the_customer_until_he_leaves_even_under_review(
    log: TestLog, follow: Any, views: Any, leaver: str
) -> None:
    story = Story().registered().claimed(leaver, leaves_at=LEAVES_AT)
    log.append(story)
    follow()
    assert views(story, leaver, now=LEAVES_AT - TICK)["card"][:2] == ("waiting", leaver)
    assert views(story, leaver, now=LEAVES_AT)["gone"] == (LEAVES_AT, "left", leaver)


def test_a_deadline_before_the_leaving_ends_it_for_the_leaver(
    log: TestLog, follow: Any, views: Any, leaver: str, heir: str
) -> None:
    story = Story().registered().claimed(leaver).review_passed()
    log.append(story.hand_over_arranged(DEADLINE, to=heir))
    follow()
    over = views(story, leaver, heir, now=DEADLINE)
    assert over["gone"] == (DEADLINE, "lapsed", leaver)
    assert [one[0] for one in over["endings"]] == [leaver, leaver]
    log.append(story.lapsed(DEADLINE))
    follow()
    assert views(story, leaver, heir, now=DEADLINE) == over


@pytest.mark.clause("S1-048", "S1-283")
def test_the_formal_customers_of_a_leaver_fall_to_the_group_of_after_sales(
    log: TestLog, follow: Any, views: Any, leaver: str
) -> None:
    story = _formal().moved_to_after_sales(leaver)
    log.append(story.hand_over_arranged(LEAVES_AT + 30 * DAY))
    follow()
    leaves_at = LEAVES_AT + 30 * DAY
    before = views(story, leaver, now=leaves_at - TICK)
    assert before["card"] == ("formal", leaver, None, "售后", None)
    fallen = views(story, leaver, now=leaves_at)
    assert fallen["card"] == ("formal", None, "after-sales", None, None)
    assert fallen["collision"] == ("formal", None, "after-sales")
    assert fallen["tenures"] == [(None, "after-sales", leaves_at, None)]
    assert fallen["endings"][-2][3] == "moved"
    assert fallen["lists"] == []
    log.append(story.moved_to_after_sales(None, timestamp=leaves_at))
    follow()
    assert views(story, leaver, now=leaves_at) == fallen
    assert views(story, leaver, now=LATE)["pool"] == []


def test_intervals_that_follow_by_themselves_are_found_like_stored_ones(
    log: TestLog, follow: Any, cursor: Any, leaver: str, heir: str
) -> None:
    story = Story().registered().claimed(leaver).review_passed().then(DAY)
    log.append(story.hand_over_arranged(LEAVES_AT, to=heir))
    follow()

    def found(**asked: Any) -> list[tuple[str | None, list[int], int]]:
        page = tenures.tenures(cursor, now=START + 2 * DAY, **asked)
        return [(one.holder, one.grounds, one.opened_version) for one in page.items]

    follows = (heir, [4], 4)
    assert found(holder=heir) == []  # It is still to come, and nobody asked about that time.
    assert found(holder=heir, at=LEAVES_AT) == [follows]
    assert found(customer_id=story.id, at=LEAVES_AT - TICK) == [(leaver, [2, 3, 4], 3)]
    assert found(holder=heir, start=START, end=LEAVES_AT) == []
    assert found(holder=heir, start=START, end=LEAVES_AT + TICK) == [follows]
    late = tenures.tenures(cursor, now=LATE, holder=heir).items
    assert [(one.ended, one.department) for one in late] == [("lapsed", "二部")]


def test_an_interval_that_follows_by_itself_rests_on_the_arrangement_whatever_came_after(
    log: TestLog, follow: Any, cursor: Any, leaver: str, heir: str
) -> None:
    story = Story().registered().claimed(leaver).hand_over_arranged(LEAVES_AT, to=heir)
    log.append(story.review_passed().extension_requested().then(DAY).extension_granted())
    follow()
    (*_, passed, follows) = tenures.tenures(cursor, now=LATE, customer_id=story.id).items
    assert (passed.stage, passed.grounds) == ("potential", [2, 3, 4, 5, 6])
    assert (follows.holder, follows.opened_version, follows.grounds) == (heir, 3, [3])
    assert follows.until == DEADLINE + 10 * DAY


def test_the_sweep_is_offered_a_leaving_at_its_instant(
    log: TestLog, follow: Any, cursor: Any, leaver: str, heir: str
) -> None:
    handed = Story().registered().claimed(leaver).review_passed()
    handed.hand_over_arranged(LEAVES_AT, to=heir)
    left = Story().registered().claimed(leaver).hand_over_arranged(LEAVES_AT)
    log.append(handed, left)
    follow()

    def due(now: datetime) -> set[Any]:
        return set(agenda.due_deadlines(cursor, now=now, limit=500)[0]) & {handed.id, left.id}

    assert due(LEAVES_AT - TICK) == set()
    assert due(LEAVES_AT) == {handed.id, left.id}
    assert agenda.next_due(cursor, LEAVES_AT - TICK) == LEAVES_AT
    log.append(handed.transferred(heir, timestamp=LEAVES_AT))
    log.append(left.holder_removed(LEAVES_AT, cause="left"))
    follow()
    assert due(LEAVES_AT) == set()
    assert due(DEADLINE) == {handed.id}


@pytest.mark.clause("S1-283")
def test_a_claim_that_raced_with_the_arrangement_of_a_leaving_is_found(
    log: TestLog, follow: Any, cursor: Any, leaver: str
) -> None:
    stays = f"stays-{leaver}"
    joined = a_member(leaver)
    raced = Story().registered().claimed(leaver)
    arranged = Story().registered().claimed(leaver).hand_over_arranged(LEAVES_AT)
    ended = Story().registered().claimed(leaver).claim_withdrawn()
    log.append(a_member(stays), joined, raced, arranged, ended)
    log.append(Story().registered().claimed(stays))
    follow()

    def found() -> list[tuple[Any, str]]:
        held = agenda.held_by_leavers_unarranged(cursor, 500)
        return [(customer_id, member) for customer_id, member in held if leaver in member]

    assert found() == []
    log.append(a_leave(joined, LEAVES_AT))
    follow()
    assert found() == [(raced.id, leaver)]
    log.append(raced.hand_over_arranged(LEAVES_AT))
    follow()
    assert found() == []


@pytest.mark.clause("S1-032", "S1-284")
def test_the_reminder_of_the_next_contact_goes_over_to_the_successor(
    log: TestLog, follow: Any, cursor: Any, leaver: str, heir: str
) -> None:
    contact_at = LEAVES_AT + DAY
    story = Story().registered().claimed(leaver).review_passed()
    story.followed_up(next_contact_at=contact_at).hand_over_arranged(LEAVES_AT, to=heir)
    log.append(story)
    follow()

    def reminders(member: str) -> list[datetime]:
        page = agenda.agenda(cursor, now=LEAVES_AT, member=member, kinds=["next_contact"])
        return [item.due_at for item in page.items]

    assert (reminders(leaver), reminders(heir)) == ([], [contact_at])
    log.append(story.transferred(heir, timestamp=LEAVES_AT))
    follow()
    assert (reminders(leaver), reminders(heir)) == ([], [contact_at])


def test_a_card_tells_that_its_holder_leaves_and_who_takes_over(
    log: TestLog, follow: Any, cursor: Any, leaver: str, heir: str
) -> None:
    story = Story().registered().claimed(leaver).review_passed()
    log.append(story.hand_over_arranged(LEAVES_AT, to=heir))
    follow()
    card, _ = customer_search.card(cursor, story.id, now=START)
    assert card is not None
    assert card.leaving is not None
    assert (card.leaving.leaves_at, card.leaving.to) == (LEAVES_AT, heir)
    card, _ = customer_search.card(cursor, story.id, now=LEAVES_AT)
    assert card is not None
    assert card.leaving is None


def _formal() -> Story:
    story = Story().registered().claimed().review_passed().then(DAY).intent_requested()
    return story.intent_granted().contract_drawn().contract_completed().contract_confirmed()
