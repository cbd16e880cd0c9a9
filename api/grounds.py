"""The grounds of a tenure in words: what was done, by whom, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from api.languages import Language
from api.problems.wording import in_words
from domain.events import CustomerEvent
from domain.events.values import SYSTEM
from domain.terms import Term

WITHOUT_REVIEW: Final = Term("制度免审，于 {at} 生效", "in force without a review at {at}")
_DEEDS: Final[Mapping[str, Term]] = {
    "customer.claimed": Term("{actor} 于 {at} 申请保护", "claimed by {actor} at {at}"),
    "customer.claim_corrected": Term("{actor} 于 {at} 更正申请", "corrected by {actor} at {at}"),
    "customer.claim_withdrawn": Term("{actor} 于 {at} 撤回申请", "withdrawn by {actor} at {at}"),
    "customer.review_passed": Term(
        "{actor} 于 {at} 审核通过", "passed by the reviewer {actor} at {at}"
    ),
    "customer.review_refused": Term(
        "{actor} 于 {at} 审核未通过", "refused by the reviewer {actor} at {at}"
    ),
    "customer.intent_requested": Term(
        "{actor} 于 {at} 申请转为意向客户", "intent applied for by {actor} at {at}"
    ),
    "customer.intent_granted": Term(
        "{actor} 于 {at} 批准转为意向客户", "intent granted by {actor} at {at}"
    ),
    "customer.intent_refused": Term(
        "{actor} 于 {at} 驳回意向申请", "intent refused by {actor} at {at}"
    ),
    "customer.extension_requested": Term(
        "{actor} 于 {at} 申请延期", "more time applied for by {actor} at {at}"
    ),
    "customer.extension_granted": Term(
        "{actor} 于 {at} 批准延期", "more time granted by {actor} at {at}"
    ),
    "customer.extension_refused": Term(
        "{actor} 于 {at} 驳回延期申请", "more time refused by {actor} at {at}"
    ),
    "customer.application_withdrawn": Term(
        "{actor} 于 {at} 撤回待决申请", "application withdrawn by {actor} at {at}"
    ),
    "customer.contract_signed": Term(
        "{actor} 于 {at} 签订合同", "contract signed by {actor} at {at}"
    ),
    "customer.contract_confirmed": Term(
        "{actor} 于 {at} 确认合同", "contract confirmed by {actor} at {at}"
    ),
    "customer.contract_voided": Term(
        "{actor} 于 {at} 作废合同", "contract declared void by {actor} at {at}"
    ),
    "customer.transferred": Term(
        "{actor} 于 {at} 将其转给 {to}", "given to {to} by {actor} at {at}"
    ),
    "customer.hand_over_arranged": Term(
        "{actor} 于 {at} 安排 {holder} 离职交接",
        "hand-over for the leaving of {holder} arranged by {actor} at {at}",
    ),
    "customer.moved_to_after_sales": Term(
        "{actor} 于 {at} 转由 {to} 负责", "given to {to} of after-sales by {actor} at {at}"
    ),
    "customer.released": Term("{actor} 于 {at} 放弃", "given up by {actor} at {at}"),
    "customer.holder_removed": Term("{actor} 于 {at} 移除跟进人", "removed by {actor} at {at}"),
    "customer.lapsed": Term("于 {at} 到期", "over at {at}"),
    "customer.merged": Term("{actor} 于 {at} 决定合并", "merged by {actor} at {at}"),
    "customer.duplicate_absorbed": Term("{actor} 于 {at} 决定合并", "merged by {actor} at {at}"),
}
"""What a ground did, by its topic."""
_SYSTEM: Final = Term("系统", "the system")
_GROUP: Final = Term("售后组", "the after-sales group")


def deed(event: Any, language: Language, *, at: datetime | None, otherwise: str) -> str:
    """What one event did, by whom and when. at: as the reader may know it. otherwise: for an event
    that has no phrase here."""
    term = _DEEDS.get(type(event).TOPIC)
    if type(event).TOPIC == "customer.review_passed" and event.actor == SYSTEM:
        term = WITHOUT_REVIEW
    if term is None:
        return otherwise.rstrip("。.")
    words = in_words(
        {
            "actor": _actor(event, language),
            "at": at,
            "to": getattr(event, "to", None) or _said(_GROUP, language),
            "holder": getattr(event, "holder", None),
        },
        language,
    )
    return _said(term, language).format_map(words)


def reason_of(event: CustomerEvent) -> str | None:
    """The reason that the author of an ending gave."""
    found = getattr(event, "reason", None)
    return str(found) if found else None


def _actor(event: CustomerEvent, language: Language) -> str:
    return _said(_SYSTEM, language) if event.actor == SYSTEM else event.actor


def _said(term: Term, language: Language) -> str:
    return term.zh if language == "zh" else term.en
