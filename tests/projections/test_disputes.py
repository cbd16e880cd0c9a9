"""The view `disputes`: cases and rulings, found by rule, by party and by who ruled (A-27)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.events import Restored
from projections import agenda, approvals, customer_search, pool
from projections.disputes import DisputeCase, Wanted, disputes, statements
from tests.projections.stories import DAY, START, TICK, Story, TestLog, a_refusal

LATE = START + 400 * DAY


@pytest.fixture
def cases(cursor: Any) -> Any:
    def of(**wanted: Any) -> list[DisputeCase]:
        return disputes(cursor, Wanted(**wanted), limit=500).items

    return of


def contested(name: str, opener: str = "chen", holder: str = "zhang", **more: Any) -> Story:
    story = Story(name).registered().claimed(holder).review_passed().then(DAY)
    return story.dispute_opened(opener, **more)


def test_an_open_case_tells_what_is_contested(log: TestLog, follow: Any, cases: Any) -> None:
    story = contested("成都谷雨食品有限公司", rule="S1-053")
    log.append(story)
    follow()
    (case,) = cases(customer_id=story.id)
    assert (case.number, case.name) == (1, "成都谷雨食品有限公司")
    assert (case.opener, case.statement, case.contested_rule) == ("chen", "先联系", "S1-053")
    assert (case.is_held, case.opened_version) == (True, 4)
    assert case.contested is not None
    assert (case.contested.holder, case.contested.stage) == ("zhang", "potential")
    assert (case.ruling, case.rule, case.ruled_by, case.winner) == (None,) * 4
    assert case.refused == []


def test_statements_are_told_with_their_case_in_the_order_of_the_log(
    log: TestLog, follow: Any, cases: Any, cursor: Any
) -> None:
    story = contested("成都清明食品有限公司")
    story.then(DAY).dispute_stated("zhang", statement="一")
    follow_at = story.then(DAY).dispute_stated("rest", statement="二").at
    log.append(story)
    follow()
    story.dispute_opened("wang").dispute_stated("chen", statement="另一件")
    story.dispute_stated("zhang", number=1, statement="三")
    log.append(story)
    follow()
    said = statements(cursor, story.id, 1, limit=10)
    assert [(one.member, one.statement) for one in said] == [
        ("zhang", "一"),
        ("rest", "二"),
        ("zhang", "三"),
    ]
    assert said[1].at == follow_at
    assert [one.statement for one in statements(cursor, story.id, 1, limit=2)] == ["二", "三"]
    assert [one.number for one in statements(cursor, story.id, 2, limit=9)] == [2]
    (first,) = cases(customer_id=story.id, number=1)
    assert first.stated == ["zhang", "rest"]
    for member, numbers in (("rest", [1]), ("zhang", [2, 1])):
        assert [case.number for case in cases(customer_id=story.id, party=member)] == numbers


def test_a_ruling_closes_its_case_alone(log: TestLog, follow: Any, cases: Any) -> None:
    story = contested("成都小满食品有限公司").dispute_opened("wang")
    story.then(DAY).dispute_ruled(actor="he")
    log.append(story)
    follow()
    second, first = cases(customer_id=story.id)
    assert (first.number, first.ruling) == (1, None)
    assert (second.ruling, second.rule, second.reason) == ("uphold", "S1-053", "先申请者有效")
    assert (second.ruled_by, second.ruled_at, second.ruled_version) == ("he", story.at, 6)
    assert (second.winner, second.loser, second.until) == (None, None, None)
    assert [case.number for case in cases(customer_id=story.id, is_open=True)] == [1]
    assert [case.number for case in cases(customer_id=story.id, is_open=False)] == [2]


@pytest.mark.parametrize("kind", ["move", "restore"])
def test_a_ruling_that_moves_the_customer_names_who_won_and_who_lost(
    log: TestLog, follow: Any, cases: Any, kind: str
) -> None:
    story = contested(f"成都{kind}食品有限公司", "opener-1", "loser-1")
    log.append(story)
    follow()
    story.then(DAY).dispute_ruled(kind)
    story.awarded("winner-1", Restored) if kind == "restore" else story.awarded("winner-1")
    log.append(story)
    follow()
    (case,) = cases(customer_id=story.id)
    assert (case.ruling, case.winner, case.loser) == (kind, "winner-1", "loser-1")
    assert (case.stage, case.until) == ("potential", story.at + 30 * DAY)
    for party in ("opener-1", "loser-1", "winner-1"):
        assert story.id in [found.customer_id for found in cases(party=party)]


def test_who_was_refused_in_the_time_of_the_case_is_a_party(
    log: TestLog, follow: Any, cases: Any
) -> None:
    story = Story("成都寒露食品有限公司").registered().then(DAY).claimed().review_passed()
    claimed_at = story.at
    story.then(DAY).dispute_opened("chen").then(DAY).dispute_ruled()
    refused = {
        "too early": claimed_at - TICK,
        "at the claim": claimed_at,
        "at the ruling": story.at,
        "too late": story.at + TICK,
    }
    log.append(story)
    log.append(*(a_refusal(story.id, actor=who, at=at) for who, at in refused.items()))
    log.append(a_refusal(story.id, actor="at the ruling", at=story.at))
    follow()
    (case,) = cases(customer_id=story.id)
    assert case.refused == ["at the claim", "at the ruling"]
    for who in refused:
        assert bool(cases(party=who)) is (who in case.refused), who


def test_cases_are_found_by_rule_and_by_who_ruled(log: TestLog, follow: Any, cases: Any) -> None:
    one = contested("成都白露食品有限公司", rule="S1-302").dispute_ruled(rule="A-01", actor="ruler")
    two = contested("成都霜降食品有限公司", rule="A-01")
    log.append(one, two)
    follow()
    assert [case.customer_id for case in cases(rule="A-01")] == [two.id, one.id]
    assert one.id in [case.customer_id for case in cases(rule="S1-302")]
    assert [case.customer_id for case in cases(ruled_by="ruler")] == [one.id]
    (left,) = cases(rule="A-01", but=(two.id, 1))
    assert left.customer_id == one.id
    assert cases(rule="S9-999") == []
    # Under either of its names; a precedent rests on the rule, whatever its opener had named.
    assert one.id in [case.customer_id for case in cases(rule="already-protected")]
    assert [case.customer_id for case in cases(rests_on="A-01", is_open=False)] == [one.id]
    assert one.id not in [case.customer_id for case in cases(rests_on="already-protected")]


def test_pages_go_from_the_newest_on(log: TestLog, follow: Any, cursor: Any) -> None:
    stories = [contested(f"成都第{n}页食品有限公司", "pager") for n in range(3)]
    log.append(*stories)
    follow()
    first = disputes(cursor, Wanted(party="pager"), limit=2)
    assert [case.customer_id for case in first.items] == [stories[2].id, stories[1].id]
    rest = disputes(cursor, Wanted(party="pager"), limit=2, after=first.next)
    assert [case.customer_id for case in rest.items] == [stories[0].id]
    assert (rest.next, rest.position) == (None, first.position)


def test_the_other_views_know_of_a_case_and_of_whose_the_customer_is(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = contested("成都立冬食品有限公司", "chen", "loser-2")
    story.followed_up(next_contact_at=story.at + DAY)
    log.append(story)
    follow()
    waiting = approvals.approvals(cursor, now=story.at, kinds=("dispute",), limit=500).items
    (case,) = [item for item in waiting if item.customer_id == story.id]
    assert (case.applicant, case.number, case.statement) == ("chen", "1", "先联系")
    assert (case.contested_at, case.holder) == (story.at, "loser-2")
    for party in ("chen", "loser-2"):
        mine = approvals.approvals(
            cursor, now=story.at, kinds=("dispute",), decider=party, limit=500
        )
        assert story.id not in [item.customer_id for item in mine.items]

    story.dispute_ruled("move").awarded("winner-2")
    log.append(story)
    follow()
    waiting = approvals.approvals(cursor, now=story.at, kinds=("dispute",), limit=500).items
    assert story.id not in [item.customer_id for item in waiting]
    card, _ = customer_search.card(cursor, story.id, now=story.at)
    assert card is not None
    assert (card.holder, card.state, card.next_contact_at) == ("winner-2", "potential", None)
    mine = agenda.agenda(cursor, now=story.at, member="winner-2", limit=500).items
    assert [(item.kind, item.due_at) for item in mine if item.customer_id == story.id] == [
        ("deadline", story.at + 30 * DAY)
    ]
    fallen = pool.in_pool(cursor, now=LATE, name="立冬", limit=500).items
    (entry,) = [item for item in fallen if item.customer_id == story.id]
    assert (entry.last_holder, entry.reason) == ("winner-2", "lapsed")
