"""The as-of answer in words: who, in which stage, since when, by whose deeds, until when."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from api.explanations import explanation
from domain.customer import Customer
from domain.events import CustomerEvent, Merged
from domain.replay import History, PastEvent, holder_at
from tests.domain.lives import a_customer_with_events
from tests.domain.stories import (
    DAY,
    MONDAY,
    RULES,
    a_customer,
    arrange,
    ask_extension,
    ask_intent,
    claimed,
    complete,
    formal,
    intent,
    name_person,
    potential,
    refused,
    rules,
    rules_of,
    sign,
)

HOUR = timedelta(hours=1)
OTHER = UUID("0198f2a4-7c3e-7b61-9d52-3f0a8e6c1b47")


def history_of(customer: Customer, now: datetime, swept_after: timedelta = timedelta(0)) -> History:
    events: Sequence[CustomerEvent] = customer.collect_events()  # type: ignore[assignment]
    past = tuple(
        PastEvent(n, event.timestamp + swept_after, event) for n, event in enumerate(events, 10)
    )
    return History(customer.id, now, past)


def told(history: History, at: datetime, language: Any = "en", **more: Any) -> str:
    """What a party reads."""
    sees_details = more.pop("sees_details", True)
    found = holder_at(history, at=at, **more)
    tenure = found.interval or found.last
    held = tenure.protection if tenure else None
    merged = next(
        (past.event.into for past in history.events if isinstance(past.event, Merged)), None
    )
    return explanation(
        found,
        language,
        until=tenure.until if tenure else None,
        deadline=held.until if held else None,
        merged_into=merged if found.interval is None else None,
        sees_details=sees_details,
    )


def a_story() -> Customer:
    return a_customer_with_events(MONDAY - DAY)


def released() -> Customer:
    customer = potential(a_story())
    customer.release(member="li", reason="客户暂无预算", at=MONDAY + DAY, rules=RULES)
    return customer


def withdrawn() -> Customer:
    customer = claimed(a_story())
    customer.withdraw_claim(member="li", reason="看错公司", at=MONDAY + DAY, rules=RULES)
    return customer


def lapsed() -> Customer:
    customer = potential(a_story())
    customer.expire(MONDAY + 31 * DAY, rules_of)
    return customer


def removed_by_a_manager() -> Customer:
    customer = potential(a_story())
    customer.remove_holder(actor="sun", reason="久不跟进", at=MONDAY + DAY, rules=RULES)
    return customer


def removed_after_the_review() -> Customer:
    customer = refused(a_story())
    customer.expire(MONDAY + 9 * DAY, rules_of)
    return customer


def extended() -> Customer:
    customer = ask_extension(potential(a_story()), at=MONDAY + DAY, days=10)
    customer.grant_extension(decider="sun", days=None, at=MONDAY + DAY, rules_of=rules_of)
    return customer


def refused_after_its_deadline() -> Customer:
    customer = ask_intent(potential(a_story()), at=MONDAY + 29 * DAY)
    customer.refuse_application(
        "intent", decider="sun", reason="未见合同草案", at=MONDAY + 31 * DAY, rules_of=rules_of
    )
    return customer


def undecided() -> Customer:
    customer = ask_intent(potential(a_story()), at=MONDAY + 29 * DAY)
    customer.expire(MONDAY + 60 * DAY, rules_of)
    return customer


def transferred() -> Customer:
    customer = potential(a_story())
    customer.transfer(
        actor="sun", to="chen", department="二部", reason="区域调整", at=MONDAY + DAY, rules=RULES
    )
    return customer


def handed_over() -> Customer:
    customer = arrange(potential(a_story()), MONDAY + 5 * DAY, to="chen")
    customer.expire(MONDAY + 9 * DAY, rules_of)
    return customer


def left() -> Customer:
    customer = arrange(potential(a_story()), MONDAY + 5 * DAY)
    customer.expire(MONDAY + 9 * DAY, rules_of)
    return customer


def corrected() -> Customer:
    return claimed(refused(a_story()), at=MONDAY + HOUR)


def merged() -> Customer:
    customer = potential(a_story())
    customer.merge_into(OTHER, number=1, moved=True, actor="zhao", at=MONDAY + DAY, rules=RULES)
    return customer


def absorbing() -> Customer:
    customer, other = potential(a_story()), potential(a_customer(), "chen", MONDAY - HOUR)
    customer.absorb(other, number=1, contacts=[], actor="zhao", at=MONDAY + DAY, rules=RULES)
    return customer


def voided() -> Customer:
    customer = sign(intent(a_story()), at=MONDAY + 10 * DAY)
    customer.void_contract(
        actor="he", decides=True, number="HT-2026-001", reason="客户反悔", at=MONDAY + 16 * DAY,
        rules=RULES, rules_of=rules_of,
    )  # fmt: skip
    return customer


CLAIM = "claimed by li at 2026-03-02 01:00:00 UTC"
PASS = "passed by the reviewer zhao at 2026-03-02 01:00:00 UTC"
CASES: list[tuple[Callable[[], Customer], timedelta, list[str], list[str]]] = [
    (a_story, timedelta(0), ["in the pool; nobody had held it before."], ["此前无人保护。"]),
    (
        lambda: claimed(a_story()),
        HOUR,
        ["li held it (waiting for review), since 2026-03-02 01:00:00 UTC, by rulebook 2026-1",
         f"grounds: {CLAIM}."],
        ["由 li 保护（待审核）",
         "依据制度 2026-1；依据：li 于 2026-03-02 09:00:00（北京时间） 申请保护。"],
    ),
    (
        lambda: potential(a_story()),
        HOUR,
        ["(potential), from 2026-03-02 01:00:00 UTC to 2026-04-01 01:00:00 UTC",
         f"grounds: {CLAIM}, {PASS}."],
        ["zhao 于 2026-03-02 09:00:00（北京时间） 审核通过。"],
    ),
    (
        lambda: potential(a_story(), by=rules(claims__review_required=False)),
        HOUR,
        [f"{CLAIM}, in force without a review at 2026-03-02 01:00:00 UTC."],
        ["制度免审，于 2026-03-02 09:00:00（北京时间） 生效。"],
    ),
    (
        lambda: refused(a_story()),
        HOUR,
        ["(rejected)", "refused by the reviewer zhao at 2026-03-02 01:00:00 UTC."],
        ["zhao 于 2026-03-02 09:00:00（北京时间） 审核未通过。"],
    ),
    (
        lambda: claimed(refused(a_story(), at=MONDAY), at=MONDAY + HOUR),
        timedelta(minutes=30),
        ["(rejected)", "ending: the claim was corrected and waits again (corrected by li"],
        ["结束原因：申请已更正，重新待审核（li 于"],
    ),
    (corrected, 2 * HOUR, ["(waiting for review)", "corrected by li"], ["li 于 2026-03-02 10:00"]),
    (
        removed_after_the_review,
        8 * DAY,
        ["in the pool; before that li held it (rejected), from",
         "ending: the review had refused it and no correction came in time."],
        ["结束原因：审核未通过且未及时更正，跟进人被移除。"],
    ),
    (
        removed_by_a_manager,
        2 * DAY,
        ["ending: a manager removed the holder (removed by sun at 2026-03-03 01:00:00 UTC),"
         " reason: 久不跟进."],
        ["跟进人被经理移除（sun 于 2026-03-03 09:00:00（北京时间） 移除跟进人），理由：久不跟进。"],
    ),
    (
        released,
        2 * DAY,
        ["before that li held it (potential)", "ending: the holder gave it up (given up by li at"
         " 2026-03-03 01:00:00 UTC), reason: 客户暂无预算."],
        ["结束原因：跟进人放弃（li 于", "理由：客户暂无预算。"],
    ),
    (withdrawn, 2 * DAY, ["the claim was withdrawn (withdrawn by li at"], ["申请人撤回（li 于"]),
    (lapsed, 31 * DAY, ["ending: it lapsed at its deadline."], ["结束原因：到期自动落入公海。"]),
    (
        extended,
        35 * DAY,
        ["to 2026-04-11 01:00:00 UTC", "more time applied for by li at",
         "more time granted by sun at 2026-03-03 01:00:00 UTC"],
        ["li 于 2026-03-03 09:00:00（北京时间） 申请延期",
         "sun 于 2026-03-03 09:00:00（北京时间） 批准延期"],
    ),
    (
        lambda: ask_intent(potential(a_story()), at=MONDAY + 29 * DAY),
        31 * DAY,
        ["is held over by the application for intent, at the latest to",
         "intent applied for by li"],
        ["因意向申请顺延"],
    ),
    (
        refused_after_its_deadline,
        32 * DAY,
        ["intent refused by sun at", "ending: the application holding it over was refused."],
        ["sun 于 2026-04-02 09:00:00（北京时间） 驳回意向申请；结束原因：顺延所依的申请未获批准。"],
    ),
    (
        undecided,
        60 * DAY,
        ["ending: it was held over and nobody decided in time."],
        ["顺延期满仍未决定。"],
    ),
    (
        lambda: intent(a_story()),
        HOUR,
        ["(intent)", "intent applied for by li at",
         "intent granted by sun at 2026-03-02 01:00:00 UTC."],
        ["sun 于 2026-03-02 09:00:00（北京时间） 批准转为意向客户。"],
    ),
    (voided, 17 * DAY, ["ending: the contract holding it over is void."], ["合同已作废"]),
    (
        lambda: complete(intent(a_story())),
        HOUR,
        ["contract signed by li at", "is held over by the signed contract"],
        ["li 于 2026-03-02 09:00:00（北京时间） 签订合同"],
    ),
    (
        lambda: formal(a_story()),
        HOUR,
        ["the after-sales group held it", "contract confirmed by he at 2026-03-02 01:00:00 UTC."],
        ["售后组 负责", "he 于 2026-03-02 09:00:00（北京时间） 确认合同。"],
    ),
    (
        lambda: name_person(formal(a_story()), at=MONDAY + DAY),
        2 * DAY,
        ["xu held it (formal)", "given to xu of after-sales by lin at 2026-03-03 01:00:00 UTC."],
        ["lin 于 2026-03-03 09:00:00（北京时间） 转由 xu 负责。"],
    ),
    (
        lambda: name_person(formal(a_story()), at=MONDAY + DAY),
        HOUR,
        ["the after-sales group held it", "ending: after-sales took it over (given to xu"],
        ["结束原因：转由售后负责（lin 于"],
    ),
    (
        transferred,
        2 * DAY,
        ["chen held it (potential)", "given to chen by sun at 2026-03-03 01:00:00 UTC."],
        ["sun 于 2026-03-03 09:00:00（北京时间） 将其转给 chen。"],
    ),
    (
        transferred,
        HOUR,
        ["ending: it was given to another member (given to chen by sun at 2026-03-03 01:00:00 UTC),"
         " reason: 区域调整."],
        ["结束原因：转给其他成员（sun 于", "理由：区域调整。"],
    ),
    (
        lambda: arrange(potential(a_story()), MONDAY + 5 * DAY),
        HOUR,
        ["to 2026-03-07 01:00:00 UTC", "hand-over for the leaving of li arranged by sun at"],
        ["安排 li 离职交接。"],
    ),
    (handed_over, 6 * DAY, ["chen held it", "given to chen by sun"], ["将其转给 chen。"]),
    (
        left,
        6 * DAY,
        ["ending: the holder left and nobody took over, reason: 离职."],
        ["跟进人离职，无人接手，理由：离职。"],
    ),
    (
        merged,
        2 * DAY,
        [f"it had been merged into customer {OTHER}; before that li held it (potential)",
         "ending: the record was merged with its duplicate (merged by zhao at"],
        [f"已并入客户 {OTHER}", "结束原因：重复客户合并（zhao 于"],
    ),
    (absorbing, 2 * DAY, ["chen held it (potential)", "grounds: merged by zhao"], ["zhao 于"]),
    (absorbing, HOUR, ["li held it (potential)", "ending: the record was merged"], ["决定合并"]),
]  # fmt: skip


@pytest.mark.clause("S1-235")
@pytest.mark.parametrize(("story", "after", "en", "zh"), CASES)
def test_every_stage_and_ending_is_told_in_both_languages(
    story: Callable[[], Customer], after: timedelta, en: list[str], zh: list[str]
) -> None:
    history = history_of(story(), MONDAY + max(after, 3 * DAY))
    for language, parts in (("en", en), ("zh", zh)):
        sentence = told(history, MONDAY + after, language)
        for part in parts:
            assert part in sentence, sentence


@pytest.mark.clause("S1-035")
def test_what_was_known_before_and_after_a_sweep_says_the_same_of_a_passed_deadline() -> None:
    history = history_of(lapsed(), MONDAY + 40 * DAY, swept_after=2 * HOUR)
    at = MONDAY + 30 * DAY
    before = told(history, at, known_at=at + HOUR)
    after = told(history, at, known_at=at + 3 * HOUR)
    assert before.startswith(
        "As known at 2026-04-01 02:00:00 UTC: At 2026-04-01 01:00:00 UTC it was"
    )
    assert before.partition(": ")[2] == after.partition(": ")[2]
    assert after.endswith("ending: it lapsed at its deadline.")
    early = told(history, at, "zh", known_at=MONDAY + HOUR)
    assert early.startswith("据 2026-03-02 10:00:00（北京时间） 时所知，")
    assert "公共客户池中，此前无人保护" in early


def test_a_stranger_reads_no_reason() -> None:
    history = history_of(removed_by_a_manager(), MONDAY + 3 * DAY)
    sentence = told(history, MONDAY + 2 * DAY, sees_details=False)
    assert "removed by sun at" in sentence
    assert "久不跟进" not in sentence
    assert "reason" not in sentence
