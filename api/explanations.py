"""Events and as-of answers in words, for those who may read them and for strangers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from api.answers import instant
from api.grounds import deed, reason_of
from api.languages import Language
from api.problems.wording import in_words
from api.strangers import is_about_somebody, open_facts, strangers_words
from api.veil import NOTHING_HIDDEN, Veil
from domain.events.facts import facts_of
from domain.events.values import SYSTEM
from domain.replay import Answer, PastEvent
from domain.tenures import Interval
from domain.terms import HOLD_OVERS
from domain.words import Words, describe
from projections.audit import AuditEntry

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_INSTANT_NAME = re.compile(r"(_at|_due|_from|_until|^until|^at|^since|deadline)$")
_ENDINGS: Mapping[str, tuple[str, str]] = {
    "lapsed": ("到期自动落入公海", "it lapsed at its deadline"),
    "released": ("跟进人放弃", "the holder gave it up"),
    "withdrawn": ("申请人撤回", "the claim was withdrawn"),
    "undecided": ("顺延期满仍未决定", "it was held over and nobody decided in time"),
    "application-refused": (
        "顺延所依的申请未获批准",
        "the application holding it over was refused",
    ),
    "application-withdrawn": (
        "顺延所依的申请已撤回",
        "the application holding it over was withdrawn",
    ),
    "contract-voided": ("顺延所依的合同已作废", "the contract holding it over is void"),
    "removed": ("跟进人被移除", "the holder was removed"),
    "removal-due": (
        "审核未通过且未及时更正，跟进人被移除",
        "the review had refused it and no correction came in time",
    ),
    "manager": ("跟进人被经理移除", "a manager removed the holder"),
    "left": ("跟进人离职，无人接手", "the holder left and nobody took over"),
    "review-passed": ("审核通过，进入下一阶段", "the review passed and the next stage began"),
    "review-refused": ("审核未通过，进入下一阶段", "the review refused and the next stage began"),
    "corrected": ("申请已更正，重新待审核", "the claim was corrected and waits again"),
    "intent-granted": ("意向申请获批，转为意向客户", "intent was granted and the next stage began"),
    "contract-confirmed": (
        "合同已确认，成为正式客户",
        "a contract was confirmed: formal from then",
    ),
    "transferred": ("转给其他成员", "it was given to another member"),
    "moved": ("转由售后负责", "after-sales took it over"),
    "merged": ("重复客户合并", "the record was merged with its duplicate"),
    "dispute-moved": ("依争议裁决改由他人保护", "a ruling gave it to another member"),
    "restored": ("依争议裁决恢复了先前的保护", "a ruling gave an earlier protection back"),
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


def audit_line(
    entry: AuditEntry, language: Language, *, sees_details: bool, reads_log: bool
) -> dict[str, Any]:
    """An event for those who audit. sees_details: false where what somebody typed about its
    customer is not for the reader. reads_log: he may read the whole audit, and so every fact that
    nobody typed."""
    sees_details = sees_details or not is_about_somebody(entry.topic, entry.customer_id)
    told = logged_event(entry, language, sees_details=sees_details)
    if reads_log and not sees_details:
        told["facts"] = _facts(open_facts(entry.facts))
    return told | {
        "stream_id": entry.stream_id,
        "customer_id": entry.customer_id,
        "rule": entry.rule,
        "clause": entry.clause,
        "reason": entry.reason if sees_details else None,
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


def explanation(
    answer: Answer,
    language: Language,
    *,
    until: datetime | None,
    deadline: datetime | None,
    merged_into: UUID | None,
    sees_details: bool,
    veil: Veil = NOTHING_HIDDEN,
) -> str:
    """The as-of answer: who, in which stage, from when until when, by whose deeds, why it ended.

    until: when the tenure ended or ends; deadline: the one that was given, before any hold-over;
    both as far as the reader may see them. merged_into: the record that answered for it by then.
    sees_details: whether reasons are for the reader. veil: what of the instants is not.
    """
    told = answer.interval or answer.last
    held_over_by = told.protection.held_over_by if told and told.protection else None
    words = in_words(
        {
            "at": answer.at,
            "known_at": answer.known_at,
            "holder": told.holder if told else None,
            "group": told.group if told else None,
            "stage": told.stage if told else "pool",
            "since": veil.shown(told.since) if told else None,
            "end": until,
            "deadline": deadline,
            "held_over_by": held_over_by and HOLD_OVERS[held_over_by][language == "en"],
            "into": merged_into,
            "rulebook": told.rulebook if told else None,
        },
        language,
    )
    is_merged = merged_into is not None
    sentence = _known(answer, language) + _sentence(answer, language, is_merged=is_merged)
    sentence += _held_over(language) if answer.interval and held_over_by else ""
    why = _why(answer, told, language, veil, sees_details=sees_details) if told else ()
    parts = (sentence.format_map(words), *why)
    return ("；" if language == "zh" else "; ").join(parts) + _stop(language)


def _why(
    answer: Answer, told: Interval, language: Language, veil: Veil, *, sees_details: bool
) -> Iterator[str]:
    """The deeds that the tenure rests on; and, where it has ended, how, by whom and why."""
    is_zh = language == "zh"
    grounds = list(answer.grounds)
    ender = grounds.pop() if told.ended is not None and grounds else None
    if grounds:
        deeds = [_deed(past, language, veil, sees_details=sees_details) for past in grounds]
        yield ("依据：" if is_zh else "grounds: ") + ("，" if is_zh else ", ").join(deeds)
    if answer.ended is None:
        return
    zh, en = _ENDINGS[_ending(answer.ended, ender)]
    ending = f"结束原因：{zh}" if is_zh else f"ending: {en}"
    if ender is not None and ender.event.actor != SYSTEM:
        by = _deed(ender, language, veil, sees_details=sees_details)
        ending += f"（{by}）" if is_zh else f" ({by})"
    reason = reason_of(ender.event) if ender is not None and sees_details else None
    if reason is not None:
        ending += f"，理由：{reason}" if is_zh else f", reason: {reason}"
    yield ending


def _ending(ended: str, ender: PastEvent | None) -> str:
    """What of `_ENDINGS` it was: by the cause, where the event of the end names one."""
    cause = getattr(ender.event, "cause", None) if ender is not None else None
    if ended == "removed" and cause in (None, "review-refused"):
        return "removal-due"
    return cause if cause is not None and cause in _ENDINGS else ended


def _deed(past: PastEvent, language: Language, veil: Veil, *, sees_details: bool) -> str:
    event = past.event
    words = _told(type(event).TOPIC, describe(event), language, sees_details=sees_details)
    at = event.timestamp if event.actor == veil.member else veil.shown(event.timestamp)
    return deed(event, language, at=at, otherwise=words)


def _known(answer: Answer, language: Language) -> str:
    """By whose knowledge, where that is not today's."""
    if answer.known_at is None:
        return ""
    return "据 {known_at} 时所知，" if language == "zh" else "As known at {known_at}: "


def _sentence(answer: Answer, language: Language, *, is_merged: bool) -> str:
    is_zh = language == "zh"
    if not answer.is_registered:
        return "{at} 时该客户尚未登记" if is_zh else "At {at} the customer was not registered"
    if answer.interval is not None:
        return _held(answer.interval, language)
    if is_merged:
        place = (
            "{at} 时该客户已并入客户 {into}"
            if is_zh
            else "At {at} it had been merged into customer {into}"
        )
    else:
        place = "{at} 时在公共客户池中" if is_zh else "At {at} it was in the pool"
    if answer.last is not None:
        before = (
            "；此前由 {holder} 保护（{stage}），自 {since} 至 {end}，依据制度 {rulebook}"
            if is_zh
            else "; before that {holder} held it ({stage}), from {since} to {end},"
            " by rulebook {rulebook}"
        )
    else:
        before = "，此前无人保护" if is_zh else "; nobody had held it before"
    return place + before


def _held(interval: Interval, language: Language) -> str:
    is_zh = language == "zh"
    if interval.group is not None and interval.holder is None:
        holder = (
            "{at} 时由 {holder} 负责，尚未指定负责人（{stage}）"
            if is_zh
            else "At {at} {holder} held it and had named no person yet ({stage})"
        )
    else:
        holder = (
            "{at} 时由 {holder} 保护（{stage}）" if is_zh else "At {at} {holder} held it ({stage})"
        )
    if interval.until is None:
        term = "，自 {since} 起" if is_zh else ", since {since}"
    else:
        term = "，自 {since} 至 {end}" if is_zh else ", from {since} to {end}"
    return holder + term + ("，依据制度 {rulebook}" if is_zh else ", by rulebook {rulebook}")


def _held_over(language: Language) -> str:
    """That the deadline is not the end, and why."""
    if language == "zh":
        return "；到期时间 {deadline} 因{held_over_by}顺延，未决定则最迟至 {end}"
    return "; its deadline, {deadline}, is held over by the {held_over_by}, at the latest to {end}"


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
        words = strangers_words(topic, words)
    return words.zh if language == "zh" else words.en
