"""Every event is told in one sentence, in Chinese and in English."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args
from uuid import UUID, uuid4

import msgspec
import pytest

import domain.application  # noqa: F401 - imports every event class
from domain import commands, terms
from domain.contract import STEPS, State
from domain.customer.state import LapseCause
from domain.errors import REFUSALS
from domain.events import (
    CHANNELS,
    Bar,
    Claimed,
    Contact,
    FollowedUp,
    HolderRemoved,
    IdentityReserved,
    Lapsed,
    PartyNoted,
    RefusalRecorded,
    Released,
    ReviewPassed,
    ReviewRefused,
    RulebookOpened,
    Sealed,
    Stage,
)
from domain.permissions import ROLES
from domain.protection import AFTER_SALES, HeldOverBy
from domain.tenures import Ending
from domain.words import _SENTENCES, BEIJING, QUOTED_CHARACTERS_MAX, describe
from tests.event_catalogue import event_classes
from tests.stored_events import samples

REMOVALS = ("review-refused", "manager", "left")
NOON = datetime(2026, 3, 5, 6, 3, 9, 123456, tzinfo=UTC)
"""14:03:09 in Beijing."""
OTHER = UUID("019cb1f0-77a0-7d10-8a52-94c1e3b7f025")
CHINESE = re.compile("[\u4e00-\u9fff]")


def an_event(event_class: type, **facts: Any) -> Any:
    frame = {"originator_id": uuid4(), "originator_version": 2, "timestamp": NOON, "actor": "wang"}
    return event_class(**{**frame, **facts})


def a_release(**changed: Any) -> Any:
    facts = {
        "actor": "zhang",
        "holder": "zhang",
        "stage": Stage.POTENTIAL,
        "reason": "没有需求",
        "bar": None,
        "rulebook": "1",
    }
    return an_event(Released, **{**facts, **changed})


def test_every_event_class_has_a_sentence() -> None:
    assert set(_SENTENCES) == set(event_classes().values())


@pytest.mark.parametrize("sample", list(samples()), ids=lambda sample: sample.topic)
def test_a_sentence_is_one_line_in_each_language_and_holds_nothing_sealed(sample: Any) -> None:
    event = sample.event()
    words = describe(event)
    assert CHINESE.search(words.zh)
    assert re.search("[a-z]{3}", words.en)
    for sentence in (words.zh, words.en):
        assert "\n" not in sentence
        assert "None" not in sentence
        assert "Sealed(" not in sentence
        for secret in _secrets(event):
            assert secret not in sentence


def test_instants_are_told_in_beijing_time_and_in_utc() -> None:
    event = an_event(
        ReviewPassed,
        holder="zhang",
        counted_from=NOON,
        until=NOON.astimezone(timezone(timedelta(hours=-5))),
        different_company=None,
        rulebook="1",
    )
    words = describe(event)
    assert "2026年3月5日14:03:09" in words.zh
    assert "2026-03-05 06:03:09 UTC" in words.en
    assert BEIJING.utcoffset(None) == timedelta(hours=8)


def test_who_did_what_is_told_with_the_names_that_are_known() -> None:
    words = describe(a_release(), member_names={"zhang": "张伟"})
    assert words.zh.startswith("张伟（zhang）放弃了潜在客户")
    assert words.en.startswith("张伟 (zhang) gave the potential customer up")
    assert describe(a_release()).zh.startswith("zhang放弃了")


@pytest.mark.clause("S1-037")
def test_a_bar_is_told_with_whom_it_bars_and_until_when() -> None:
    words = describe(a_release(bar=Bar("zhang", NOON)))
    assert "2026年3月5日14:03:09前zhang不可再保护" in words.zh
    assert "zhang may not claim it before 2026-03-05 06:03:09 UTC" in words.en
    everybody = describe(a_release(bar=Bar(None, NOON)))
    assert "任何人不可再保护" in everybody.zh
    assert "nobody may claim it before 2026-03-05 06:03:09 UTC" in everybody.en


@pytest.mark.clause("S1-317")
def test_a_refused_review_tells_its_reason_and_the_removal() -> None:
    event = an_event(
        ReviewRefused,
        holder="zhang",
        reason="地址不详细",
        removal_due=NOON,
        provisional=True,
        rulebook="1",
    )
    words = describe(event)
    assert "地址不详细" in words.zh
    assert "暂定" in words.zh
    assert "provisional" in words.en


@pytest.mark.clause("S1-035")
def test_a_lapse_tells_whose_protection_ended_at_which_deadline() -> None:
    event = an_event(
        Lapsed,
        actor="system",
        holder="zhang",
        stage=Stage.INTENT,
        deadline=NOON,
        cause="term-over",
        bar=None,
        rulebook="1",
    )
    words = describe(event)
    assert words.zh.startswith("zhang的保护（意向客户）于2026年3月5日14:03:09到期")
    assert "(intent) ended at its deadline 2026-03-05 06:03:09 UTC" in words.en


def a_lapse(cause: str) -> Any:
    return an_event(
        Lapsed,
        actor="system",
        holder="zhang",
        stage=Stage.INTENT,
        deadline=NOON,
        cause=cause,
        bar=None,
        rulebook="1",
    )


@pytest.mark.parametrize(
    ("cause", "zh", "en"),
    [
        ("term-over", "于2026年3月5日14:03:09到期", "ended at its deadline"),
        ("undecided", "顺延至2026年3月5日14:03:09仍未决定", "nobody decided by then"),
        ("application-refused", "申请未获批准", "application that held it over was refused"),
        ("application-withdrawn", "申请已撤回", "application that held it over was withdrawn"),
        ("contract-voided", "合同已作废", "contract that held it over is void"),
    ],
)
def test_a_lapse_tells_its_cause(cause: str, zh: str, en: str) -> None:
    words = describe(a_lapse(cause))
    assert zh in words.zh
    assert en in words.en
    assert "2026-03-05 06:03:09 UTC" in words.en
    assert words.zh.endswith("客户自动落入公海")


def test_every_cause_of_a_lapse_is_told_in_its_own_words() -> None:
    told = [describe(a_lapse(cause)) for cause in get_args(LapseCause)]
    assert len({words.zh for words in told}) == len({words.en for words in told}) == len(told)


def a_removal(cause: str, reason: str | None) -> Any:
    return an_event(
        HolderRemoved,
        actor="sun" if cause != "review-refused" else "system",
        holder="zhang",
        stage=Stage.POTENTIAL,
        cause=cause,
        bar=Bar("zhang", NOON),
        rulebook="1",
        reason=reason,
    )


@pytest.mark.parametrize(
    ("cause", "reason", "zh", "en"),
    [
        (
            "review-refused",
            None,
            "跟进人zhang被移除（审核未通过），客户成为公共客户",
            "The holder zhang was removed (the review was refused); the customer is public",
        ),
        (
            "manager",
            "长期不跟进",
            "sun移除了跟进人zhang，客户成为公共客户，理由：长期不跟进",
            "sun removed the holder zhang and made the customer public, because: 长期不跟进",
        ),
        (
            "left",
            "辞职",
            "跟进人zhang离职，理由：辞职；无人接手，客户成为公共客户",
            "The holder zhang left, because: 辞职; nobody took over and the customer is public",
        ),
        (
            "left",
            None,
            "跟进人zhang离职；无人接手，客户成为公共客户",
            "The holder zhang left; nobody took over and the customer is public",
        ),
    ],
)
def test_a_removal_tells_its_cause_and_reason(
    cause: str, reason: str | None, zh: str, en: str
) -> None:
    words = describe(a_removal(cause, reason))
    assert words.zh == f"{zh}；2026年3月5日14:03:09前zhang不可再保护"
    assert words.en == f"{en}; zhang may not claim it before 2026-03-05 06:03:09 UTC"


@pytest.mark.clause("S1-049")
def test_a_follow_up_by_the_group_of_after_sales_is_told_as_one() -> None:
    event = an_event(
        FollowedUp,
        actor="wu",
        holder=None,
        stage=Stage.FORMAL,
        channel="phone",
        note="回访",
        next_contact_at=None,
        contact_id=None,
        contacted_at=None,
    )
    words = describe(event)
    assert words.zh == "wu为售后组记录了一次客户跟踪（电话）"
    assert words.en == "wu noted a contact with the customer for the after-sales group (by phone)"


def test_a_claim_of_a_leaver_tells_when_the_protection_ends() -> None:
    contact_id = uuid4()
    sealed = Sealed(contact_id, "bm8=")
    event = an_event(
        Claimed,
        actor="zhang",
        holder="zhang",
        department="一部",
        contact=Contact(contact_id, "经理", sealed, sealed, "0" * 64),
        from_pool=False,
        review_due=NOON,
        collision=[],
        rulebook="1",
        leaves_at=NOON + timedelta(days=3),
    )
    assert describe(event).zh.endswith("申请人将于2026年3月8日14:03:09离职，保护届时结束")
    assert "leaves at 2026-03-08 06:03:09 UTC" in describe(event).en


def test_a_party_is_told_with_the_rule_that_refused_it() -> None:
    event = an_event(
        PartyNoted,
        originator_topic="party",
        customer_id=OTHER,
        member="li",
        refusal=OTHER,
        command="claim",
        rule="already-protected",
    )
    words = describe(event, member_names={"li": "李娜"})
    assert words.zh == "李娜（li）曾申请该客户未果（该客户已被保护），成为当事人"
    assert words.en.startswith("李娜 (li) sought the customer in vain")


def test_a_refusal_tells_who_holds_the_customer_a_member_or_the_group() -> None:
    facts = {
        "originator_topic": "refusal",
        "customer_id": OTHER,
        "customer_version": 3,
        "command": "claim",
        "rule": "already-protected",
        "clause": "S1-302",
        "asserted": {},
        "rulebook": "1",
    }
    of_a_member = an_event(RefusalRecorded, facts={"holder": "zhang", "group": None}, **facts)
    assert describe(of_a_member).zh.endswith("（跟进人zhang）")
    of_the_group = an_event(
        RefusalRecorded, facts={"holder": None, "group": "after-sales"}, **facts
    )
    assert describe(of_the_group).zh.endswith("（由售后组负责）")
    assert describe(of_the_group).en.endswith("(held by the after-sales group)")


def test_an_english_sentence_begins_with_a_capital_unless_a_member_does() -> None:
    opened = an_event(RulebookOpened, originator_topic="rulebook", actor="system")
    words = describe(opened)
    assert words.zh.startswith("系统")
    assert words.en.startswith("The system ")
    assert describe(a_release()).en.startswith("zhang ")


def test_free_text_is_cut_to_what_a_sentence_bears() -> None:
    words = describe(a_release(reason="长" * 5_000))
    assert words.zh.count("长") == QUOTED_CHARACTERS_MAX
    assert words.zh.endswith("…")


def test_the_key_of_a_phone_is_not_told() -> None:
    event = an_event(
        IdentityReserved, originator_topic="identity", customer_id=uuid4(), kind="phone", key="ab12"
    )
    assert "ab12" not in describe(event).zh + describe(event).en


def test_a_word_that_is_not_known_stands_for_itself() -> None:
    event = an_event(
        RefusalRecorded,
        originator_topic="refusal",
        customer_id=None,
        customer_version=None,
        command="fly",
        rule="no-wings",
        clause=None,
        facts={},
        asserted={},
        rulebook=None,
    )
    assert "no-wings" in describe(event).zh
    assert "fly" in describe(event).en


def test_every_role_stage_channel_and_rule_has_its_words() -> None:
    assert set(terms.ROLES) == set(ROLES)
    assert set(terms.STAGES) == {stage.value for stage in Stage}
    assert set(terms.CHANNELS) == set(CHANNELS)
    assert {refused.slug for refused in REFUSALS} <= set(terms.RULES)


def test_every_command_has_its_words() -> None:
    kinds = [getattr(commands, name) for name in commands.__all__]
    fields = [field for kind in kinds for field in dataclasses.fields(kind)]
    assert {field.default for field in fields if field.name == "name"} - {
        dataclasses.MISSING
    } <= set(terms.COMMANDS)


def test_every_step_and_state_of_a_contract_has_its_words() -> None:
    assert list(terms.STEPS) == list(STEPS)
    assert set(terms.CONTRACT_STATES) == set(get_args(State))


def test_every_ending_hold_over_and_group_has_its_words() -> None:
    assert {*get_args(Ending), *get_args(LapseCause), *REMOVALS} <= set(terms.ENDINGS)
    assert set(terms.HOLD_OVERS) == set(get_args(HeldOverBy))
    assert set(terms.GROUPS) == {AFTER_SALES}


def _secrets(event: Any) -> list[str]:
    """Boxes, hashes and digests of an event."""
    found: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            found.extend(value[name] for name in ("box", "phone_hash", "digest") if value.get(name))
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                look(item)

    look(msgspec.to_builtins(vars(event)))
    return found
