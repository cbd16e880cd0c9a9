"""The view `approvals`: applications, contracts, duplicates and formal customers that wait."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from projections import agenda, approvals
from projections.approvals import Approval
from tests.projections.stories import DAY, START, TICK, Story, TestLog, a_likeness, a_party

DEADLINE = START + 30 * DAY
LATE = START + 400 * DAY


@pytest.fixture
def waiting(cursor: Any) -> Any:
    def of(story: Story, *, now: datetime | None = None, **asked: Any) -> list[Approval]:
        page = approvals.approvals(cursor, now=now or story.at, limit=500, **asked)
        return [item for item in page.items if item.customer_id == story.id]

    return of


def _potential(holder: str = "zhang") -> Story:
    return Story().registered().claimed(holder).review_passed().then(DAY)


def _complete() -> Story:
    story = _potential().intent_requested().intent_granted()
    return story.contract_drawn().contract_completed()


@pytest.mark.clause("S1-041")
def test_an_application_for_intent_waits_for_its_decision_until_its_hold_over_ends(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    story = _potential().intent_requested()
    end = DEADLINE + 3 * DAY
    log.append(story)
    follow()
    (found,) = waiting(story)
    assert (found.kind, found.applicant, found.holder) == ("intent", "zhang", "zhang")
    assert (found.asked_at, found.due_at, found.overdue) == (story.at, DEADLINE, False)
    assert (found.until, found.held_over_until) == (DEADLINE, end)
    assert (found.reason, found.days, found.department) == ("已签意向书", None, "一部")
    (late,) = waiting(story, now=DEADLINE, overdue=True)
    assert late.overdue is True
    assert waiting(story, now=DEADLINE - TICK, overdue=True) == []
    assert len(waiting(story, now=end - TICK)) == 1
    assert waiting(story, now=end) == []
    log.append(story.intent_granted())
    follow()
    assert waiting(story) == []


@pytest.mark.clause("S1-036", "S1-044")
def test_an_extension_waits_with_the_days_that_were_asked_for(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    story = _potential().extension_requested(days=7)
    log.append(story)
    follow()
    (found,) = waiting(story)
    assert (found.kind, found.days, found.reason) == ("extension", 7, "意向强烈")
    assert waiting(story, kinds=["intent", "review"]) == []
    assert waiting(story, kinds=[]) == []
    log.append(story.extension_refused())
    follow()
    assert waiting(story) == []


@pytest.mark.clause("S1-284")
def test_an_application_moves_along_and_neither_applicant_nor_holder_decides_it(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    story = _potential().intent_requested().transferred("qian")
    log.append(story)
    follow()
    (found,) = waiting(story, decider="chen")
    assert (found.applicant, found.holder, found.department) == ("zhang", "qian", "二部")
    assert waiting(story, decider="zhang") == []
    assert waiting(story, decider="qian") == []
    assert len(waiting(story, department="二部")) == 1
    assert waiting(story, department="一部") == []


@pytest.mark.clause("S1-284")
def test_what_waits_is_in_the_department_of_who_holds_the_customer_at_that_instant(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    leaves_at = START + 5 * DAY
    story = _potential().intent_requested().hand_over_arranged(leaves_at, to="heir")
    log.append(story)
    follow()
    (before,) = waiting(story, now=leaves_at - TICK, department="一部")
    assert (before.holder, before.department) == ("zhang", "一部")
    assert waiting(story, now=leaves_at - TICK, department="二部") == []
    (passed,) = waiting(story, now=leaves_at, department="二部")
    assert (passed.holder, passed.department) == ("heir", "二部")
    assert waiting(story, now=leaves_at, department="一部") == []
    assert waiting(story, now=leaves_at, decider="heir") == []
    assert waiting(story, now=leaves_at - TICK, decider="heir") != []


@pytest.mark.clause("S1-046")
def test_a_complete_contract_waits_for_its_confirmation_and_its_signer_does_not_give_it(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    story = _potential().intent_requested().intent_granted()
    until = story.at + 15 * DAY
    story.contract_drawn().contract_detailed("type", type="采购").contract_signed()
    log.append(story)
    follow()
    assert waiting(story) == []
    log.append(story.contract_detailed("promises", promises=["三年保修"]))
    follow()
    (found,) = waiting(story)
    assert (found.kind, found.number, found.applicant) == ("contract", "HT-1", "zhang")
    assert (found.asked_at, found.due_at, found.until) == (story.at, until + 3 * DAY, until)
    assert waiting(story, decider="zhang") == []
    assert waiting(story, now=until + 3 * DAY) == []
    log.append(story.contract_confirmed())
    follow()
    assert [item.kind for item in waiting(story)] == ["after-sales"]


@pytest.mark.clause("S1-048")
def test_a_formal_customer_waits_for_a_person_of_after_sales(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    story = _complete().contract_confirmed()
    log.append(story)
    follow()
    (found,) = waiting(story, decider="zhang", department="某部")
    assert (found.kind, found.group, found.holder) == ("after-sales", "after-sales", None)
    assert (found.asked_at, found.due_at, found.overdue) == (story.at, None, False)
    leaves_at = story.at + 9 * DAY
    log.append(story.moved_to_after_sales("ou").hand_over_arranged(leaves_at))
    follow()
    assert waiting(story, now=leaves_at - TICK) == []
    assert [item.kind for item in waiting(story, now=leaves_at)] == ["after-sales"]


@pytest.mark.clause("S1-020")
def test_an_open_report_waits_for_a_reviewer_with_no_part_in_either_record(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    other = Story().registered().claimed("of-the-other").claim_withdrawn()
    story = Story().registered().then(DAY).duplicate_reported(other, actor="reporter")
    log.append(other.duplicate_linked(story), story)
    log.append(a_party(other.id, "in-vain"))
    follow()
    (found,) = waiting(story, decider="wang")
    assert (found.kind, found.number, found.of) == ("duplicate", "1", other.id)
    assert (found.applicant, found.statement) == ("reporter", "同一家公司")
    assert (found.asked_at, found.due_at, found.holder) == (story.at, None, None)
    for party in ("reporter", "of-the-other", "in-vain"):
        assert waiting(story, decider=party) == []
    log.append(story.duplicate_resolved(other))
    follow()
    assert waiting(story) == []


def test_a_merged_record_has_nothing_to_decide(log: TestLog, follow: Any, waiting: Any) -> None:
    other = Story().registered()
    story = _potential().intent_requested().duplicate_reported(other, number=2)
    assert story.protection is not None
    log.append(other, story.merged(other))
    follow()
    assert waiting(story) == []


@pytest.mark.clause("S1-310")
def test_nobody_who_sought_or_signed_the_customer_or_a_linked_one_decides(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    linked = Story().registered().claimed("of-linked").claim_withdrawn()
    alike = Story().registered().claimed("of-alike")
    story = Story().registered().claimed("former").claim_withdrawn().then(DAY)
    story.absorbed(Story(), claimants=["absorbed"], signers=["signer"])
    story.claimed("present", collision=[a_likeness(alike)]).duplicate_reported(linked)
    log.append(linked, alike, story, a_party(story.id, "in-vain"))
    follow()

    def shown(decider: str) -> bool:
        return waiting(story, decider=decider, kinds=["review"]) != []

    assert shown("wang")
    for party in ("present", "former", "absorbed", "signer", "in-vain", "of-linked", "of-alike"):
        assert not shown(party), party
    log.append(story.duplicate_resolved(linked))
    follow()
    assert shown("of-linked")
    assert not shown("of-alike")


def test_a_part_in_what_a_linked_record_became_counts_too(
    log: TestLog, follow: Any, waiting: Any
) -> None:
    became = Story().registered().claimed("of-became")
    between, linked = Story().registered(), Story().registered()
    story = _potential().duplicate_reported(linked).intent_requested()
    log.append(linked.merged(between), between.merged(became), became, story)
    follow()
    assert [one.kind for one in waiting(story, decider="chen")] == ["intent", "duplicate"]
    assert waiting(story, decider="of-became") == []


def test_a_claim_whose_claimant_left_waits_no_more(log: TestLog, follow: Any, waiting: Any) -> None:
    leaves_at = START + 2 * DAY
    story = Story().registered().claimed(leaves_at=leaves_at)
    log.append(story)
    follow()
    assert len(waiting(story, now=leaves_at - TICK)) == 1
    assert waiting(story, now=leaves_at) == []


def test_what_waits_comes_in_the_order_in_which_it_is_due_and_what_has_no_hour_last(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    reported = Story().registered()
    log.append(reported.duplicate_reported(Story()), _complete().contract_confirmed())
    log.append(_potential().intent_requested(), Story().registered().claimed(), _complete())
    follow()
    items: list[Approval] = []
    after = None
    while True:
        page = approvals.approvals(cursor, now=START + DAY, limit=2, after=after)
        items += page.items
        if page.next is None:
            break
        after = list(page.next)
    dues = [item.due_at for item in items]
    known = [due for due in dues if due is not None]
    assert dues == sorted(known) + [None] * (len(dues) - len(known))
    keys = [(item.customer_id, item.kind, item.number) for item in items]
    assert len(keys) == len(set(keys))
    assert {item.kind for item in items} >= {"review", "intent", "contract", "duplicate"}


@pytest.mark.clause("S1-036", "S1-041")
def test_deciders_find_open_applications_in_their_agenda_less_their_own(
    log: TestLog, follow: Any, cursor: Any
) -> None:
    story = _potential("applicant").intent_requested().transferred("receiver")
    log.append(story)
    follow()

    def due(member: str, **asked: Any) -> list[tuple[datetime, str | None]]:
        page = agenda.agenda(cursor, now=story.at, member=member, limit=500, **asked)
        return [
            (item.due_at, item.member)
            for item in page.items
            if item.customer_id == story.id and item.kind == "decision_due"
        ]

    assert due("chen", decisions=True) == [(DEADLINE, None)]
    assert due("chen") == []
    assert due("applicant", decisions=True) == []
    assert due("receiver", decisions=True) == []
