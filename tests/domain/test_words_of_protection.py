"""Applications, contracts, hand-overs and duplicates: what their sentences tell."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.events import (
    ApplicationWithdrawn,
    Bar,
    ContractConfirmed,
    ContractDetailed,
    ContractSigned,
    DuplicateAbsorbed,
    DuplicateResolved,
    ExtensionGranted,
    ExtensionRequested,
    HandOverArranged,
    IntentGranted,
    IntentRefused,
    IntentRequested,
    LeaveArranged,
    Merged,
    MovedToAfterSales,
    Product,
    Stage,
    Transferred,
)
from domain.protection import Protection
from domain.words import QUOTED_CHARACTERS_MAX, describe
from tests.domain.test_words import NOON, OTHER, an_event


def a_request(event_class: type, **changed: Any) -> Any:
    facts = {
        "actor": "zhang",
        "holder": "zhang",
        "reason": "等待客户盖章",
        "deadline": NOON,
        "held_over_until": NOON + timedelta(days=3),
        "provisional": False,
        "rulebook": "1",
    }
    return an_event(event_class, **{**facts, **changed})


@pytest.mark.clause("S1-036", "S1-039")
def test_an_application_tells_its_reason_the_deadline_and_how_far_it_is_held_over() -> None:
    for event in (
        a_request(IntentRequested),
        a_request(ExtensionRequested, stage=Stage.POTENTIAL, days=10),
    ):
        words = describe(event)
        assert "等待客户盖章" in words.zh
        assert "到期时间仍为2026年3月5日14:03:09" in words.zh
        assert words.zh.endswith("保护顺延至2026年3月8日14:03:09")
        assert "the deadline stays 2026-03-05 06:03:09 UTC" in words.en
        assert words.en.endswith("held over until 2026-03-08 06:03:09 UTC")


def test_a_hold_over_that_rests_on_an_unpublished_calendar_is_told_as_provisional() -> None:
    words = describe(a_request(IntentRequested, provisional=True))
    assert words.zh.endswith("（暂定）")
    assert words.en.endswith("(provisional)")


def test_a_hold_over_that_reaches_no_further_than_the_deadline_is_not_told() -> None:
    words = describe(a_request(IntentRequested, held_over_until=NOON))
    assert "顺延" not in words.zh
    assert "held over" not in words.en


def test_a_grant_tells_the_applicant_the_holder_and_the_new_deadline() -> None:
    facts = {
        "actor": "sun",
        "holder": "wang",
        "applicant": "zhang",
        "until": NOON,
        "held_over_until": NOON + timedelta(days=3),
        "rulebook": "1",
    }
    for event in (
        an_event(IntentGranted, counted_from=NOON, **facts),
        an_event(ExtensionGranted, stage=Stage.INTENT, days=1, **facts),
    ):
        words = describe(event)
        assert "zhang的" in words.zh
        assert "wang的保护" in words.zh
        assert "至2026年3月5日14:03:09止" in words.zh
        assert words.zh.endswith("如届时合同未确认，保护顺延至2026年3月8日14:03:09")
        assert "zhang's application" in words.en
        assert "until 2026-03-05 06:03:09 UTC" in words.en
    assert "1 day longer" in words.en


def test_a_refused_and_a_withdrawn_application_tell_which_and_why() -> None:
    refused = describe(
        an_event(
            IntentRefused,
            actor="sun",
            holder="wang",
            applicant="zhang",
            reason="证据不足",
            rulebook="1",
        )
    )
    assert refused.zh == "sun未批准zhang的意向申请，理由：证据不足；原到期时间不变"
    assert refused.en.startswith("sun refused zhang's application for intent, because: 证据不足")
    withdrawn = describe(
        an_event(
            ApplicationWithdrawn,
            actor="wang",
            holder="wang",
            kind="extension",
            reason="不需要了",
            rulebook="1",
        )
    )
    assert withdrawn.zh.startswith("wang撤回了延期申请，理由：不需要了")
    assert "withdrew the application for more time" in withdrawn.en


def a_step(step: str, **filled_in: Any) -> Any:
    return an_event(
        ContractDetailed, actor="zhang", holder="zhang", number="A-7", step=step, **filled_in
    )


@pytest.mark.clause("S1-056", "S1-058")
@pytest.mark.parametrize(
    ("step", "filled_in", "zh", "en"),
    [
        ("type", "虚拟合同", "合同类型：虚拟合同", "the type of the contract A-7: 虚拟合同"),
        ("payment_method", "转账", "付款方式：转账", "the method of payment of the contract A-7"),
        ("buyer", "春意空调", "购买方信息：春意空调", "the buyer of the contract A-7: 春意空调"),
        (
            "products",
            [Product("会员", 2, Decimal("1E+3")), Product("推荐", 1, None)],
            "合同产品：会员 × 2（单价1000元）、推荐 × 1",
            "the products of the contract A-7: 会员 × 2 (at 1000 yuan), 推荐 × 1",
        ),
        ("promises", ["赠送一月", "上门培训"], "附加及其他：赠送一月、上门培训", "besides"),
        ("promises", [], "附加及其他：无", "what is promised besides of the contract A-7: nothing"),
    ],
)
def test_a_step_of_a_contract_is_told_with_what_was_filled_in(
    step: str, filled_in: Any, zh: str, en: str
) -> None:
    words = describe(a_step(step, **{step: filled_in}))
    assert words.zh == f"zhang填写了合同A-7的{zh}"
    assert en in words.en


def test_what_a_contract_holds_is_cut_to_what_a_sentence_bears() -> None:
    words = describe(a_step("promises", promises=["长" * 400, "长" * 400]))
    assert words.zh.count("长") == QUOTED_CHARACTERS_MAX


def a_signature(**changed: Any) -> Any:
    facts = {
        "actor": "zhang",
        "holder": "zhang",
        "number": "A-7",
        "signed_on": NOON.date(),
        "deadline": NOON,
        "held_over_until": NOON + timedelta(days=3),
        "provisional": True,
        "rulebook": "1",
    }
    return an_event(ContractSigned, **{**facts, **changed})


@pytest.mark.clause("S1-054")
def test_a_signature_tells_its_date_and_how_far_it_holds_the_deadline_over() -> None:
    words = describe(a_signature())
    assert "签订日期2026年3月5日" in words.zh
    assert words.zh.endswith("如届时合同未确认，保护顺延至2026年3月8日14:03:09（暂定）")
    assert "dated 2026-03-05" in words.en
    late = describe(a_signature(held_over_until=None))
    assert "不因此顺延" in late.zh
    assert "too late to hold the deadline 2026-03-05 06:03:09 UTC over" in late.en
    of_a_formal_customer = describe(a_signature(deadline=None, held_over_until=None))
    assert of_a_formal_customer.zh.endswith("）")
    assert of_a_formal_customer.en.endswith("(dated 2026-03-05)")


@pytest.mark.clause("S1-046", "S1-048")
def test_a_confirmation_tells_who_is_responsible_from_then_on() -> None:
    facts = {"actor": "qian", "holder": "zhang", "number": "A-7", "rulebook": "1"}
    first = describe(an_event(ContractConfirmed, group="after-sales", **facts))
    assert first.zh.endswith("客户成为正式客户，由售后组负责")
    assert first.en.endswith("the customer is formal, and the after-sales group is responsible")
    further = describe(an_event(ContractConfirmed, group=None, **facts))
    assert further.zh == "qian确认了zhang签订的合同A-7"


def test_a_transfer_tells_from_whom_to_whom_and_that_the_deadline_stays() -> None:
    facts = {
        "actor": "sun",
        "holder": "zhang",
        "to": "wang",
        "department": "一部",
        "stage": Stage.POTENTIAL,
        "reason": "调岗",
        "rulebook": "1",
    }
    words = describe(an_event(Transferred, until=NOON, **facts))
    assert words.zh == (
        "sun把zhang的客户（潜在客户）转给wang（一部），理由：调岗；到期时间仍为2026年3月5日14:03:09"
    )
    assert "to wang (一部), because: 调岗" in words.en
    assert describe(an_event(Transferred, until=None, **facts)).en.endswith("调岗")


@pytest.mark.clause("S1-283")
@pytest.mark.parametrize(
    ("to", "stage", "zh", "en"),
    [
        ("wang", Stage.INTENT, "转给wang（一部）", "wang (一部) takes the customer (intent) over"),
        (None, Stage.INTENT, "无人接手，保护（意向客户）结束", "nobody takes over"),
        (None, Stage.FORMAL, "由售后组负责", "the after-sales group takes the formal customer"),
    ],
)
def test_an_arranged_hand_over_tells_who_takes_over(
    to: str | None, stage: Stage, zh: str, en: str
) -> None:
    event = an_event(
        HandOverArranged,
        actor="sun",
        holder="zhang",
        stage=stage,
        leaves_at=NOON,
        to=to,
        department="一部" if to else None,
        reason="辞职",
    )
    words = describe(event)
    assert "zhang于2026年3月5日14:03:09离职时" in words.zh
    assert zh in words.zh
    assert words.zh.endswith("理由：辞职")
    assert en in words.en


@pytest.mark.clause("S1-048")
@pytest.mark.parametrize(
    ("holder", "to", "zh", "en"),
    [
        (None, "wu", "由售后组转由wu（售后部）负责", "from the after-sales group to wu (售后部)"),
        ("wu", "zhou", "由wu转由zhou（售后部）负责", "from wu to zhou (售后部)"),
        ("wu", None, "由wu转由售后组负责", "from wu to the after-sales group"),
    ],
)
def test_a_move_to_after_sales_tells_from_whom_to_whom(
    holder: str | None, to: str | None, zh: str, en: str
) -> None:
    event = an_event(
        MovedToAfterSales,
        actor="sun",
        holder=holder,
        to=to,
        department="售后部" if to else None,
        rulebook="1",
    )
    assert describe(event).zh.endswith(zh)
    assert describe(event).en.endswith(en)


def test_a_leaving_tells_from_when_and_how_many_customers_are_arranged_for() -> None:
    event = an_event(LeaveArranged, actor="sun", leaves_at=NOON, reason="辞职", customers=1)
    words = describe(event)
    assert words.zh == "sun安排该成员于2026年3月5日14:03:09离职，并安排了1个客户，理由：辞职"
    assert "leaves at 2026-03-05 06:03:09 UTC, with 1 customer arranged for" in words.en


@pytest.mark.parametrize(
    ("resolution", "zh", "en"),
    [
        ("merge", "为同一家公司，予以合并", "the same company as"),
        ("different", "并非同一家公司", "a different company than"),
    ],
)
def test_a_resolved_duplicate_tells_the_decision(resolution: str, zh: str, en: str) -> None:
    event = an_event(
        DuplicateResolved,
        number=2,
        of=OTHER,
        resolution=resolution,
        reason="查过执照",
        rulebook="1",
    )
    words = describe(event)
    assert "第2号重复报告" in words.zh
    assert zh in words.zh
    assert f"{en} {OTHER}" in words.en
    assert words.en.endswith("because: 查过执照")


@pytest.mark.parametrize(
    ("holder", "moved", "zh", "en"),
    [
        ("zhang", True, "zhang的保护在该客户继续有效", "the protection of zhang goes on there"),
        (None, True, "售后组的保护在该客户继续有效", "the after-sales group goes on there"),
        ("zhang", False, "zhang的保护就此结束", "the protection of zhang ends here"),
        (None, False, "（第1号报告）", "(report 1)"),
    ],
)
def test_a_merged_record_tells_what_becomes_of_its_protection(
    holder: str | None, moved: bool, zh: str, en: str
) -> None:
    event = an_event(Merged, into=OTHER, number=1, holder=holder, moved=moved, rulebook="1")
    assert describe(event).zh.endswith(zh)
    assert describe(event).en.endswith(en)


def a_protection(**changed: Any) -> Protection:
    facts = {
        "holder": "zhang",
        "stage": Stage.POTENTIAL,
        "claimed_at": NOON,
        "since": NOON,
        "in_force_since": NOON,
        "until": NOON,
        "review_due": None,
        "corrections": 0,
        "rulebook": "1",
    }
    return Protection(**{**facts, **changed})


@pytest.mark.parametrize(
    ("protection", "moved", "gave_way", "zh", "en"),
    [
        (None, False, None, "；现无人保护", "; nobody holds it"),
        (
            a_protection(),
            False,
            None,
            "；zhang的保护（潜在客户，至2026年3月5日14:03:09止）有效",
            "; the protection of zhang (potential, until 2026-03-05 06:03:09 UTC) stands",
        ),
        (
            a_protection(),
            True,
            "li",
            "随之转入的zhang的保护（潜在客户，至2026年3月5日14:03:09止）有效，li的保护因此结束",
            "which moved along, stands, and that of li ends for it",
        ),
        (
            a_protection(signatures=("A-7",), held_over_until=NOON + timedelta(days=3)),
            False,
            None,
            "止，已签未确认的合同未决时顺延至2026年3月8日14:03:09）有效",
            "held over by the signed contract until 2026-03-08 06:03:09 UTC) stands",
        ),
        (
            a_protection(holder=None, group="after-sales", stage=Stage.FORMAL, until=None),
            False,
            None,
            "售后组的保护（正式客户）有效",
            "the protection of the after-sales group (formal) stands",
        ),
    ],
)
def test_an_absorbed_duplicate_tells_whose_protection_stands(
    protection: Protection | None, moved: bool, gave_way: str | None, zh: str, en: str
) -> None:
    event = an_event(
        DuplicateAbsorbed,
        absorbed=OTHER,
        number=1,
        protection=protection,
        moved=moved,
        gave_way=gave_way,
        bars=[Bar("ma", NOON)],
        claimants=[],
        contacts=[],
        contracts=[],
        signers=[],
        rulebook="1",
    )
    words = describe(event)
    assert words.zh.endswith(f"{zh}；2026年3月5日14:03:09前ma不可再保护")
    assert words.en.endswith(f"{en}; ma may not claim it before 2026-03-05 06:03:09 UTC")
