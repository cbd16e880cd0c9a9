"""Events and as-of answers in words, for those who may read them and for strangers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.answers import instant
from api.languages import Language
from api.problems.wording import in_words
from domain.events.facts import facts_of
from domain.replay import Answer, PastEvent
from domain.words import Words, describe
from projections.audit import AuditEntry

STRANGERS_WORDS: Mapping[str, Words] = {
    "customer.claim_withdrawn": Words("申请人撤回了保护申请", "the claimant withdrew the claim"),
    "customer.followed_up": Words("跟进人记录了一次客户跟踪", "the holder noted a contact"),
    "customer.profile_changed": Words("客户资料有修改", "the record was corrected"),
    "customer.registered": Words("登记了该客户", "the customer was registered"),
    "customer.released": Words("跟进人放弃了该客户", "the holder gave the customer up"),
    "customer.review_passed": Words("审核通过，保护生效", "the review passed: protection in force"),
    "customer.review_refused": Words("审核未通过", "the review refused the claim"),
}
"""What a stranger reads of events whose sentence tells a reason, a note or a deadline."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_INSTANT_NAME = re.compile(r"(_at|_due|_from|^until|deadline)$")
_ENDINGS: Mapping[str, tuple[str, str]] = {
    "lapsed": ("到期自动落入公海", "it lapsed at its deadline"),
    "released": ("跟进人放弃", "the holder gave it up"),
    "withdrawn": ("申请人撤回", "the claim was withdrawn"),
    "removed": ("审核未通过，跟进人被移除", "the holder was removed after the refused review"),
    "review-passed": ("审核通过，进入下一阶段", "the review passed and the next stage began"),
    "review-refused": ("审核未通过，进入下一阶段", "the review refused and the next stage began"),
    "corrected": ("申请已更正，重新待审核", "the claim was corrected and waits again"),
}


def logged_event(entry: AuditEntry, language: Language, *, sees_details: bool) -> dict[str, Any]:
    """An event from the view `audit`."""
    words = Words(entry.zh, entry.en)
    return {
        "position": entry.position,
        "version": entry.version,
        "topic": entry.topic,
        "at": entry.at,
        "recorded_at": entry.recorded_at,
        "actor": entry.actor,
        "rulebook": entry.rulebook,
        "words": _told(entry.topic, words, language, sees_details=sees_details),
        "facts": _facts(entry.facts) if sees_details else {},
    }


def past_event(past: PastEvent, language: Language, *, sees_details: bool) -> dict[str, Any]:
    """An event from the customer's own stream."""
    event = past.event
    topic = type(event).TOPIC
    return {
        "position": past.position,
        "version": event.originator_version,
        "topic": topic,
        "at": event.timestamp,
        "recorded_at": past.recorded_at,
        "actor": event.actor,
        "rulebook": getattr(event, "rulebook", None),
        "words": _told(topic, describe(event), language, sees_details=sees_details),
        "facts": _facts(facts_of(event)) if sees_details else {},
    }


def explanation(answer: Answer, until: datetime | None, language: Language) -> str:
    """The as-of answer in one sentence. until: as far as the reader may see it."""
    told = answer.interval or answer.last
    words = in_words(
        {
            "at": answer.at,
            "holder": told.holder if told else None,
            "stage": told.stage if told else "pool",
            "since": told.since if told else None,
            "end": until,
            "rulebook": told.rulebook if told else None,
        },
        language,
    )
    ending = ""
    if told is not None and answer.ended is not None:
        zh, en = _ENDINGS[answer.ended]
        ending = f"；结束原因：{zh}" if language == "zh" else f"; ending: {en}"
    return _sentence(answer, language).format_map(words) + ending + _stop(language)


def _sentence(answer: Answer, language: Language) -> str:
    is_zh = language == "zh"
    if not answer.is_registered:
        return "{at} 时该客户尚未登记" if is_zh else "At {at} the customer was not registered"
    if answer.interval is not None:
        if answer.interval.until is None:
            return (
                "{at} 时由 {holder} 保护（{stage}），自 {since} 起，依据制度 {rulebook}"
                if is_zh
                else "At {at} {holder} held it ({stage}), since {since}, by rulebook {rulebook}"
            )
        return (
            "{at} 时由 {holder} 保护（{stage}），自 {since} 至 {end}，依据制度 {rulebook}"
            if is_zh
            else "At {at} {holder} held it ({stage}), from {since} to {end}, by rulebook {rulebook}"
        )
    if answer.last is not None:
        return (
            "{at} 时在公共客户池中；此前由 {holder} 保护至 {end}"
            if is_zh
            else "At {at} it was in the pool; before that {holder} held it until {end}"
        )
    return (
        "{at} 时在公共客户池中，此前无人保护"
        if is_zh
        else "At {at} it was in the pool; nobody had held it before"
    )


def _facts(value: Any, name: str = "") -> Any:
    """Facts as stored, their instants spelt as everywhere in an answer."""
    if isinstance(value, dict):
        return {key: _facts(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_facts(item, name) for item in value]
    if isinstance(value, str) and _INSTANT_NAME.search(name) and _INSTANT.fullmatch(value):
        return instant(datetime.fromisoformat(value))
    return value


def _stop(language: Language) -> str:
    return "。" if language == "zh" else "."


def _told(topic: str, words: Words, language: Language, *, sees_details: bool) -> str:
    if not sees_details:
        words = STRANGERS_WORDS.get(topic, words)
    return words.zh if language == "zh" else words.en
