"""Contracts and formal customers: the card, what falls due, and who is responsible (S1-046)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest

from domain.events import Product
from projections import agenda, customer_search, pool, tenures
from projections.cards import Card
from tests.projections.stories import DAY, START, TICK, Story, TestLog

LATE = START + 400 * DAY


@pytest.fixture
def member() -> str:
    return f"member-{uuid4().hex[:8]}"


@pytest.fixture
def card(cursor: Any) -> Any:
    def of(story: Story, *, now: datetime | None = None) -> Card:
        found, _ = customer_search.card(cursor, story.id, now=now or story.at)
        assert found is not None
        return found

    return of


def _intent(holder: str = "zhang") -> Story:
    story = Story().registered().claimed(holder).review_passed().then(DAY).intent_requested()
    return story.intent_granted()


@pytest.mark.clause("S1-042", "S1-043")
def test_a_card_tells_a_contract_step_by_step(log: TestLog, follow: Any, card: Any) -> None:
    story = _intent().contract_drawn("HT-2").then(DAY).contract_drawn("HT-1")
    expires_at = story.at + 30 * DAY
    log.append(story)
    follow()
    assert [contract.number for contract in card(story).contracts] == ["HT-2", "HT-1"]
    drawn = card(story).contracts[-1]
    assert (drawn.state, drawn.step, drawn.next_steps) == ("drawn", None, ("type",))
    assert drawn.expires_at == expires_at
    assert card(story, now=story.at + 13 * DAY).contracts[-1].state == "drawn"
    log.append(story.contract_completed("HT-1").contract_detailed("promises", promises=["培训"]))
    follow()
    signed = card(story).contracts[-1]
    assert (signed.state, signed.type, signed.signed_by) == ("signed", "采购", "zhang")
    assert (signed.signed_on, signed.payment_method, signed.buyer) == (
        date(2026, 3, 20),
        "转账",
        "采购部",
    )
    assert (signed.products, signed.promises) == ((Product("空调", 2, None),), ("三年保修", "培训"))
    assert (signed.step, signed.next_steps) == ("promises", ("promises",))


def test_contracts_of_a_protection_that_is_over_are_dropped_at_its_end_swept_or_not(
    log: TestLog, follow: Any, card: Any
) -> None:
    story = _intent().contract_drawn("HT-1", expires_at=LATE)
    until = story.at + 15 * DAY
    log.append(story)
    follow()
    assert card(story, now=until - TICK).contracts[0].state == "drawn"
    assert card(story, now=until).contracts[0].state == "dropped"
    log.append(story.lapsed(until))
    follow()
    over = card(story, now=until).contracts[0]
    assert (over.state, over.next_steps) == ("dropped", ())


@pytest.mark.clause("S1-046", "S1-047", "S1-048")
def test_a_confirmed_contract_makes_a_formal_customer_of_after_sales_for_good(
    log: TestLog, follow: Any, card: Any, cursor: Any
) -> None:
    story = _intent().contract_drawn().contract_completed().then(DAY).contract_confirmed()
    confirmed_at = story.at
    log.append(story)
    follow()
    for now in (story.at, LATE):
        formal = card(story, now=now)
        assert (formal.state, formal.holder, formal.group) == ("formal", None, "after-sales")
        assert (formal.until, formal.signers) == (None, ["zhang"])
        assert formal.contracts[0].state == "confirmed"
        assert story.id not in {one.customer_id for one in pool.in_pool(cursor, now=now).items}
    (collision,), _ = customer_search.collisions(cursor, now=LATE, phone_hash=f"hash of {story.id}")
    assert (collision.state, collision.holder, collision.group) == ("formal", None, "after-sales")
    log.append(story.then(DAY).moved_to_after_sales("ou-yang").then(DAY).contract_voided())
    follow()
    moved = card(story)
    assert (moved.state, moved.holder, moved.group) == ("formal", "ou-yang", None)
    assert (moved.department, moved.contracts[0].state) == ("售后", "voided")
    entries = tenures.tenures(cursor, now=story.at, customer_id=story.id).items
    assert [(one.holder, one.group, one.since, one.ended) for one in entries[-3:]] == [
        ("zhang", None, START + DAY, "contract-confirmed"),
        (None, "after-sales", confirmed_at, "moved"),
        ("ou-yang", None, confirmed_at + DAY, None),
    ]


def test_formal_customers_are_found_by_their_group_and_by_their_person(
    log: TestLog, follow: Any, cursor: Any, member: str
) -> None:
    story = _intent(member).contract_drawn().contract_completed().contract_confirmed()
    log.append(story)
    follow()

    def found(**asked: Any) -> bool:
        page = customer_search.customers(cursor, now=LATE, limit=500, **asked)
        return story.id in {card.customer_id for card in page.items}

    assert (found(group="after-sales"), found(holder=member)) == (True, False)
    log.append(story.moved_to_after_sales(f"after-{member}"))
    follow()
    assert (found(group="after-sales"), found(holder=f"after-{member}")) == (False, True)


def test_a_drawn_contract_falls_due_for_its_holder_until_it_is_signed_or_expires(
    log: TestLog, follow: Any, cursor: Any, member: str
) -> None:
    story = _intent(member)
    expires_at = story.at + 10 * DAY
    log.append(story.contract_drawn("HT-1", expires_at=expires_at))
    log.append(story.contract_drawn("HT-2", expires_at=expires_at))
    follow()

    def due(now: datetime) -> list[tuple[str, datetime, str | None]]:
        page = agenda.agenda(cursor, now=now, member=member, kinds=["contract_expires"])
        return [(item.kind, item.due_at, item.number) for item in page.items]

    first = ("contract_expires", expires_at, "HT-1")
    assert due(expires_at - TICK) == [first, ("contract_expires", expires_at, "HT-2")]
    assert due(expires_at) == []
    story.contract_detailed("type", "HT-2", type="采购").contract_signed("HT-2")
    log.append(story)
    follow()
    assert due(story.at) == [first]
    log.append(story.transferred(f"other-{member}"))
    follow()
    assert due(story.at) == []
