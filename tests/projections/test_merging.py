"""Two records of one company: reported, merged or declared different (S1-020, A-11, A-64)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.contract import Contract
from domain.events import Bar
from projections import agenda, approvals, customer_search, pool, tenures
from projections.cards import Card
from tests.projections.stories import DAY, START, Story, TestLog, a_contact, a_likeness

LATE = START + 400 * DAY


@pytest.fixture
def card(cursor: Any) -> Any:
    def of(story: Story, *, now: datetime = LATE) -> Card:
        found, _ = customer_search.card(cursor, story.id, now=now)
        assert found is not None
        return found

    return of


def _two(name: str = "成都大雪食品有限公司") -> tuple[Story, Story]:
    """An earlier record that `first` holds, and a later one that `second` does."""
    first = Story(name).registered().claimed("first").review_passed().then(DAY)
    second = Story(name).registered().then(DAY).claimed("second").review_passed()
    return first, second


@pytest.mark.clause("S1-020")
def test_a_report_stands_on_the_card_until_it_is_resolved(
    log: TestLog, follow: Any, card: Any
) -> None:
    first, second = _two()
    second.then(DAY).duplicate_reported(first)
    log.append(first.duplicate_linked(second), second)
    follow()
    (report,) = card(second).reports
    assert (report.number, report.of, report.reporter) == (1, first.id, "zhao")
    assert (report.statement, report.reported_at) == ("同一家公司", second.at)
    assert card(first).reports == []
    log.append(second.duplicate_resolved(first), first.likeness_ended(second))
    follow()
    assert card(second).reports == []
    assert (card(second).different_from, card(first).different_from) == ([first.id], [second.id])


@pytest.mark.clause("S1-020")
def test_a_merged_record_is_nobodys_and_never_in_the_pool_and_names_the_one_that_answers(
    log: TestLog, follow: Any, card: Any, cursor: Any
) -> None:
    first, second = _two("成都小雪食品有限公司")
    second.then(DAY).duplicate_reported(first).duplicate_resolved(first, "merge")
    first.then(DAY).absorbed(second, claimants=["second"], signers=["former"])
    log.append(first, second.merged(first))
    follow()
    merged = card(second, now=second.at)
    assert (merged.state, merged.holder, merged.merged_into) == ("merged", None, first.id)
    assert (merged.pool_since, merged.pool_reason, merged.last_holder) == (None, None, None)
    assert (merged.reports, merged.different_from) == ([], [])
    into = card(first, now=second.at)
    assert (into.state, into.holder, into.merged_from) == ("potential", "first", [second.id])
    assert into.signers == ["former"]

    def in_pool(now: datetime) -> set[Any]:
        return {entry.customer_id for entry in pool.in_pool(cursor, now=now, name="小雪").items}

    assert in_pool(second.at) == set()
    assert in_pool(LATE) == {first.id}
    held = customer_search.customers(cursor, now=second.at, name="小雪", holder="second")
    assert held.items == []
    items = agenda.agenda(cursor, now=second.at, member="second").items
    assert second.id not in {item.customer_id for item in items}


def test_a_merged_record_is_found_as_such(log: TestLog, follow: Any, cursor: Any) -> None:
    first, second = _two("成都冬至食品有限公司")
    log.append(first.absorbed(second), second.merged(first))
    follow()
    found, _ = customer_search.collisions(cursor, now=second.at, name="冬至")
    assert {one.customer_id: (one.state, one.holder, one.merged_into) for one in found} == {
        first.id: ("potential", "first", None),
        second.id: ("merged", None, first.id),
    }

    def ids(state: str, now: datetime = second.at) -> set[Any]:
        page = customer_search.customers(cursor, now=now, name="冬至", state=state)
        return {card.customer_id for card in page.items}

    assert (ids("merged"), ids("potential"), ids("pool")) == ({second.id}, {first.id}, set())
    assert ids("pool", LATE) == {first.id}


def test_the_protection_that_gives_way_and_the_one_that_stands_are_two_tenures(
    log: TestLog, follow: Any, card: Any, cursor: Any
) -> None:
    first, second = _two()
    second.then(DAY).hand_over_arranged(second.at + 9 * DAY, to="heir")
    first.at = second.at
    second.absorbed(first, moved=True)
    log.append(first.merged(second, moved=True), second)
    follow()

    def told(story: Story) -> list[tuple[Any, ...]]:
        entries = tenures.tenures(cursor, now=second.at, customer_id=story.id).items
        return [(one.holder, one.stage, one.since, one.until, one.ended) for one in entries]

    assert told(first)[-1] == ("first", "potential", START, second.at, "merged")
    assert told(second)[-2:] == [
        ("second", "potential", START + DAY, second.at, "merged"),
        ("first", "potential", second.at, START + 30 * DAY, None),
    ]
    stands = card(second, now=second.at)
    assert (stands.holder, stands.claimed_at, stands.leaving) == ("first", START, None)


def test_two_protections_are_two_tenures_even_of_one_holder_and_one_instant(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    first, second = (Story().registered().claimed("one").review_passed() for _ in range(2))
    first.then(DAY)
    second.then(DAY).absorbed(first, moved=True)
    log.append(first.merged(second, moved=True), second)
    follow()
    entries = tenures.tenures(cursor, now=second.at, customer_id=second.id).items
    assert [(one.holder, one.claimed_at, one.since, one.ended) for one in entries[-2:]] == [
        ("one", START, START, "merged"),
        ("one", START, second.at, None),
    ]
    assert entries[-1].grounds == [4]


def test_what_moved_along_is_on_the_card_and_what_gave_way_is_dropped(
    log: TestLog, follow: Any, card: Any
) -> None:
    first, second = _two()
    second.followed_up(next_contact_at=LATE).contract_drawn("HT-own")
    moved = Contract("HT-moved", "first", START, LATE + DAY)
    contact = a_contact()
    second.absorbed(
        first,
        moved=True,
        contacts=[contact],
        contracts=[moved],
        bars=[Bar("zhao", LATE + DAY)],
    )
    log.append(first.merged(second, moved=True), second)
    follow()
    found = card(second, now=second.at)
    assert [(one.number, one.state) for one in found.contracts] == [
        ("HT-moved", "drawn"),
        ("HT-own", "dropped"),
    ]
    assert contact.id in {one.id for one in found.contacts}
    (place,) = (one.name.topic for one in found.contacts if one.id == contact.id)
    assert place == "customer.duplicate_absorbed"
    assert [(bar.member, bar.until) for bar in found.bars] == [("zhao", LATE + DAY)]
    assert found.next_contact_at is None
    assert found.last_follow_up_by == "second"


@pytest.mark.clause("S1-312")
def test_a_record_declared_different_is_no_likeness_any_more(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    first = Story().registered().claimed("first")
    second = Story().registered().then(DAY).claimed("second", collision=[a_likeness(first)])
    merged = Story().registered()
    third = Story().registered().claimed("third", collision=[a_likeness(merged)])
    log.append(first, second, merged, third)
    follow()

    def similar(story: Story) -> list[Any]:
        page = approvals.approvals(cursor, now=second.at, kinds=["review"], limit=500)
        (found,) = [one for one in page.items if one.customer_id == story.id]
        return [other.customer_id for other in found.similar]

    assert (similar(second), similar(third)) == ([first.id], [merged.id])
    second.duplicate_reported(first).duplicate_resolved(first)
    log.append(second, merged.merged(first))
    follow()
    assert (similar(second), similar(third)) == ([], [])
    second.then(DAY).claim_withdrawn().claimed("fourth", collision=[a_likeness(first)])
    log.append(second)
    follow()
    assert similar(second) == []
