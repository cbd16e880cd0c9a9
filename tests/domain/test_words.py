"""Every event is told in one sentence, in Chinese and in English."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import msgspec
import pytest

import domain.application  # noqa: F401 - imports every event class
from domain.errors import REFUSALS
from domain.events import (
    CHANNELS,
    Bar,
    IdentityReserved,
    Lapsed,
    RefusalRecorded,
    Released,
    ReviewPassed,
    ReviewRefused,
    RulebookOpened,
    Stage,
)
from domain.permissions import ROLES
from domain.terms import CHANNELS as CHANNEL_TERMS
from domain.terms import COMMANDS, RULES, STAGES
from domain.terms import ROLES as ROLE_TERMS
from domain.words import _SENTENCES, BEIJING, QUOTED_CHARACTERS_MAX, describe
from tests.event_catalogue import event_classes
from tests.stored_events import samples

NOON = datetime(2026, 3, 5, 6, 3, 9, 123456, tzinfo=UTC)
"""14:03:09 in Beijing."""
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
    assert set(ROLE_TERMS) == set(ROLES)
    assert set(STAGES) == {stage.value for stage in Stage}
    assert set(CHANNEL_TERMS) == set(CHANNELS)
    assert {refused.slug for refused in REFUSALS} <= set(RULES)
    assert {"register", "claim", "withdraw", "review", "release"} <= set(COMMANDS)


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
